"""`flowlite pools`: what limits how much runs at once."""

from __future__ import annotations

import click

from flowlite.cli.lazy import Lazy, LazyGroup
from flowlite.cli.output import json_option, print_json, print_table
from flowlite.cli.setting import Setting

COMMANDS = {"list": Lazy("flowlite.cli.pools:list_", "List the pools, their slots, and who holds them.")}


@click.group(cls=LazyGroup, lazy=COMMANDS)
def pools() -> None:
    """List the pools and their slots."""


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
