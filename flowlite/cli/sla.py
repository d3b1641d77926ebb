"""`flowlite sla`: deadlines, met and missed."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import click

from flowlite.cli.lazy import Lazy, LazyGroup
from flowlite.cli.output import json_option, print_json, print_table, say
from flowlite.cli.setting import Setting
from flowlite.cli.tables import Cell
from flowlite.cli.words import count, date, instant, length, share

COMMANDS = {
    "list": Lazy("flowlite.cli.sla:list_", "List the deadlines of the last runs."),
    "report": Lazy("flowlite.cli.sla:report", "Show how often each deadline was kept."),
}
DAY_S = 86_400.0
INSTANTS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]


@click.group(cls=LazyGroup, lazy=COMMANDS)
def sla() -> None:
    """Show which deadlines were kept, and how often."""


@click.command("list")
@click.argument("dag", required=False)
@click.option("--missed", is_flag=True, help="Only those that were missed.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000), help="At most so many.")
@json_option
@click.pass_obj
def list_(setting: Setting, dag: str | None, missed: bool, limit: int, as_json: bool) -> None:
    """List the deadlines that are over, of DAG or of all, the latest first."""
    found = setting.ask(lambda client: client.deadlines(dag, only_missed=missed, limit=limit))
    if as_json:
        print_json(found)
        return
    rows = [
        (
            Cell("✓ met", "green") if one.was_met else Cell("✗ missed", "red"),
            instant(one.due_at),
            one.dag_id if one.task_id is None else f"{one.dag_id}.{one.task_id}",
            str(one.run_id),
            date(one.logical_date),
        )
        for one in found
    ]
    empty = (
        "no deadline was missed" if missed else "no deadline is over yet; sla=timedelta(...) on a DAG or task sets one"
    )
    print_table(["", "due", "of", "run", "logical date"], rows, empty=empty)


@click.command("report")
@click.option("--days", type=click.FloatRange(0.01, 3660), default=30.0, show_default=True, help="So far back.")
@click.option(
    "--month", metavar="MONTH", type=click.DateTime(["%Y-%m"]), help="A calendar month (UTC) instead, like 2024-03."
)
@click.option(
    "--since", metavar="T", type=click.DateTime(INSTANTS), help="From this instant (UTC) instead, like 2024-03-01."
)
@click.option(
    "--until", metavar="T", type=click.DateTime(INSTANTS), help="With --since: to this instant (default: now)."
)
@json_option
@click.pass_obj
def report(
    setting: Setting, days: float, month: datetime | None, since: datetime | None, until: datetime | None, as_json: bool
) -> None:
    """Show how often each deadline was kept, and by how much the others were late."""
    if until is not None and since is None:
        raise click.UsageError("--until needs a --since; for a calendar month there is --month 2024-03")
    begins, ends = span(days, month) if since is None else (in_utc(since), in_utc(until) if until else time.time())
    found = setting.ask(lambda client: client.sla(begins, ends))
    if as_json:
        print_json({"since": begins, "until": ends, "deadlines": found})
        return
    say(f"deadlines due from {instant(begins)} to {instant(ends)}\n")
    rows = [
        (
            one.dag_id if one.task_id is None else f"{one.dag_id}.{one.task_id}",
            str(one.due),
            str(one.due - one.met),
            Cell(share(one.met, one.due), "green" if one.met == one.due else "red"),
            length(one.mean_s),
            length(one.worst_s),
        )
        for one in found
    ]
    columns = ["of", "due", "missed", "kept", "late by (mean)", "late by (worst)"]
    print_table(columns, rows, right=columns[1:], empty="no deadline was due in that time")
    if found:
        met, due = sum(one.met for one in found), sum(one.due for one in found)
        say(f"\n{share(met, due)} of {count(due, 'deadline')} kept")


def in_utc(given: datetime) -> float:
    """In seconds since the epoch."""
    return given.replace(tzinfo=UTC).timestamp()


def span(days: float, month: datetime | None) -> tuple[float, float]:
    """From when to when, in seconds since the epoch."""
    if month is None:
        now = time.time()
        return now - days * DAY_S, now
    first = month.replace(tzinfo=UTC)
    following = (first + timedelta(days=32)).replace(day=1)
    return first.timestamp(), following.timestamp()
