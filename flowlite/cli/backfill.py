"""`flowlite backfill`: a range of past dates, several at a time, the plan first."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from flowlite.cli.faults import WorkFailed
from flowlite.cli.following import BAR_WIDTH, Line, Screen
from flowlite.cli.live import until_the_end
from flowlite.cli.marks import color, mark
from flowlite.cli.output import iso, json_option, paint, print_json, print_table, say
from flowlite.cli.setting import Setting
from flowlite.cli.tables import Cell
from flowlite.cli.targets import PARAMETER
from flowlite.cli.words import count, date, length, progress_bar

if TYPE_CHECKING:
    from flowlite.client.acting import BackfillPlan
    from flowlite.client.client import Client
    from flowlite.core.messages import RunRow
    from flowlite.engine.backfill import Day

MOST_DAYS = 12  # of a plan that are shown: the first and the last ones


@click.command()
@click.argument("dag")
@click.argument("start")
@click.argument("end")
@click.option("--concurrency", default=10, show_default=True, type=click.IntRange(1), help="How many runs at a time.")
@click.option(
    "--reprocess", default="none", show_default=True, type=click.Choice(["none", "failed", "all"]),
    help="What to do with dates that have a run.",
)  # fmt: skip
@click.option("--newest-first", is_flag=True, help="Begin with the newest date.")
@click.option("--inclusive", is_flag=True, help="Take END in.")
@click.option(
    "--param", "params", multiple=True, type=PARAMETER, metavar="K=V", help="A parameter; may be given again."
)
@click.option("--dry-run", is_flag=True, help="Only show the plan.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@json_option
@click.pass_obj
def backfill(
    setting: Setting, /, dag: str, start: str, end: str, yes: bool, dry_run: bool, as_json: bool, **how: Any
) -> None:
    """Run DAG for every data interval from START up to END (END itself is left out)."""
    setting, dag_id = setting.for_dag(dag)

    async def work(client: Client) -> list[RunRow]:
        declared = client.only_dag() if dag_id is None else client.declared(dag_id)
        async with client.acting() as acting:
            plan = await acting.plan_backfill(
                declared, start, end, concurrency=how["concurrency"], reprocess=how["reprocess"],
                is_newest_first=how["newest_first"], is_inclusive=how["inclusive"], params=dict(how["params"]),
            )  # fmt: skip
            if not as_json:
                show_plan(plan)
            if dry_run and as_json:
                print_json({"dag_id": declared.id, "days": [day_fields(day) for day in plan.days]})
            if dry_run or not any(day.runs for day in plan.days):
                return nothing_left(plan, is_quiet=as_json or dry_run)
            if not (yes or as_json):
                click.confirm("Go on?", abort=True)
            runs = await acting.start_backfill(plan)
            progress = Progress(len(runs), is_quiet=as_json)
            return await until_the_end(
                acting, runs, acting.watch_ends(runs, progress.look), lambda text: say(f"\n{text}", err=True)
            )

    tell(setting.ask(work), as_json=as_json and not dry_run)


def nothing_left(plan: BackfillPlan, *, is_quiet: bool) -> list[RunRow]:
    """Every date has a run already; a word on how to run them all the same."""
    if not is_quiet and plan.days:
        say("nothing to do; --reprocess failed or --reprocess all runs dates again")
    return []


def show_plan(plan: BackfillPlan) -> None:
    """Each day: runs, or is skipped because. The middle of a long plan is left out."""
    days = plan.days
    running = sum(day.runs for day in days)
    skipped = len(days) - running
    paint(
        Cell(plan.asked.dag.id, bold=True),
        f": {count(running, 'run')}, {plan.asked.concurrency} at a time",
        _skipped(skipped),
    )
    shown: list[Day | None] = list(days)
    if len(days) > MOST_DAYS:
        shown = [*days[: MOST_DAYS - 3], None, *days[-2:]]
    print_table(["date", "plan"], [day_row(day, len(days) - MOST_DAYS + 1) for day in shown])


def _skipped(number: int) -> str:
    return f", {number} left alone" if number else ""


def day_row(day: Day | None, hidden: int) -> tuple[str, str]:
    """One line of the plan; None stands for those that are left out."""
    if day is None:
        return "...", f"({hidden} more)"
    if not day.runs:
        return date(day.logical_date.timestamp()), f"left alone: {day.reason}"
    return date(day.logical_date.timestamp()), f"runs again as run {day.known.id}" if day.known else "runs"


def day_fields(day: Day) -> dict[str, object]:
    """As JSON shows it."""
    return {
        "logical_date": iso(day.logical_date.timestamp()),
        "runs": day.runs,
        "reason": day.reason,
        "run_id": day.known.id if day.known else None,
    }


class Progress:
    """A line for each run that has ended, and a bar."""

    def __init__(self, total: int, *, is_quiet: bool) -> None:
        self._total, self._is_quiet, self._screen = total, is_quiet, Screen()
        self._told: set[int] = set()
        self._began = time.monotonic()

    def look(self, rows: list[RunRow]) -> None:
        """Called with the runs that have ended so far."""
        if self._is_quiet:
            return
        lines = [run_line(row) for row in rows if row.id not in self._told]
        self._told.update(row.id for row in rows)
        failed = sum(row.state != "success" for row in rows)
        words = [f"{progress_bar(len(rows), self._total, BAR_WIDTH)} {len(rows)}/{self._total}"]
        words += [f"{failed} failed"] * bool(failed) + [length(time.monotonic() - self._began)]
        self._screen.show(lines, "" if len(rows) == self._total else "  ".join(words))


def run_line(row: RunRow) -> Line:
    """`✓ 2024-01-01  run 17  0.3s`."""
    took = length(row.ended_at - row.started_at) if row.ended_at and row.started_at else ""
    return (
        Cell(f"{mark(row.state)} ", color(row.state)),
        Cell(f"{date(row.logical_date):<12} run {row.id:<6} "),
        Cell(took, "bright_black"),
    )


def tell(rows: Sequence[RunRow], *, as_json: bool) -> None:
    """The sum; exit code 1 if a run did not go well."""
    bad = [row for row in rows if row.state != "success"]
    if as_json:
        fields = ("logical_date", "state", "started_at", "ended_at")
        print_json({"runs": [{"run_id": str(row.id), **{name: getattr(row, name) for name in fields}} for row in rows]})
    elif rows and not bad:
        say(f"✓ {count(len(rows), 'run')} went well")
    if bad:
        raise WorkFailed(
            f"{len(bad)} of {count(len(rows), 'run')} did not go well; `flowlite why {bad[0].id}` says why"
        )
