"""`flowlite connections`: which there are, what they say, and whether they work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from flowlite.cli.faults import WorkFailed
from flowlite.cli.lazy import Lazy, LazyGroup
from flowlite.cli.output import json_option, paint, print_json, print_table, say
from flowlite.cli.setting import Setting
from flowlite.cli.tables import Cell
from flowlite.cli.words import count

if TYPE_CHECKING:
    from flowlite.client.connecting import Tried

COMMANDS = {
    "list": Lazy("flowlite.cli.connections:list_", "List the connections, and whether what they need is installed."),
    "show": Lazy("flowlite.cli.connections:show", "Show the settings of a connection, without its secrets."),
    "test": Lazy("flowlite.cli.connections:test", "Try connections for real."),
}
NONE_YET = 'no connection in flowlite.toml; add [connections.NAME] with a type, such as type = "s3"'


@click.group(cls=LazyGroup, lazy=COMMANDS)
def connections() -> None:
    """The systems that tasks work with, as flowlite.toml names them."""


@click.command("list")
@json_option
@click.pass_obj
def list_(setting: Setting, as_json: bool) -> None:
    """List the connections, and whether what they need is installed."""
    from flowlite.client.connecting import to_install

    entries = setting.settings.connections
    if as_json:
        print_json(
            [
                {
                    "name": name,
                    "type": one.type,
                    "is_installed": to_install(one.type) is None,
                    "install": to_install(one.type),
                    "problem": None if one.problem is None else str(one.problem),
                }
                for name, one in entries.items()
            ]
        )
        return
    rows = [
        (name, one.type, to_install(one.type) or "installed", "" if one.problem is None else one.problem.message)
        for name, one in entries.items()
    ]
    print_table(["name", "type", "library", "problem"], rows, empty=NONE_YET)


@click.command()
@click.argument("name")
@json_option
@click.pass_obj
def show(setting: Setting, name: str, as_json: bool) -> None:
    """Show the settings of connection NAME; secrets are masked."""
    settings: dict[str, Any] = setting.settings.connection(name).shown()
    if as_json:
        print_json(settings)
        return
    for key, value in settings.items():
        paint(Cell(f"{key:<18}", bold=True), "" if value is None else str(value))


@click.command()
@click.argument("names", nargs=-1)
@json_option
@click.pass_obj
def test(setting: Setting, names: Sequence[str], as_json: bool) -> None:
    """Ask the systems behind connections NAMES (all of flowlite.toml if none is named) a harmless question."""
    import asyncio

    chosen = names or tuple(setting.settings.connections)
    if not chosen:
        say(NONE_YET)
        return
    tried = asyncio.run(all_of(setting, chosen, is_told=not as_json))
    if as_json:
        print_json(tried)
    failed = sum(not one.is_well for one in tried)
    if failed:
        raise WorkFailed(f"{count(failed, 'connection')} of {len(tried)} did not work")


async def all_of(setting: Setting, names: Sequence[str], *, is_told: bool) -> list[Tried]:
    """One after the other, each told as soon as it is known."""
    from flowlite.client.connecting import try_connection

    tried = []
    for name in names:
        one = await try_connection(setting.settings, name)
        tried.append(one)
        if is_told:
            mark, color = ("✓", "green") if one.is_well else ("✗", "red")
            paint(Cell(f"{mark} {name}", color), f"  {one.says}")
    return tried
