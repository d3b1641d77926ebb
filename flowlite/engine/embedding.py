"""flowlite inside a script: `flowlite.run` blocks, `flowlite.open` is for async code. No daemon, no configuration."""

from __future__ import annotations

import asyncio
import threading
import warnings
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from flowlite.authoring.dag import Dag
from flowlite.core.pools import DEFAULT_SLOTS
from flowlite.engine.announce import Event
from flowlite.engine.backfill import Backfill
from flowlite.engine.backfills import Backfills
from flowlite.engine.clock import Clock
from flowlite.engine.engine import Engine
from flowlite.engine.place import MEMORY, Place, place_of
from flowlite.engine.requests import Request, When
from flowlite.engine.settings import EngineSettings
from flowlite.engine.views import BackfillResult, RunResult, read_run, read_runs
from flowlite.store.store import Store

T = TypeVar("T")


class Flowlite:
    """An engine inside this program, between `async with flowlite.open(...) as fl:` and its end."""

    engine: Engine
    store: Store

    def __init__(
        self,
        state: str | Path = MEMORY,
        *,
        pools: Mapping[str, int] | None = None,
        durability: str = "full",
        clock: Clock | None = None,
        secrets: Iterable[str] = (),
        env: Mapping[str, str] | None = None,
        log_cap_bytes: int = 64 << 20,
        dags: Iterable[Dag] = (),
        is_still: bool = False,
    ) -> None:
        """`dags` are known before what an earlier engine left unfinished is taken up. `is_still`: no attempt is
        started, for those who only want to change what is to be done."""
        self._dags, self._is_still = tuple(dags), is_still
        self._state, self._durability, self._clock = state, durability, clock
        self._told: dict[str, Any] = {
            "pools": {"default": DEFAULT_SLOTS, **(pools or {})},
            "secrets": tuple(secrets),
            "env": dict(env or {}),
            "log_cap_bytes": log_cap_bytes,
        }

    async def __aenter__(self) -> Flowlite:
        self.place: Place = place_of(self._state)
        try:
            self.place.take()
            self.store = Store.open(self.place.file, durability=self._durability)
            settings = EngineSettings(state_dir=self.place.folder, **self._told)
            self.engine = Engine(self.store, settings, self._clock)
            self.engine.machine.is_draining = self._is_still
            await self.engine.start(self._dags)
        except BaseException:
            self._let_go()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self.engine.stop(leave_processes=not self.place.is_memory)
        finally:
            self._let_go()

    def _let_go(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
        self.place.give_back()

    # --- runs ---------------------------------------------------------------------------------------------------------
    async def register(self, *dags: Dag) -> None:
        """Make DAGs known beforehand: those that others trigger, and those with work from before a restart."""
        for dag in dags:
            await self.engine.register(dag)

    async def start(
        self, dag: Dag, *, logical_date: When | None = None, params: Any = None, priority: int | None = None
    ) -> str:
        """Trigger a run and return its id. Raises DateTaken if the date has a run, BadDate, BadParams."""
        for one in with_followers(dag):
            self._warn_of_pools(one)
            await self.engine.register(one)
        request = Request(dag=dag, logical_date=logical_date, params=params, priority=priority, asked_by="script")
        return str((await self.engine.request(request)).id)

    def _warn_of_pools(self, dag: Dag) -> None:
        unknown = {spec.task.pool for spec in dag.specs.values()} - self.engine.machine.pools.keys()
        for name in sorted(unknown):
            what = f"pool {name!r} of DAG {dag.id!r} is not declared and gets {DEFAULT_SLOTS} slots"
            warnings.warn(f"{what}; give pools={{{name!r}: 4}}", UserWarning, stacklevel=4)

    async def run(
        self, dag: Dag, *, logical_date: When | None = None, params: Any = None, priority: int | None = None
    ) -> RunResult:
        """Run a DAG once and wait for its end; a run that failed is returned, not raised. Raises as `start` does."""
        return await self.finished(await self.start(dag, logical_date=logical_date, params=params, priority=priority))

    async def finished(self, run: str | int) -> RunResult:
        """Wait for the end of a run. Raises NoSuchRun."""
        await self.engine.end_of(int(run))
        return await self.result(run)

    async def result(self, run: str | int) -> RunResult:
        """A run as it is now. Raises NoSuchRun."""
        return await read_run(self.store, int(run), self.place)

    async def cancel(self, run: str | int, task_id: str | None = None) -> None:
        """Ask for the end of a run, or of one task or group of it."""
        await self.engine.cancel(int(run), task_id, by="script")

    async def clear(self, run: str | int, *task_ids: str) -> None:
        """Make finished tasks (none named: all) run again, with what lies downstream."""
        await self.engine.clear(int(run), task_ids, by="script")

    # --- backfills ----------------------------------------------------------------------------------------------------
    async def backfill(
        self,
        dag: Dag,
        start: When,
        end: When,
        *,
        concurrency: int = 10,
        reprocess: str = "none",
        newest_first: bool = False,
        inclusive: bool = False,
        params: Any = None,
    ) -> BackfillResult:
        """Run a past range, `end` exclusive, `concurrency` runs at a time; `.runs` are in date order.

        `reprocess`: "none" leaves dates alone that have a run, "failed" runs those again that failed, "all" every one.
        Raises BadBackfill, BadDate, BadParams.
        """
        asked = Backfill(
            dag=dag, start=start, end=end, concurrency=concurrency, reprocess=reprocess, is_newest_first=newest_first,
            is_inclusive=inclusive, params=params,
        )  # fmt: skip
        for one in with_followers(dag):
            await self.engine.register(one)
        started = await self.backfills.start(asked, by="script")
        for run in started.runs:
            await self.engine.end_of(run)
        skipped = [(day.logical_date, day.reason) for day in started.days if not day.runs]
        return BackfillResult(await read_runs(self.store, started.runs, self.place), skipped, started.number)

    @property
    def backfills(self) -> Backfills:
        """To start one without waiting for it, and to pause, resume, cancel and retry."""
        return Backfills(self.engine)

    async def events(self) -> AsyncIterator[Event]:
        """What is committed from now on, until the end of this block."""
        subscription = self.engine.announcer.subscribe()
        try:
            async for event in subscription:
                yield event
        finally:
            subscription.close()


open = Flowlite  # noqa: A001  the public name: flowlite.open


def run(
    dag: Dag,
    *,
    logical_date: When | None = None,
    params: Any = None,
    state: str | Path = MEMORY,
    pools: Mapping[str, int] | None = None,
) -> RunResult:
    """Run a DAG once, and the DAGs that follow from it, and return its result. For scripts and notebooks.

    Under a running event loop the work is done in a thread of its own; this call blocks until it is done.
    """

    async def whole() -> RunResult:
        async with Flowlite(state, pools=pools) as fl:
            result = await fl.run(dag, logical_date=logical_date, params=params)
            await fl.engine.settled()
            return result

    return blocking(whole)


def with_followers(dag: Dag) -> Iterable[Dag]:
    """A DAG and all that its success may start, as far as this program built them."""
    found = {dag.id: dag}
    for one in (waiting := [dag]):
        fresh = {id_: after for id_, after in one.following.items() if id_ not in found}
        found.update(fresh)
        waiting.extend(fresh.values())
    return found.values()


def blocking(whole: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine to its end from plain code, also where a loop is running already."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(whole())
    return _in_a_thread(whole)


def _in_a_thread(whole: Callable[[], Coroutine[Any, Any, T]]) -> T:
    answers: list[T] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            answers.append(asyncio.run(whole()))
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=work, name="flowlite.run")
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return answers[0]
