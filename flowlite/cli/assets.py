"""`flowlite assets`: data made by tasks, known by name."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from flowlite.cli.lazy import Lazy, LazyGroup
from flowlite.cli.options import why_option
from flowlite.cli.output import json_option, print_json, print_table, say
from flowlite.cli.setting import Setting
from flowlite.cli.waiting import say_if_nobody_goes_on
from flowlite.cli.words import ago, instant

if TYPE_CHECKING:
    from flowlite.service.desk import Desk
    from flowlite.service.records import AssetUpdated

COMMANDS = {
    "list": Lazy("flowlite.cli.assets:list_", "List the assets and what updated them last."),
    "update": Lazy("flowlite.cli.assets:update", "Say that an asset has new data."),
}


@click.group(cls=LazyGroup, lazy=COMMANDS)
def assets() -> None:
    """List the assets and their updates, or say that one has new data."""


@click.command("list")
@json_option
@click.pass_obj
def list_(setting: Setting, as_json: bool) -> None:
    """List the assets and what updated them last."""
    found = setting.ask(lambda client: client.assets())
    if as_json:
        print_json(found)
        return
    now = time.time()
    rows = [
        (
            one.asset,
            instant(one.at),
            ago(one.at, now),
            f"run {one.run_id} {one.dag_id}.{one.task_id}" if one.run_id else "by hand",
        )
        for one in found
    ]
    print_table(
        ["asset", "updated", "", "by"], rows, empty="no asset was updated yet; tasks with outlets=[Asset(...)] do that"
    )


@click.command()
@click.argument("name")
@why_option
@json_option
@click.pass_obj
def update(setting: Setting, name: str, reason: str, as_json: bool) -> None:
    """Say that asset NAME has new data: DAGs that wait for it start as after a task that makes it."""

    async def work(desk: Desk) -> tuple[AssetUpdated, bool]:
        return await desk.update_asset(name, reason), desk.is_here

    found, is_here = setting.change(work)
    if as_json:
        print_json(found)
    else:
        waiting = f"; it is waited for by {', '.join(found.waiting)}" if found.waiting else "; no DAG waits for it"
        say(f"asset {found.name} is updated{waiting}")
    if found.waiting:
        say_if_nobody_goes_on(is_here=is_here)
