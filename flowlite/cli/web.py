"""`flowlite web`: the terminal UI in a browser, behind a login."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from flowlite.cli.faults import WorkFailed
from flowlite.cli.output import is_terminal, paint, say
from flowlite.cli.setting import Setting
from flowlite.cli.tables import Cell

if TYPE_CHECKING:
    from flowlite.web.server import Web


@click.command()
@click.option("--host", metavar="H", help="The address to listen on. Default: `host` in [web] of flowlite.toml.")
@click.option("--port", type=click.IntRange(1, 65535), metavar="P", help="The port. Default: `port` there, else 8081.")
@click.option("--insecure", is_flag=True, help="Let tokens and all that is shown go over the net in the clear.")
@click.pass_obj
def web(setting: Setting, host: str | None, port: int | None, insecure: bool) -> None:
    """Show the terminal UI to browsers, each with a process of its own and the rights of the token that somebody has
    logged in with. Goes on until Ctrl-C; needs the daemon to be up."""
    import asyncio

    from flowlite.service.daemon import NotUp, pid_of
    from flowlite.service.presence import DAEMON_ROLE

    try:
        from flowlite.web.server import Web, started_by
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in ("aiohttp", "textual_serve"):
            raise
        raise WorkFailed("the terminal UI in a browser needs more: pip install 'flowlite[web]'") from error
    if pid_of(setting.state_folder, DAEMON_ROLE) is None:
        raise NotUp(setting.state_folder)
    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    section = replace(setting.settings.web, **given)  # type: ignore[arg-type]
    state = setting.state_folder.absolute()
    from flowlite.cli.itself import command_line

    words = started_by(command_line(), state, setting.settings.flowlite.timezone)
    asyncio.run(live(Web(section, state, words, tell=tell, is_insecure=insecure)))


async def live(web: Web) -> None:
    """Until somebody asks for its end."""
    import asyncio
    import signal

    loop, asked = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked.set)
    await web.start()
    say(f"the terminal UI is at {web.address} (process {os.getpid()})")
    if web.is_in_the_clear:
        say("whoever is on the way there can read it, tokens too: --insecure was given", err=True)
    if is_terminal():
        say("log in with a token: `flowlite tokens create NAME --user U` makes one; Ctrl-C stops this")
    try:
        await asked.wait()
    finally:
        await web.stop()
    say(f"the terminal UI is in no browser any more (was process {os.getpid()})")


def tell(text: str) -> None:
    """A line with its time."""
    paint(Cell(f"{time.strftime('%H:%M:%S')} ", "bright_black"), text)
