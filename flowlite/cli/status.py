"""`flowlite status`: is the daemon up, and is anything wrong?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from flowlite.cli.faults import WORK_FAILED
from flowlite.cli.output import json_option, paint, print_json, say
from flowlite.cli.setting import Setting
from flowlite.cli.tables import Cell
from flowlite.cli.words import ago, count, date

if TYPE_CHECKING:
    from flowlite.client.client import Client
    from flowlite.service.records import Health


@click.command()
@json_option
@click.pass_obj
@click.pass_context
def status(ctx: click.Context, setting: Setting, as_json: bool) -> None:
    """Show whether the daemon is up, what runs, and what went wrong last. Exit code 1 if it is not up."""
    found = setting.ask(looked)
    if as_json:
        print_json(found)
    else:
        show(found)
    if not found.is_up:
        ctx.exit(WORK_FAILED)


async def looked(client: Client) -> Health:
    """It answers also when the daemon does not."""
    return await client.health()


def show(found: Health) -> None:
    """For people."""
    if found.is_up:
        since = "" if found.since is None else f", started {ago(found.since, found.at)}"
        paint(Cell("● up", "green", bold=True), f"  process {found.pid}{since}, state in {found.state}")
    elif found.holder is not None:
        paint(Cell("○ no daemon", "yellow", bold=True), f"  {found.holder} works on {found.state}")
    else:
        paint(Cell("○ down", "yellow", bold=True), f"  state in {found.state}; start it with `flowlite up`")
    for trouble in found.degraded:
        paint(Cell("  ✗ ", "red"), trouble)
    say(
        f"  {count(found.running, 'run')} running, {found.queued} queued, {found.waiting_for_people} waiting for people"
    )
    for run in found.failed:
        paint(
            Cell("  ✗ ", "red"),
            f"run {run.id} of {run.dag_id} for {date(run.logical_date)} failed {ago(run.ended_at, found.at)}",
        )
    if found.failed:
        say(f"  `flowlite why {found.failed[0].id}` says why")
    for problem in found.problems:
        where = problem.file if problem.line is None else f"{problem.file}:{problem.line}"
        paint(Cell("  ✗ ", "red"), f"{where}: {problem.message} (since {ago(problem.since, found.at)}); {problem.fix}")
    for fire in found.next:
        due = "due " if fire.fires_at < found.at else ""
        say(f"  next: {fire.dag_id} {due}{ago(fire.fires_at, found.at)}")
