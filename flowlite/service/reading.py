"""The reading half of a client: answers from the state file, beside whoever writes it, without an engine."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from flowlite.core.graph import Graph
from flowlite.core.states import FINISHED
from flowlite.engine.lock import pid_of
from flowlite.engine.why import instance_name
from flowlite.service.errors import AttemptUnknown, ElementUnknown, RunUnknown, TaskUnknown
from flowlite.service.explaining import why
from flowlite.service.holding import Present
from flowlite.service.lines import Lines
from flowlite.service.logs import Growing, log_path
from flowlite.service.presence import DAEMON_ROLE, holder_of
from flowlite.service.records import ComingFire, Health, LogFile, PoolQueue, PoolUse, Stats, Why
from flowlite.store import recovery
from flowlite.store.ask import Question
from flowlite.store.readers import Readers
from flowlite.store.shown import Views
from flowlite.store.views import (
    AssetView,
    AttemptView,
    BackfillDetail,
    BackfillView,
    DeadlineView,
    InstanceView,
    NodeView,
    RunDetail,
    RunView,
    SlaView,
)

if TYPE_CHECKING:
    from flowlite.store.store import Store

T = TypeVar("T")
FILE = "flowlite.db"
FOLLOW_EVERY_S = 0.2
MOST_ELEMENTS = 100_000
MOST_NAMED = 3
MOST_GRAPHS = 256


class Reading:
    """Verbs that look and change nothing. Where nothing ever ran, everything is empty."""

    def __init__(
        self, state: Path, pools: Mapping[str, int] | None = None, *, now: Callable[[], float] = time.time
    ) -> None:
        self.state, self._pools, self._now = state, dict(pools or {}), now
        self._readers: Readers | None = None
        self._empty: Store | None = None
        if (state / FILE).exists():
            self._readers = Readers(state / FILE)
            self._ask = self._readers.answer
        else:
            from flowlite.store.store import Store

            self._empty = Store.open(None)
            self._ask = self._of_nothing
        self.views = Views(self._ask)
        self.lines = Lines(self.views, self.graph_of, self._pools, now)
        self._graphs: dict[int, Graph] = {}

    def close(self) -> None:
        """May be called twice."""
        if self._readers is not None:
            self._readers.close()
        if self._empty is not None:
            self._empty.close()

    async def _of_nothing(self, question: Question[T]) -> T:
        assert self._empty is not None
        return self._empty.read_now(question)

    # --- runs ---------------------------------------------------------------------------------------------------------
    async def runs(
        self, dag_id: str | None = None, *, states: Sequence[str] = (), limit: int = 50, before: int | None = None
    ) -> list[RunView]:
        """Newest first."""
        return await self.views.list_runs(dag_id, states, limit, before)

    async def run(self, run: int) -> RunDetail:
        """One run with its tasks. Raises RunUnknown."""
        found = await self.views.run_view(run)
        if found is None:
            raise RunUnknown(run)
        return found

    async def instances(self, run: int, task_id: str | None = None, *, limit: int = 1_000) -> list[InstanceView]:
        """The task instances of a run or of one of its tasks. Raises RunUnknown, TaskUnknown."""
        await self._check_task(await self.run(run), task_id)
        return await self.views.instances_of(run, task_id, limit=limit)

    async def attempts(self, run: int, task_id: str | None = None, index: int | None = None) -> list[AttemptView]:
        """Attempts that are over. Raises RunUnknown, TaskUnknown."""
        await self._check_task(await self.run(run), task_id)
        return await self.views.attempts_of(run, task_id, index)

    async def nodes(self, run: int, task_id: str, index: int | None = None) -> list[NodeView]:
        """What a task told below itself."""
        return await self.views.node_rows(run, task_id, index=index)

    async def graph(self, detail: RunDetail) -> Graph:
        """The graph that a run was made from."""
        return await self.graph_of(detail.run.version)

    async def graph_of(self, version: int) -> Graph:
        """The graph of a version of a DAG. It never changes: the last few that were asked for are kept."""
        if version not in self._graphs:
            if len(self._graphs) >= MOST_GRAPHS:
                self._graphs.clear()
            self._graphs[version] = Graph.from_json(await self._ask(recovery.graph_json(version)))
        return self._graphs[version]

    async def check_name(self, run: int, name: str) -> None:
        """Raises RunUnknown, or TaskUnknown if no task or group of the run has that name."""
        detail = await self.run(run)
        graph = await self.graph(detail)
        if not graph.select(name):
            raise TaskUnknown(name, run, [task.id for task in detail.tasks])

    async def _check_task(self, detail: RunDetail, task_id: str | None) -> None:
        known = [task.id for task in detail.tasks]
        if task_id is not None and task_id not in known:
            raise TaskUnknown(task_id, detail.run.id, known)

    # --- what happened ------------------------------------------------------------------------------------------------
    async def why(self, run: int, task_id: str | None = None) -> Why:
        """Why it failed, or what it waits for. Raises RunUnknown, TaskUnknown."""
        detail = await self.run(run)
        await self._check_task(detail, task_id)
        graph = await self.graph(detail)
        version = await self.views.current_version(detail.run.dag_id)
        return await why(
            self.views, self.lines, self.state, graph, graph if version is None else await self.graph_of(version),
            detail, now=self._now(), task_id=task_id, present=self.presence(detail.run.dag_id),
        )  # fmt: skip

    def presence(self, dag_id: str) -> Present:
        """Who works on this state, and whether anything keeps work of this DAG from starting."""
        return Present(is_engine_up=self.holder() is not None)

    async def stats(self, dag_id: str, *, last: int = 100) -> Stats:
        """Lengths and success rates of the last runs, and of the tasks in them."""
        rows = {row.dag_id: row for row in await self.views.dag_rows(last=1)}
        tasks = await self.views.task_histories(dag_id, last=last)
        counts = rows[dag_id].counts if dag_id in rows else {}
        return Stats(dag=await self.views.dag_history(dag_id, last=last), tasks=tuple(tasks.values()), counts=counts)

    # --- logs ---------------------------------------------------------------------------------------------------------
    async def logs(
        self, run: int, task_id: str | None = None, index: int | None = None, *, attempt: int | None = None
    ) -> list[LogFile]:
        """The logs that were written, of the latest attempts if none is named, in the order of tasks and map indices.

        Raises RunUnknown, TaskUnknown, ElementUnknown, AttemptUnknown.
        """
        detail = await self.run(run)
        await self._check_task(detail, task_id)
        found = []
        for instance in await self._wanted(run, task_id, index):
            number = self._attempt(instance, attempt) if task_id is not None else instance.attempt
            path = self.state / log_path(detail.run.dag_id, run, instance.task_id, instance.map_index, number)
            if path.exists():
                found.append(
                    LogFile(
                        run_id=run, task_id=instance.task_id, map_index=instance.map_index, attempt=number, path=path
                    )
                )
        return found

    async def log_file(self, run: int, task_id: str, index: int | None = None, attempt: int | None = None) -> Path:
        """Where the log of an attempt lies or will lie; without a number, the latest. Raises as `logs` does."""
        detail = await self.run(run)
        await self._check_task(detail, task_id)
        found = await self._element(detail, task_id, index) or await self._wanted(run, task_id, index)
        if not found:  # a run that waits in line has no task instances yet, a map of nothing never will
            return self.state / log_path(detail.run.dag_id, run, task_id, -1, attempt or 1)
        number = self._attempt(found[0], attempt) if attempt is not None else max(found[0].attempt, 1)
        return self.state / log_path(detail.run.dag_id, run, task_id, found[0].map_index, number)

    async def _element(self, detail: RunDetail, task_id: str, index: int | None) -> list[InstanceView]:
        """One element of a map, without reading the ten thousand others; none if it is not there."""
        task = next(task for task in detail.tasks if task.id == task_id)
        if index is None or task.width is None or not 0 <= index < task.width:
            return []
        found = await self.views.instances_of(detail.run.id, task_id, limit=1, after=(task.number, index - 1))
        return [one for one in found if one.map_index == index]

    async def follow_log(
        self, run: int, task_id: str, index: int | None, attempt: int | None, show: Callable[[str], None]
    ) -> None:
        """Hand over each line as it comes, until the attempt has ended."""
        detail = await self.run(run)
        await self._check_task(detail, task_id)
        instance = (await self._wanted(run, task_id, index))[0]
        number = self._attempt(instance, attempt) if attempt is not None else max(instance.attempt, 1)
        growing = Growing(self.state / log_path(detail.run.dag_id, run, task_id, instance.map_index, number))
        is_over = False
        while not is_over:
            # Asked before reading: what was written before the end is then read after it.
            is_over = await self._is_over(run, task_id, instance.map_index, number)
            for line in growing.read():
                show(line)
            if not is_over:
                await asyncio.sleep(FOLLOW_EVERY_S)
        for line in growing.rest():
            show(line)

    async def _is_over(self, run: int, task_id: str, index: int, attempt: int) -> bool:
        found = [
            one for one in await self.views.instances_of(run, task_id, limit=MOST_ELEMENTS) if one.map_index == index
        ]
        return not found or found[0].attempt > attempt or found[0].state in FINISHED or self.holder() is None

    async def _wanted(self, run: int, task_id: str | None, index: int | None) -> list[InstanceView]:
        found = await self.views.instances_of(run, task_id, limit=MOST_ELEMENTS)
        maps = {one.task_id: one.width for one in found if one.map_index < 0 and one.width is not None}
        found = [one for one in found if _counts(one, maps.get(one.task_id))]
        if index is not None and not any(one.map_index == index for one in found):
            raise ElementUnknown(str(task_id), index, sum(one.map_index >= 0 for one in found))
        return [one for one in found if index is None or one.map_index == index]

    @staticmethod
    def _attempt(instance: InstanceView, attempt: int | None) -> int:
        if attempt is not None and not 1 <= attempt <= instance.attempt:
            raise AttemptUnknown(instance_name(instance.task_id, instance.map_index), attempt, instance.attempt)
        return instance.attempt if attempt is None else attempt

    # --- pools and assets ---------------------------------------------------------------------------------------------
    async def pools(self) -> list[PoolUse]:
        """Every pool with who holds its slots, by name."""
        return await self.lines.pools()

    async def queue(self, name: str, *, limit: int = 100) -> PoolQueue:
        """A pool, who holds its slots, and the head of the line in front of it. Raises Unknown."""
        return await self.lines.queue(name, limit)

    async def deadlines(
        self, dag_id: str | None = None, *, since: float | None = None, only_missed: bool = False, limit: int = 50
    ) -> list[DeadlineView]:
        """Deadlines that are over, the latest due first."""
        return await self.views.deadline_rows(dag_id, since=since, only_missed=only_missed, limit=limit)

    async def sla(self, since: float, until: float) -> list[SlaView]:
        """How often each deadline was kept, of those that were due between two instants."""
        return await self.views.sla_rows(since, until, now=self._now())

    async def assets(self) -> list[AssetView]:
        """The latest update of each asset, by name."""
        return await self.views.asset_rows()

    # --- backfills ----------------------------------------------------------------------------------------------------
    async def backfills(
        self, dag_id: str | None = None, *, limit: int = 50, before: int | None = None
    ) -> list[BackfillView]:
        """Newest first."""
        return await self.views.backfills(dag_id, limit=limit, before=before)

    async def backfill(self, backfill: int) -> BackfillDetail:
        """One with its days in date order. Raises NoSuchBackfill."""
        found = await self.views.backfill(backfill)
        if found is None:
            from flowlite.engine.backfills import NoSuchBackfill

            raise NoSuchBackfill(backfill)
        return found

    async def health(self) -> Health:
        """Is somebody at work here, on what, and is anything wrong?"""
        dags = await self.views.dag_rows(last=1)
        last = [dag.last_run for dag in dags if dag.last_run is not None and dag.last_run.state == "failed"]
        fires = sorted((dag.next_due_at, dag.dag_id) for dag in dags if dag.next_due_at)
        pid = pid_of(self.state, DAEMON_ROLE)
        return Health(
            at=self._now(), state=self.state, is_up=pid is not None, pid=pid, holder=self.holder(),
            since=None if pid is None else (self.state / "lock").stat().st_mtime,
            running=sum(dag.counts.get("running", 0) for dag in dags),
            queued=sum(dag.counts.get("queued", 0) for dag in dags),
            waiting_for_people=len(await self.views.approvals_waiting()),
            failed=tuple(sorted(last, key=lambda run: run.ended_at or 0.0, reverse=True)[:MOST_NAMED]),
            problems=tuple(await self.views.problems()),
            next=tuple(ComingFire(dag_id=dag_id, fires_at=at) for at, dag_id in fires[:MOST_NAMED]),
        )  # fmt: skip

    # --- the engine ---------------------------------------------------------------------------------------------------
    def holder(self) -> str | None:
        """Who works on this state right now; None if nobody does."""
        return holder_of(self.state)


def _counts(instance: InstanceView, width: int | None) -> bool:
    """Not the row that stands for the elements of a map, nor what is left of a map that was wider once."""
    return instance.map_index < 0 if width is None else 0 <= instance.map_index < width
