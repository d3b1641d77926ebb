"""`flowlite stats`: how long a DAG and its tasks take, how often they go well, and where it is heading."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from flowlite.cli.output import json_option, paint, print_json, print_table, say
from flowlite.cli.setting import Setting
from flowlite.cli.tables import Cell
from flowlite.cli.words import bars, count, length, share

if TYPE_CHECKING:
    from flowlite.store.views import History

TREND = 30  # runs shown as bars


@click.command()
@click.argument("dag")
@click.option("--last", default=100, show_default=True, type=click.IntRange(1, 1000), help="How many runs to look at.")
@json_option
@click.pass_obj
def stats(setting: Setting, dag: str, last: int, as_json: bool) -> None:
    """Show how long DAG takes, how often it goes well, and the trend (oldest on the left)."""
    found = setting.ask(lambda client: client.stats(dag, last=last))
    if as_json:
        print_json(found)
        return
    history = found.dag
    paint(
        Cell(dag, bold=True),
        f"  {count(history.finished, 'finished run')}, {share(history.succeeded, history.finished)} went well",
    )
    if not history.finished:
        say(f"nothing to tell yet; `flowlite run {dag}` makes a first run")
        return
    say(f"p50 {length(history.p50_s)}   p95 {length(history.p95_s)}   {trend(history)}\n")
    rows = [
        (
            task.name,
            str(task.finished),
            share(task.succeeded, task.finished),
            length(task.p50_s),
            length(task.p95_s),
            trend(task),
        )
        for task in found.tasks
    ]
    print_table(
        ["task", "attempts", "went well", "p50", "p95", "trend"], rows, right=["attempts", "went well", "p50", "p95"]
    )


def trend(history: History) -> str:
    """The lengths of the last runs as bars, oldest first."""
    return bars(history.durations_s[:TREND][::-1])
