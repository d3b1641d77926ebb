"""The scheduler: asks core which intervals are due when the alarm rings, and puts the runs into the engine's inbox
together with the rows that say why.

One transaction holds the runs, their intervals with the decisions, and how far the schedule is decided: whatever is
killed when, the next start decides the rest, and nothing twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from heapq import heappop, heappush

from flowlite.authoring.dag import Dag
from flowlite.core.messages import Event
from flowlite.core.planned import IntervalsDecided, ScheduleRow
from flowlite.engine.engine import Engine
from flowlite.engine.loop import Commit
from flowlite.engine.scheduling.alarm import AlarmClock, ApsAlarm
from flowlite.engine.scheduling.asset_runs import AssetRuns, DueByAssets
from flowlite.engine.scheduling.deciding import Due, carried_out
from flowlite.engine.scheduling.scheduled import Scheduled
from flowlite.store.schedules import NOTHING_KNOWN

# So many intervals of one DAG, and of all, go into one transaction: ten thousand missed ones must not hold up the rest.
MOST_OF_ONE, MOST_A_TURN = 200, 1_000


class Scheduler:
    """Lives on the engine's loop: `start` after the engine's, `stop` before it."""

    def __init__(self, engine: Engine, alarm: AlarmClock | None = None) -> None:
        self._engine, self._alarm = engine, alarm or ApsAlarm()
        self._dags: dict[str, Scheduled] = {}
        self._fires: list[tuple[float, str]] = []  # a heap; an entry that is no longer true is known by its time
        self._unwritten: dict[str, Scheduled] = {}  # what the store has another row of
        self._assets = AssetRuns(engine)
        self._wake, self._idle = asyncio.Event(), asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    # --- life ---------------------------------------------------------------------------------------------------------
    async def start(self, dags: Iterable[Dag] | None = None) -> None:
        """Schedule these DAGs, by default all that the engine knows; what was missed while nobody looked is decided
        first, and on disk when this returns."""
        self._alarm.start()
        self._engine.listeners.append(self._committed)
        await self.dags_changed([plan.dag for plan in self._engine.plans.all()] if dags is None else dags)
        self._task = asyncio.get_running_loop().create_task(self._live(), name="flowlite scheduler")
        await self.settled()

    async def stop(self) -> None:
        """Decide nothing more; may be asked twice. What has gone into the engine's inbox is carried out by that."""
        self._alarm.stop()
        with suppress(ValueError):
            self._engine.listeners.remove(self._committed)
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def wait(self) -> None:
        """Returns when it was stopped; raises what it died of."""
        if self._task is not None:
            with suppress(asyncio.CancelledError):
                await self._task

    async def settled(self) -> None:
        """Wait until nothing is due that was not decided."""
        idle = asyncio.ensure_future(self._idle.wait())
        try:
            await asyncio.wait([idle, self._task] if self._task else [idle], return_when=asyncio.FIRST_COMPLETED)
        finally:
            idle.cancel()
        if self._task is not None and self._task.done() and not self._task.cancelled():
            self._task.result()

    # --- what may be asked --------------------------------------------------------------------------------------------
    async def dags_changed(self, dags: Iterable[Dag] = (), removed: Iterable[str] = ()) -> None:
        """Take these DAGs as they are now; runs that there are keep the version that they were made from. Removed ones
        are no longer scheduled."""
        for dag_id in removed:
            if dag_id in self._dags:
                self._unwritten[dag_id] = self._dags.pop(dag_id)
            self._assets.forget(dag_id)
        plans = await self._engine.register_all(dags)
        async with self._engine.one_request_at_a_time:
            known, last_update = await self._engine.store.schedules(), await self._engine.store.last_update()
            now = self._engine.clock.now()
            for plan in plans:
                self._take(Scheduled(plan, known.get(plan.dag.id, NOTHING_KNOWN), now=now, last_update=last_update))
        self._ring()

    async def set_paused(self, dag_id: str, *, is_paused: bool, by: str, why: str = "") -> int:
        """By hand: outlives restarts and redeploys. What is due in a pause is skipped, never made up for. Returns the
        number of the event."""
        async with self._engine.one_request_at_a_time:
            now = self._engine.clock.now()
            event = await self._engine.store.set_paused(dag_id, is_paused=is_paused, at=now, by=by, why=why)
            if dag_id in self._dags:
                self._dags[dag_id].pause(is_paused=is_paused, now=now)
                self._unwritten[dag_id] = self._dags[dag_id]
        self._ring()
        return event

    def is_paused(self, dag_id: str) -> bool | None:
        """Whether a DAG is paused; None: it is not scheduled here."""
        found = self._dags.get(dag_id)
        return None if found is None else found.is_paused

    def next_at(self, dag_id: str) -> float | None:
        """When a DAG fires next, by its times."""
        found = self._dags.get(dag_id)
        return None if found is None else found.next_at

    # --- the turns ----------------------------------------------------------------------------------------------------
    def _take(self, scheduled: Scheduled) -> None:
        self._dags[scheduled.dag.id] = self._unwritten[scheduled.dag.id] = scheduled
        self._assets.watch(scheduled)
        self._line_up(scheduled)

    def _line_up(self, scheduled: Scheduled) -> None:
        if scheduled.next_at is not None:
            heappush(self._fires, (scheduled.next_at, scheduled.dag.id))

    def _committed(self, commit: Commit) -> None:
        if commit.changes.assets and self._assets.updated(row.asset for row in commit.changes.assets):
            self._ring()

    def _ring(self) -> None:
        self._idle.clear()
        self._wake.set()

    async def _live(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while await self._turn():
                pass
            self._alarm.wake_at(self._next_fire(), self._ring)
            if not self._wake.is_set():
                self._idle.set()

    def _next_fire(self) -> float | None:
        while self._fires and not self._is_true(*self._fires[0]):
            heappop(self._fires)
        return self._fires[0][0] if self._fires else None

    def _is_true(self, at: float, dag_id: str) -> bool:
        found = self._dags.get(dag_id)
        return found is not None and found.next_at == at

    async def _turn(self) -> bool:
        """Decide what is due; False: there was nothing."""
        async with self._engine.one_request_at_a_time:
            now = self._engine.clock.now()
            due, by_assets, unwritten = self._due(now), await self._assets.due(now), dict(self._unwritten)
            if not (due or by_assets.seen or unwritten):
                return False
            await self._engine.send_and_wait(*await self._events(due, by_assets, unwritten, now))
            for dag_id, scheduled in unwritten.items():
                if self._unwritten.get(dag_id) is scheduled:
                    del self._unwritten[dag_id]
            for one in due:
                one.scheduled.settle(one.decided)
                self._line_up(one.scheduled)
        return True

    def _due(self, now: float) -> list[Due]:
        """The DAGs that have fired, each with what follows; they leave the heap until that is on disk."""
        found: dict[str, Due] = {}
        left = MOST_A_TURN
        while left > 0 and (at := self._next_fire()) is not None and at <= now:
            _, dag_id = heappop(self._fires)
            if dag_id not in found:
                decided = self._dags[dag_id].due(now, min(MOST_OF_ONE, left))
                found[dag_id] = Due(self._dags[dag_id], decided)
                left -= max(1, len(decided.decisions))
        return list(found.values())

    async def _events(
        self, due: list[Due], by_assets: DueByAssets, unwritten: Mapping[str, Scheduled], now: float
    ) -> list[Event]:
        taken = await self._engine.store.runs_on([date for one in due for date in one.dates])
        runs: list[Event] = [*by_assets.runs]
        intervals = [*by_assets.intervals]
        for one in due:
            for run, row in carried_out(one, taken, self._engine.next_run_number, now):
                runs += () if run is None else (run,)
                intervals.append(row)
        marks = self._marks(due, by_assets, unwritten)
        return [*runs, IntervalsDecided(tuple(intervals), marks, tuple(by_assets.uses))]

    def _marks(
        self, due: list[Due], by_assets: DueByAssets, unwritten: Mapping[str, Scheduled]
    ) -> tuple[ScheduleRow, ...]:
        """One row for each DAG that anything is said of."""
        for dag_id, seq in by_assets.seen.items():
            self._dags[dag_id].seen_update = seq
        after = {one.dag_id: one.row_after() for one in due}
        gone = {
            dag_id: one.row._replace(next_due_at=None)  # for whoever looks at the state: nothing comes of it
            for dag_id, one in unwritten.items()
            if dag_id not in self._dags
        }
        there = {dag_id: self._dags[dag_id].row for dag_id in {*by_assets.seen, *unwritten}.intersection(self._dags)}
        return tuple({**gone, **there, **after}.values())
