"""Asking for a run: which dates it is about, which parameters it gets, whether its date is free."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from flowlite.authoring.dag import Dag
from flowlite.core.errors import FlowliteError
from flowlite.core.messages import RunRequested
from flowlite.engine.plans import Plan
from flowlite.store.errors import DateTaken
from flowlite.store.store import Store

When = datetime | date | str


class NoSuchRun(FlowliteError):
    """A run number that the state does not have."""

    def __init__(self, run: int | str) -> None:
        super().__init__(f"there is no run {run}; `flowlite runs list` shows those that there are")


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
    if value.tzinfo is None:
        value = value.replace(tzinfo=dag.timezone)
    return value.astimezone(UTC)


def interval_of(dag: Dag, logical_date: datetime) -> tuple[datetime, datetime]:
    """The data interval that begins at a logical date; without a schedule it is that instant."""
    schedule = dag.schedule
    end = schedule.next_after(logical_date) if schedule is not None else None
    return logical_date, end or logical_date


async def run_requested(
    request: Request, plan: Plan, store: Store, number: Callable[[], int], now: float
) -> RunRequested:
    """The event that makes the run. Raises BadDate, BadParams, DateTaken."""
    dag = request.dag
    params = dag.validate_params(request.params)[1]
    if request.logical_date is None:
        logical_date = end = datetime.fromtimestamp(now, UTC)
    else:
        logical_date, end = interval_of(dag, instant_of(dag, request.logical_date))
        end = request.interval_end or end
    taken = await store.run_at(dag.id, logical_date.timestamp())
    while taken is not None and request.logical_date is None:  # two triggers within one tick of the clock
        logical_date = end = datetime.fromtimestamp(logical_date.timestamp() + 1e-6, UTC)
        taken = await store.run_at(dag.id, logical_date.timestamp())
    if taken is not None:
        raise DateTaken(dag.id, logical_date.timestamp(), taken.id)
    return RunRequested(
        run=number(),
        version=plan.version,
        kind=request.kind,
        logical_date=logical_date.timestamp(),
        data_interval_start=logical_date.timestamp(),
        data_interval_end=end.timestamp(),
        params=params,
        asked_by=request.asked_by,
        lane=request.lane,
        order=request.order,
        priority=request.priority,
        base_at=now if request.has_deadlines else None,
        intent=request.intent,
    )
