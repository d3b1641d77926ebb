"""`flowlite assets`: data made by tasks, known by name."""

from __future__ import annotations

import time

import click

from flowlite.cli.lazy import Lazy, LazyGroup
from flowlite.cli.output import json_option, print_json, print_table
from flowlite.cli.setting import Setting
from flowlite.cli.words import ago, instant

COMMANDS = {"list": Lazy("flowlite.cli.assets:list_", "List the assets and what updated them last.")}


@click.group(cls=LazyGroup, lazy=COMMANDS)
def assets() -> None:
    """List the assets and their last updates."""


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
