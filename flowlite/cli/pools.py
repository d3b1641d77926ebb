"""`flowlite pools`: what limits how much runs at once."""

from __future__ import annotations

import click

from flowlite.cli.lazy import Lazy, LazyGroup
from flowlite.cli.output import json_option, print_json, print_table, say
from flowlite.cli.setting import Setting
from flowlite.cli.words import count

COMMANDS = {
    "list": Lazy("flowlite.cli.pools:list_", "List the pools, their slots, and who holds them."),
    "set": Lazy("flowlite.cli.pools:set_", "Give a pool another size."),
    "reset": Lazy("flowlite.cli.pools:reset", "Give a pool the size of the configuration again."),
}


@click.group(cls=LazyGroup, lazy=COMMANDS)
def pools() -> None:
    """List the pools and their slots, and change their sizes."""


@click.command("list")
@json_option
@click.pass_obj
def list_(setting: Setting, as_json: bool) -> None:
    """List the pools, their slots, and who holds them."""
    found = setting.ask(lambda client: client.pools())
    if as_json:
        print_json(found)
        return
    rows = [
        (
            pool.name,
            str(pool.size),
            str(pool.used),
            str(pool.queued),
            "by hand" if pool.is_by_hand else "",
            ", ".join(pool.holders),
        )
        for pool in found
    ]
    heads = ["pool", "slots", "used", "queued", "set", "held by"]
    print_table(heads, rows, right=heads[1:4], empty="no pools yet: the first run makes them")


@click.command("set")
@click.argument("name")
@click.argument("size", type=click.IntRange(0))
@json_option
@click.pass_obj
def set_(setting: Setting, name: str, size: int, as_json: bool) -> None:
    """Give pool NAME so many slots, whatever the configuration says, until `reset`. What runs goes on; with 0 nothing
    of it starts."""
    setting.change(lambda desk: desk.set_pool(name, size))
    told(name, size, is_by_hand=True, as_json=as_json)


@click.command()
@click.argument("name")
@json_option
@click.pass_obj
def reset(setting: Setting, name: str, as_json: bool) -> None:
    """Give pool NAME the size that the configuration says."""
    told(name, setting.change(lambda desk: desk.reset_pool(name)), is_by_hand=False, as_json=as_json)


def told(name: str, size: int, *, is_by_hand: bool, as_json: bool) -> None:
    """What holds now."""
    if as_json:
        print_json({"name": name, "size": size, "is_by_hand": is_by_hand})
    else:
        say(f"pool {name} has {count(size, 'slot')}{', set by hand' if is_by_hand else ', as configured'}")
