"""Backfills, carried out: one is asked for, paused, resumed, cancelled and retried, each in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flowlite.core.errors import FlowliteError
from flowlite.core.lanes import backfill_lane
from flowlite.core.messages import CancelAsked, ClearAsked, RunRequested
from flowlite.core.planned import BackfillDayRow, BackfillDecided, BackfillRow
from flowlite.core.rows import RunRow
from flowlite.core.states import RunState
from flowlite.engine.backfill import Backfill, Day, plan_days
from flowlite.engine.engine import Engine
from flowlite.engine.requests import DagChanged

UNFINISHED = (RunState.QUEUED, RunState.RUNNING)
TO_RETRY = (RunState.FAILED, RunState.CANCELLED)


class NoSuchBackfill(FlowliteError):
    """A number that no backfill has."""

    def __init__(self, backfill: int) -> None:
        super().__init__(f"there is no backfill {backfill}; `flowlite backfills list` shows those that there are")


class NothingToDo(FlowliteError):
    """A backfill that is not in a state for what was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A backfill that is on disk: its days in date order, and its runs. Number None: no day had anything to do."""

    number: int | None
    days: Sequence[Day]
    runs: Sequence[int]


class Backfills:
    """The verbs. What is asked for and what follows from it at once is one commit."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self._store = engine, engine.store

    async def start(self, asked: Backfill, *, by: str) -> Started:
        """Plan the days as they are now and ask for their runs. Raises BadBackfill, BadDate, BadParams."""
        plan = await self._engine.register(asked.dag)
        async with self._engine.one_request_at_a_time:
            days = await plan_days(asked, self._store)
            if not any(day.runs for day in days):
                return Started(number=None, days=days, runs=[])
            number = await self._store.next_backfill()
            lane = backfill_lane(number)
            new = await self._engine.prepared([asked.request(day, lane) for day in days if day.is_new])
            again = [await self._again(day.known, lane, asked) for day in days if day.runs and day.known]
            rows = rows_of(number, days, new)
            row = row_of(number, asked, rows, params=plan.dag.validate_params(asked.params)[1], by=by,
                         at=self._engine.clock.now())  # fmt: skip
            decided = BackfillDecided(row, tuple(rows), "backfill", by)
            await self._engine.send_and_wait(decided, *again, *new)
        return Started(number=number, days=days, runs=[day.run_id for day in rows if day.run_id is not None])

    async def _again(
        self, run: RunRow, lane: str, asked: Backfill | BackfillRow, *, only_failed: bool = False
    ) -> ClearAsked:
        """Clear a finished run into the lane."""
        await self._engine.know_version(run)
        at = run.logical_date
        return ClearAsked(
            run.id, (), only_failed=only_failed, row=run, lane=lane, order=-at if asked.is_newest_first else at
        )

    async def _with_code(self, found: Sequence[tuple[str, RunRow]]) -> list[tuple[str, RunRow]]:
        """Those that can run again; if there are none, `know_version` has the words for it."""
        can_run = []
        refused: DagChanged | None = None
        for decision, run in found:
            try:
                await self._engine.know_version(run)
            except DagChanged as error:
                refused = error
            else:
                can_run.append((decision, run))
        if refused is not None and not can_run:
            raise refused
        return can_run

    async def pause(self, backfill: int, *, by: str, why: str = "") -> None:
        """Begin none of its runs any more; those that are active go on. Raises NoSuchBackfill, NothingToDo."""
        row = await self._row(backfill)
        if row.is_paused:
            way_out = f"go on with `flowlite backfills resume {backfill}`"
            raise NothingToDo(f"backfill {backfill} is paused already; {way_out}")
        await self._unfinished(row, "pause")
        await self._decide(row._replace(is_paused=True), "pause", by, why)

    async def resume(self, backfill: int, *, by: str, why: str = "") -> list[int]:
        """Go on with it; its unfinished runs. Not paused: nothing changes. Raises NoSuchBackfill, NothingToDo."""
        row = await self._row(backfill)
        runs = await self._unfinished(row, "resume")
        if row.is_paused:
            await self._decide(row._replace(is_paused=False), "resume", by, why)
        return [run.id for run in runs]

    async def cancel(self, backfill: int, *, by: str, why: str = "") -> list[int]:
        """Cancel its unfinished runs, which are returned; the finished stay. Raises NoSuchBackfill, NothingToDo."""
        row = await self._row(backfill)
        runs = [run.id for run in await self._unfinished(row, "cancel")]
        told = f"backfill {backfill} was cancelled" + f": {why}" * bool(why)
        asked = [CancelAsked(run, by=by, why=told) for run in runs]
        await self._decide(row._replace(is_paused=False, is_cancelled=True), "cancel", by, why, *asked)
        return runs

    async def resize(self, backfill: int, concurrency: int, *, by: str, why: str = "") -> None:
        """So many of its runs at a time from now on; what is active goes on. Raises NoSuchBackfill, NothingToDo."""
        row = await self._row(backfill)
        await self._unfinished(row, "resize")
        if row.concurrency == concurrency:
            raise NothingToDo(f"backfill {backfill} has {concurrency} at a time already; give another number")
        await self._decide(row._replace(concurrency=concurrency), f"resize to {concurrency}", by, why)

    async def retry(self, backfill: int, *, by: str, why: str = "") -> list[int]:
        """Make its failed and cancelled runs go on: what failed in them runs again. Answers with all of its runs that
        are now unfinished. Raises NoSuchBackfill, NothingToDo."""
        row = await self._row(backfill)
        found = await self._store.runs_of_backfill(backfill, *TO_RETRY)
        if not found:
            raise NothingToDo(f"backfill {backfill} has no failed or cancelled run; nothing to retry")
        lane = backfill_lane(backfill)
        found = await self._with_code(found)
        again = [
            # One that was to be reprocessed and was cancelled in line has nothing failed in it: all of it is wanted.
            await self._again(run, lane, row, only_failed=not was_reprocessed(decision, run))
            for decision, run in found
        ]
        await self._decide(row._replace(is_paused=False, is_cancelled=False), "retry", by, why, *again)
        return [run.id for _, run in await self._store.runs_of_backfill(backfill, *UNFINISHED)]

    async def _decide(self, row: BackfillRow, verb: str, by: str, why: str, *more: CancelAsked | ClearAsked) -> None:
        await self._engine.send_and_wait(BackfillDecided(row, (), verb, by, why), *more)

    async def _row(self, backfill: int) -> BackfillRow:
        found = await self._store.backfill(backfill)
        if found is None:
            raise NoSuchBackfill(backfill)
        return found

    async def _unfinished(self, row: BackfillRow, verb: str) -> list[RunRow]:
        runs = [run for _, run in await self._store.runs_of_backfill(row.id, *UNFINISHED)]
        if not runs:
            raise NothingToDo(f"backfill {row.id} has ended; there is nothing to {verb}")
        return runs


def was_reprocessed(decision: str, run: RunRow) -> bool:
    """Whether it was cancelled before or while a date was run again that had run before."""
    return decision == "again" and run.state == RunState.CANCELLED


def rows_of(number: int, days: Sequence[Day], new: Sequence[RunRequested]) -> list[BackfillDayRow]:
    """The days with their decisions, the new runs in the order of the days that have none."""
    runs = {event.logical_date: event for event in new}
    return [day_row(number, day, runs.get(day.logical_date.timestamp())) for day in days]


def day_row(number: int, day: Day, new: RunRequested | None) -> BackfillDayRow:
    """What was decided about one day."""
    at = day.logical_date.timestamp()
    if new is not None:
        return BackfillDayRow(number, at, new.data_interval_end, "run", "", new.run)
    assert day.known is not None, "a day without a run gets one"
    end = day.known.data_interval_end
    if day.runs:
        return BackfillDayRow(number, at, end, "again", "", day.known.id)
    return BackfillDayRow(number, at, end, "skip", day.reason, None)


def row_of(
    number: int, asked: Backfill, days: Sequence[BackfillDayRow], *, params: str, by: str, at: float
) -> BackfillRow:
    """The backfill's own row."""
    return BackfillRow(
        id=number, dag_id=asked.dag.id, starts_at=days[0].logical_date, ends_at=days[-1].data_interval_end,
        concurrency=asked.concurrency, reprocess=asked.reprocess, is_newest_first=asked.is_newest_first, params=params,
        asked_by=by, created_at=at,
    )  # fmt: skip
