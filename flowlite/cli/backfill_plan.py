"""The plan of a backfill as people and programs read it: each day runs, or is skipped because. Long ones by month."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from flowlite.cli.output import iso, paint, print_table
from flowlite.cli.tables import Cell
from flowlite.cli.words import count, date

if TYPE_CHECKING:
    from flowlite.service.records import BackfillPlan, PlannedDay

MOST_DAYS = 40  # that are shown one by one
NUMBER = re.compile(r"^run \d+")


def show_plan(plan: BackfillPlan, *, has_params: bool) -> None:
    """What would be done, before anybody says yes."""
    skipped = len(plan.days) - plan.runs
    note = f", {skipped} skipped" if skipped else ""
    paint(Cell(plan.dag_id, bold=True), f": {count(plan.runs, 'run')}, {plan.concurrency} at a time{note}")
    if has_params and any(day.decision == "again" for day in plan.days):
        paint("runs that are there already keep the parameters that they were made with")
    if len(plan.days) > MOST_DAYS:
        print_table(["month", "intervals", "plan"], months(plan.days), right=["intervals"])
    else:
        print_table(["date", "plan"], [(date(day.logical_date), decision_told(day)) for day in plan.days])


def decision_told(day: PlannedDay) -> str:
    """`runs`, `runs again as run 7`, or `skipped because run 7 is success`."""
    if day.decision == "skip":
        return f"skipped because {day.reason}"
    return f"runs again as run {day.run_id}" if day.decision == "again" else "runs"


def months(days: Sequence[PlannedDay]) -> list[tuple[str, str, str]]:
    """One line for each month, in UTC as dates are."""
    return [
        (month, str(len(some)), month_told(some))
        for month, some in ((month, list(found)) for month, found in groupby(days, lambda day: month_of(day)))
    ]


def month_of(day: PlannedDay) -> str:
    """`2024-01`."""
    return date(day.logical_date)[:7]


def month_told(days: Iterable[PlannedDay]) -> str:
    """`28 run, 2 run again, 1 skipped because their run is success`."""
    by: dict[str, list[PlannedDay]] = {}
    for day in days:
        by.setdefault(day.decision, []).append(day)
    parts = [
        f"{len(by[decision])} {word}" for decision, word in (("run", "run"), ("again", "run again")) if decision in by
    ]
    reasons = Counter(NUMBER.sub("their run", day.reason) for day in by.get("skip", ()))
    parts += [f"{number} skipped because {reason}" for reason, number in reasons.items()]
    return ", ".join(parts)


def plan_fields(plan: BackfillPlan) -> dict[str, object]:
    """As JSON shows it."""
    return {"dag_id": plan.dag_id, "concurrency": plan.concurrency, "days": [day_fields(day) for day in plan.days]}


def day_fields(day: PlannedDay) -> dict[str, object]:
    """One day."""
    return {
        "logical_date": iso(day.logical_date),
        "runs": day.decision != "skip",
        "decision": day.decision,
        "reason": day.reason,
        "run_id": day.run_id,
    }
