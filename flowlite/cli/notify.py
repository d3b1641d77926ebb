"""`flowlite notify`: try the channels."""

from __future__ import annotations

import time
from collections.abc import Sequence

import click

from flowlite.cli.faults import WorkFailed
from flowlite.cli.lazy import Lazy, LazyGroup
from flowlite.cli.output import paint, say
from flowlite.cli.setting import Setting
from flowlite.cli.tables import Cell
from flowlite.cli.words import count

COMMANDS = {"test": Lazy("flowlite.cli.notify:test", "Send a test message to channels.")}


@click.group(cls=LazyGroup, lazy=COMMANDS)
def notify() -> None:
    """Try the channels that alerts go to."""


@click.command()
@click.argument("channels", nargs=-1)
@click.pass_obj
def test(setting: Setting, channels: Sequence[str]) -> None:
    """Send a real test message to CHANNELS (all of flowlite.toml if none is named), and say what came back."""
    import asyncio

    names = channels or tuple(setting.settings.channels)
    if not names:
        say('no channel in flowlite.toml; add [channels.ops] with a type, such as type = "log"')
        return
    failed = asyncio.run(tried(setting, names))
    if failed:
        raise WorkFailed(f"{count(failed, 'channel')} of {len(names)} did not take the message")


async def tried(setting: Setting, names: Sequence[str]) -> int:
    """One after the other; how many failed."""
    from flowlite.client.notifying import send_test

    failed = 0
    for name in names:
        begun = time.monotonic()
        problem = await send_test(setting.settings, name)
        took = f"{(time.monotonic() - begun) * 1e3:.0f} ms"
        if problem:
            failed += 1
            paint(Cell(f"✗ {name}", "red"), f"  {problem}")
        else:
            paint(Cell(f"✓ {name}", "green"), f"  took it, {took}")
    return failed
