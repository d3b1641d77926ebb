"""DAGs under test: an engine in memory with a clock that the test moves. Nothing sleeps, and a crash is one line.

    async def test_a_lost_attempt_is_tried_again(flowlite_engine, flowlite_clock):
        flowlite_engine.add(sales)
        run = await flowlite_engine.trigger("sales")
        await flowlite_engine.crash_and_restart()
        await flowlite_clock.advance(minutes=5)
        assert len((await flowlite_engine.task(run, "load")).attempts) == 2

pytest finds both fixtures by itself (flowlite.pytest_plugin).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any

from flowlite.authoring.dag import Dag
from flowlite.core.errors import FlowliteError
from flowlite.core.pools import DEFAULT_SLOTS
from flowlite.engine.approvals import answer_approval
from flowlite.engine.engine import Engine
from flowlite.engine.place import MEMORY, place_of
from flowlite.engine.requests import Request, When
from flowlite.engine.settings import EngineSettings
from flowlite.engine.views import RunResult, TaskInstance, read_run
from flowlite.store.store import Store

FIRST_INSTANT = datetime(2024, 1, 1, tzinfo=UTC)
__all__ = ["TestClock", "TestEngine", "engine"]


class TestAlarm:
    """One alarm of a TestClock: it rings when the test moves the clock to it."""

    __test__ = False

    def __init__(self) -> None:
        self.at: float | None = None
        self.ring: Callable[[], None] = lambda: None

    def start(self) -> None:
        """It is on."""

    def wake_at(self, at: float | None, ring: Callable[[], None]) -> None:
        """Replaces what was set before."""
        self.at, self.ring = at, ring

    def stop(self) -> None:
        """It is off."""
        self.at, self.ring = None, lambda: None


class TestClock:
    """A clock that stands still until the test moves it."""

    __test__ = False  # not a test case, whatever its name says to pytest

    def __init__(self, start: datetime = FIRST_INSTANT) -> None:
        self._now = start.timestamp()
        self._alarms = [TestAlarm()]
        self.settled: Callable[[], Any] | None = None

    def now(self) -> float:
        """Seconds since the epoch, UTC."""
        return self._now

    @property
    def time(self) -> datetime:
        """The same, aware."""
        return datetime.fromtimestamp(self._now, UTC)

    def wake_at(self, at: float | None, ring: Callable[[], None]) -> None:
        """The engine's one alarm."""
        self._alarms[0].wake_at(at, ring)

    def another_alarm(self) -> TestAlarm:
        """For a scheduler beside the engine."""
        self._alarms.append(TestAlarm())
        return self._alarms[-1]

    @property
    def next_alarm(self) -> float | None:
        """When the next of them rings."""
        return min((alarm.at for alarm in self._alarms if alarm.at is not None), default=None)

    def set_to(self, instant: datetime) -> None:
        """As a person or a time server sets a clock, forward or back; nothing happens until it is next looked at."""
        self._now = instant.timestamp()

    async def advance(self, **by: float) -> None:
        """Move on by timedelta(**by), stopping at each alarm on the way until everything that follows has happened."""
        await self._move_to(self._now + timedelta(**by).total_seconds())

    async def to_next_alarm(self) -> None:
        """Move on to the instant for which the next alarm is set, exactly: a timedelta would round it."""
        if self.next_alarm is not None:
            await self._move_to(max(self.next_alarm, self._now))

    async def _move_to(self, until: float) -> None:
        await self._settle()
        while (at := self.next_alarm) is not None and at <= until:
            self._now = max(self._now, at)
            self._ring(at)
            await self._settle()
        self._now = until
        self._ring(until)
        await self._settle()

    def _ring(self, until: float) -> None:
        """Whatever is set up to then, and those that are not set: time has gone by for them too."""
        for alarm in self._alarms:
            if alarm.at is None or alarm.at <= until:
                alarm.at = None
                alarm.ring()

    async def _settle(self) -> None:
        if self.settled is not None:
            await self.settled()


class TestEngine:
    """An engine in memory, started by its first use in the loop of the test; an `async with`, or a fixture."""

    __test__ = False

    def __init__(self, *dags: Dag, pools: Mapping[str, int] | None = None, start: datetime = FIRST_INSTANT) -> None:
        self.clock = TestClock(start)
        self._dags: dict[str, Dag] = {dag.id: dag for dag in dags}
        self._place = place_of(MEMORY)
        self._store = Store.open(None)
        self._settings = EngineSettings(
            state_dir=self._place.folder, pools={"default": DEFAULT_SLOTS, **(pools or {})}, grace_s=1.0
        )
        self._engine: Engine | None = None

    def add(self, *dags: Dag) -> None:
        """Make DAGs known by their ids."""
        self._dags.update({dag.id: dag for dag in dags})

    async def __aenter__(self) -> TestEngine:
        await self._started()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._engine is not None:
            await self._engine.stop(leave_processes=False)
        self.close()

    # --- what a test does ---------------------------------------------------------------------------------------------
    async def trigger(self, dag: Dag | str, *, logical_date: When | None = None, params: Any = None) -> str:
        """Start a run and let everything happen that needs no time; answers with the run's id."""
        run = await self.trigger_unsettled(dag, logical_date=logical_date, params=params)
        await self.inner.settled()
        return run

    async def trigger_unsettled(self, dag: Dag | str, *, logical_date: When | None = None, params: Any = None) -> str:
        """The same without waiting for anything: for tasks that do not end by themselves."""
        inner = await self._started()
        row = await inner.request(
            Request(dag=self._dag(dag), logical_date=logical_date, params=params, asked_by="test")
        )
        return str(row.id)

    async def answer(self, run: str, task_id: str, *, is_approved: bool, by: str, map_index: int | None = None) -> None:
        """Answer an approval as a person would."""
        inner = await self._started()
        index = -1 if map_index is None else map_index
        await answer_approval(inner, int(run), task_id, index, is_approved=is_approved, by=by)
        await inner.settled()

    async def run(self, dag: Dag | str, *, logical_date: When | None = None, params: Any = None) -> RunResult:
        """Start a run and move the clock until it has finished."""
        run = await self.trigger(dag, logical_date=logical_date, params=params)
        while (found := await self.result(run)).state not in ("success", "failed", "cancelled"):
            if self.clock.next_alarm is None:
                raise FlowliteError(f"run {run} waits for something that time does not bring: {found.tasks}")
            await self.clock.to_next_alarm()
        return found

    async def result(self, run: str) -> RunResult:
        """A run as it is now."""
        await self._started()
        return await read_run(self._store, int(run), self._place)

    async def task(self, run: str, task_id: str, map_index: int | None = None) -> TaskInstance:
        """One task instance of a run."""
        return (await self.result(run)).tasks[task_id][map_index or 0]

    async def crash_and_restart(self) -> None:
        """kill -9, then a start: what was committed is there, attempts inside the process are lost."""
        inner = await self._started()
        await inner.abandon()
        self._engine = None
        await self._started()

    @property
    def inner(self) -> Engine:
        """The engine itself, once it has started."""
        assert self._engine is not None, "the engine starts with its first use"
        return self._engine

    # --- life ---------------------------------------------------------------------------------------------------------
    async def _started(self) -> Engine:
        if self._engine is None:
            self._engine = Engine(self._store, self._settings, self.clock)
            self.clock.settled = self._engine.settled
            await self._engine.start(self._dags.values())
            await self._engine.settled()
        for dag in self._dags.values():
            await self._engine.register(dag)
        return self._engine

    def _dag(self, dag: Dag | str) -> Dag:
        if isinstance(dag, Dag):
            self.add(dag)
            return dag
        if dag not in self._dags:
            raise FlowliteError(f"there is no DAG {dag!r} here; give it with engine.add({dag})")
        return self._dags[dag]

    def close(self) -> None:
        """For fixtures, which end without a loop."""
        if self._engine is not None:
            self._engine.shutdown()
        self._store.close()


def engine(*dags: Dag, pools: Mapping[str, int] | None = None, start: datetime = FIRST_INSTANT) -> TestEngine:
    """`async with flowlite.testing.engine(my_dag) as engine: ...`"""
    return TestEngine(*dags, pools=pools, start=start)
