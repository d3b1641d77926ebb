"""From a decision to what is written: the event that makes the run, and the row that tells of the interval."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from flowlite.authoring.dag import Dag
from flowlite.core.errors import FlowliteError
from flowlite.core.intervals import Decided, Decision, taken_by
from flowlite.core.messages import RunRequested
from flowlite.core.planned import IntervalRow, ScheduleRow
from flowlite.engine.plans import Plan
from flowlite.engine.scheduling.scheduled import Scheduled

Taken = dict[tuple[str, float], int]


class Due(NamedTuple):
    """A DAG that has fired, and what follows."""

    scheduled: Scheduled
    decided: Decided

    @property
    def dag_id(self) -> str:
        """Whose."""
        return self.scheduled.dag.id

    @property
    def dates(self) -> list[tuple[str, float]]:
        """The logical dates that must be free for it."""
        return [(self.dag_id, each.starts_at) for each in self.decided.decisions if each.runs]

    def row_after(self) -> ScheduleRow:
        """How far its schedule is decided then."""
        return self.scheduled.row._replace(decided_until=self.decided.until, next_due_at=self.decided.next_at)


def carried_out(
    one: Due, taken: Taken, number: Callable[[], int], now: float
) -> list[tuple[RunRequested | None, IntervalRow]]:
    """For each interval the run, if there is to be one, and the row."""
    found = []
    for decision in one.decided.decisions:
        run = None
        reason = decision.reason or holder_of(one.dag_id, decision, taken)
        if not reason:
            run, reason = run_or_reason(one.scheduled.plan, decision, number)
        found.append((run, row_of(one.dag_id, decision, run, reason, now)))
    return found


def holder_of(dag_id: str, decision: Decision, taken: Taken) -> str:
    """Who has the date; "" if it is free."""
    run = taken.get((dag_id, decision.starts_at))
    return "" if run is None else taken_by(run)


def run_or_reason(plan: Plan, decision: Decision, number: Callable[[], int]) -> tuple[RunRequested | None, str]:
    """The run, or why its parameters don't allow one."""
    try:
        params = default_params(plan.dag)
    except FlowliteError as error:
        return None, str(error)
    return run_of(plan, decision, params, number()), ""


def default_params(dag: Dag) -> str:
    """As JSON. Raises BadParams."""
    return dag.validate_params(None)[1] if dag.params_model is not None else "{}"


def run_of(plan: Plan, decision: Decision, params: str, number: int) -> RunRequested:
    """The run of an interval. What comes late because nobody was there has no deadlines."""
    return RunRequested(
        run=number,
        version=plan.version,
        kind="scheduled",
        logical_date=decision.starts_at,
        data_interval_start=decision.starts_at,
        data_interval_end=decision.ends_at,
        params=params,
        asked_by="schedule",
        base_at=decision.ends_at if decision.is_newest else None,
    )


def row_of(dag_id: str, decision: Decision, run: RunRequested | None, reason: str, now: float) -> IntervalRow:
    """What became of the interval."""
    if run is None:
        return IntervalRow(dag_id, decision.starts_at, decision.ends_at, "skipped", None, reason, now)
    return IntervalRow(dag_id, decision.starts_at, decision.ends_at, "ran", run.run, "", now)
