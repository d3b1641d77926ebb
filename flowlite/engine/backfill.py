"""Backfills: which dates of a past range run, which are left alone and why, and a lane of their own for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol

from flowlite.authoring.dag import Dag
from flowlite.core.errors import FlowliteError
from flowlite.core.graph import Graph
from flowlite.core.rows import RunRow
from flowlite.core.states import FINISHED_RUN, RunState
from flowlite.engine.requests import Request, instant_of

REPROCESS = ("none", "failed", "all")
LONGEST = 100_000
NAMED = 3


class BadBackfill(FlowliteError):
    """A range or an option that makes no sense."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfill:
    """What was asked for. `end` is exclusive unless `is_inclusive`."""

    dag: Dag
    start: datetime | date | str
    end: datetime | date | str
    concurrency: int = 10
    reprocess: str = "none"
    is_newest_first: bool = False
    is_inclusive: bool = False
    params: Any = None

    def request(self, day: Day, lane: str) -> Request:
        """The run of a day that has none yet. Backfill runs have no deadlines."""
        at = day.logical_date.timestamp()
        return Request(
            dag=self.dag,
            logical_date=day.logical_date,
            params=self.params,
            kind="backfill",
            lane=lane,
            order=-at if self.is_newest_first else at,
            asked_by="backfill",
            has_deadlines=False,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One interval of a backfill: it runs, anew or again, or it is skipped because `reason`."""

    logical_date: datetime
    known: RunRow | None = None
    reason: str = ""

    @property
    def runs(self) -> bool:
        """Whether there is something to do."""
        return not self.reason

    @property
    def is_new(self) -> bool:
        """Whether it has no run yet."""
        return self.known is None


class RunsByDate(Protocol):
    """The part of the store that a plan reads."""

    async def runs_between(self, dag_id: str, first: float, last: float) -> dict[float, RunRow]:
        """The runs of these logical dates, both ends included."""
        ...

    async def graph_json(self, version: int) -> str:
        """The graph of a version of a DAG."""
        ...


async def plan_days(asked: Backfill, runs: RunsByDate) -> list[Day]:
    """Every interval of the range in date order, with what will be done about it. Raises BadBackfill, BadDate."""
    check(asked)
    dates = dates_of(asked)
    if not dates:
        return []
    there = await runs.runs_between(asked.dag.id, dates[0].timestamp(), dates[-1].timestamp())
    found = []
    for logical_date in dates:
        row = there.get(logical_date.timestamp())
        found.append(Day(logical_date=logical_date, known=row, reason=why_not(asked.reprocess, row)))
    gone = await lost_tasks(asked.dag, {day.known.version for day in found if day.runs and day.known}, runs)
    return [without_code(day, gone) for day in found] if gone else found


async def lost_tasks(dag: Dag, versions: Iterable[int], runs: RunsByDate) -> dict[int, list[str]]:
    """By version of the DAG: the tasks that runs made from it have and that its file no longer builds."""
    lost = {}
    for version in versions:
        then = Graph.from_json(await runs.graph_json(version)).number.keys()
        if gone := [name for name in then if name not in dag.specs]:
            lost[version] = gone
    return lost


def without_code(day: Day, gone: Mapping[int, Sequence[str]]) -> Day:
    """A run whose tasks are gone can't run again; that is no reason against the other days."""
    if not day.runs or day.known is None or day.known.version not in gone:
        return day
    names = ", ".join(gone[day.known.version][:NAMED])
    return replace(day, reason=f"run {day.known.id} has tasks that the DAG has no longer ({names})")


def check(asked: Backfill) -> None:
    """Say no early."""
    if asked.reprocess not in REPROCESS:
        raise BadBackfill(f"reprocess={asked.reprocess!r} is not known; use one of {', '.join(REPROCESS)}")
    if asked.concurrency < 1:
        raise BadBackfill(f"concurrency={asked.concurrency} starts nothing; give 1 or more")


def why_not(reprocess: str, known: RunRow | None) -> str:
    """Why a date that has a run is left alone; "" if it is not."""
    if known is None:
        return ""
    if known.state not in FINISHED_RUN:
        return f"run {known.id} is {known.state}"
    if reprocess == "all" or (reprocess == "failed" and known.state != RunState.SUCCESS):
        return ""
    return f"run {known.id} is {known.state}"


def dates_of(asked: Backfill) -> Sequence[datetime]:
    """The logical dates of the range, oldest first; without a schedule a day is an interval."""
    start, end = instant_of(asked.dag, asked.start), instant_of(asked.dag, asked.end)
    if end < start or (end == start and not asked.is_inclusive):
        raise BadBackfill(
            f"the range from {asked.start} to {asked.end} is empty; END comes after START and is exclusive"
        )
    found = []
    for logical_date in fires_from(asked.dag, start):
        if logical_date > end or (logical_date == end and not asked.is_inclusive):
            break
        found.append(logical_date)
        if len(found) > LONGEST:
            raise BadBackfill(f"the range has more than {LONGEST:,} intervals; split it")
    return found


def fires_from(dag: Dag, start: datetime) -> Iterator[datetime]:
    """Every logical date of a DAG from `start` on."""
    if dag.schedule is None:
        yield from days_from(start.astimezone(dag.timezone))
        return
    found = dag.schedule.next_after(start - timedelta(microseconds=1))
    while found is not None:
        yield found
        found = dag.schedule.next_after(found)


def days_from(start: datetime) -> Iterator[datetime]:
    """The same wall clock time on every day."""
    naive = start.replace(tzinfo=None)
    while True:
        yield naive.replace(tzinfo=start.tzinfo).astimezone(UTC)
        naive += timedelta(days=1)
