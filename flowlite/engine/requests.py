"""Asking for a run: which dates it is about, which parameters it gets, whether its date is free."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from flowlite.authoring.dag import Dag
from flowlite.core.errors import FlowliteError
from flowlite.core.messages import RunRequested
from flowlite.engine.plans import Plan
from flowlite.store.errors import DateTaken

When = datetime | date | str

TICK_S = 1e-6  # what a datetime can tell apart
SAME_INSTANT_S = 1e-3
YEARS = range(1900, 9000)  # beyond, the next fire of a schedule may be no date any more


class NoSuchRun(FlowliteError):
    """A run number that the state does not have."""

    def __init__(self, run: int | str) -> None:
        super().__init__(f"there is no run {run}; `flowlite runs list` shows those that there are")


class DagChanged(FlowliteError):
    """The tasks of a DAG are not those that this run was made from."""

    def __init__(self, dag_id: str, run: int, *, is_there: bool) -> None:
        what = "has lost tasks since" if is_there else "is in no DAG file any more, unlike when"
        super().__init__(f"DAG {dag_id!r} {what} run {run} was made; start a new run: `flowlite run {dag_id}`")


class BadDate(FlowliteError):
    """A date that can't be read."""

    def __init__(self, value: object) -> None:
        super().__init__(
            f"{value!r} is no date; write 2024-01-31 or 2024-01-31T06:00, with an offset such as +01:00 if needed"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A run that somebody wants. `logical_date`: a day or a time in the DAG's zone, or an aware datetime."""

    dag: Dag
    logical_date: When | None = None
    interval_end: datetime | None = None  # where another run's interval is taken over
    params: Any = None
    kind: str = "manual"
    lane: str | None = None
    order: float | None = None
    priority: int | None = None
    asked_by: str = ""
    intent: int | None = None
    has_deadlines: bool = True


def instant_of(dag: Dag, value: When) -> datetime:
    """The aware UTC instant that a date names for this DAG. Raises BadDate."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise BadDate(value) from None
    if not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if value.year not in YEARS:
        raise BadDate(value.isoformat())
    if value.tzinfo is None:
        value = value.replace(tzinfo=dag.timezone)
    return value.astimezone(UTC)


def interval_of(dag: Dag, logical_date: datetime) -> tuple[datetime, datetime]:
    """The data interval that begins at a logical date; without a schedule it is that instant."""
    schedule = dag.schedule
    end = schedule.next_after(logical_date) if schedule is not None else None
    return logical_date, end or logical_date


def span_of(request: Request, now: float) -> tuple[float, float]:
    """Between which logical dates the run's own will lie: where to look for runs that have it. Raises BadDate."""
    if request.logical_date is None:
        return now, now + SAME_INSTANT_S
    at = instant_of(request.dag, request.logical_date).timestamp()
    return at, at


def run_requested(
    request: Request, plan: Plan, taken: Mapping[float, int], number: Callable[[], int], now: float
) -> RunRequested:
    """The event that makes the run. `taken`: runs by logical date. Raises BadDate, BadParams, DateTaken."""
    dag = request.dag
    params = dag.validate_params(request.params)[1]
    start, end = when(request, taken, now)
    return RunRequested(
        run=number(),
        version=plan.version,
        kind=request.kind,
        logical_date=start,
        data_interval_start=start,
        data_interval_end=end,
        params=params,
        asked_by=request.asked_by,
        lane=request.lane,
        order=request.order,
        priority=request.priority,
        base_at=now if request.has_deadlines else None,
        intent=request.intent,
    )


def when(request: Request, taken: Mapping[float, int], now: float) -> tuple[float, float]:
    """The data interval. Without a date it is the instant of the trigger; two within one tick of the clock differ."""
    if request.logical_date is None:
        while now in taken:
            now += TICK_S
        return now, now
    start, end = interval_of(request.dag, instant_of(request.dag, request.logical_date))
    if start.timestamp() in taken:
        raise DateTaken(request.dag.id, start.timestamp(), taken[start.timestamp()])
    return start.timestamp(), (request.interval_end or end).timestamp()
