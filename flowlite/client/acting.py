"""The acting half of a client where no daemon is up: an engine of our own on the state, for as long as it takes."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, NamedTuple

from flowlite.authoring.dag import Dag
from flowlite.client.errors import DagChanged, Nothing, RunUnknown
from flowlite.client.places import Place
from flowlite.core.graph import Graph
from flowlite.core.messages import PoolResized, RunRow
from flowlite.core.reach import clear_preview
from flowlite.core.states import FINISHED_RUN
from flowlite.engine.backfill import Backfill, Day, plan_days
from flowlite.engine.embedding import Flowlite
from flowlite.engine.requests import Request
from flowlite.store.views import InstanceView, RunDetail

LOOK_EVERY_S = 0.1
Look = Callable[[list[RunDetail]], None]


class Touched(NamedTuple):
    """A task instance that a clear, a retry or a mark would change."""

    task_id: str
    map_index: int
    state: str


class BackfillPlan(NamedTuple):
    """What a backfill would do."""

    asked: Backfill
    days: list[Day]


class Acting:
    """`async with` it: takes the lock and what is unfinished; at the end, what still runs is stopped."""

    def __init__(self, place: Place, dags: Mapping[str, Dag]) -> None:
        self._place, self._dags = place, dags
        self._flowlite = Flowlite(
            place.state, pools=place.pools, durability=place.durability, secrets=place.secrets, env=place.env,
            dags=dags.values(),
        )  # fmt: skip

    async def __aenter__(self) -> Acting:
        await self._flowlite.__aenter__()
        self.engine, self.store = self._flowlite.engine, self._flowlite.store
        self.taken_up = [run.id for run in await self.store.views.list_runs(states=["queued", "running"], limit=1_000)]
        await self._tell_pools()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._flowlite.__aexit__(kind, error, trace)

    async def _tell_pools(self) -> None:
        """What code and configuration say goes into the store; what a person set there holds here."""
        for name, size in self._place.pools.items():
            await self.store.set_pool(name, size, is_by_hand=False)
        for pool in (await self.store.pools()).values():
            if pool.is_by_hand:
                self.engine.send(PoolResized(pool.name, pool.size))

    # --- runs ---------------------------------------------------------------------------------------------------------
    async def request(self, dag: Dag, date: str | None, params: Mapping[str, Any]) -> int:
        """Ask for a run; its number. Raises BadDate, BadParams, DateTaken."""
        request = Request(dag=dag, logical_date=date, params=dict(params), asked_by=user())
        return (await self.engine.request(request)).id

    async def plan_backfill(
        self, dag: Dag, start: str, end: str, *, concurrency: int, reprocess: str, is_newest_first: bool,
        is_inclusive: bool, params: Mapping[str, Any],
    ) -> BackfillPlan:  # fmt: skip
        """Every interval of the range, with what will be done about it. Raises BadBackfill, BadDate, BadParams."""
        dag.validate_params(dict(params))
        asked = Backfill(
            dag=dag, start=start, end=end, concurrency=concurrency, reprocess=reprocess,
            is_newest_first=is_newest_first, is_inclusive=is_inclusive, params=dict(params),
        )  # fmt: skip
        return BackfillPlan(asked, await plan_days(asked, self.store))

    async def start_backfill(self, plan: BackfillPlan) -> list[int]:
        """Ask for the runs of the plan; their numbers in the order of its days."""
        for day in plan.days:
            if day.known is not None and day.runs:
                await self._know_version(day.known)
        return await self._flowlite.start_days(plan.asked, [day for day in plan.days if day.runs])

    async def cancel(self, run: int, why: str = "") -> None:
        """Ask for the end of a run."""
        await self.engine.cancel(run, by=user(), why=why)

    async def watch(self, runs: Sequence[int], look: Look) -> list[RunDetail]:
        """Wait until these runs have ended; `look` is called with what they look like, now and then and at the end."""
        ends = asyncio.gather(*(self.engine.end_of(run) for run in runs))
        ends.add_done_callback(heard)
        try:
            while not ends.done():
                look(await self._details(runs))
                await asyncio.wait([ends], timeout=LOOK_EVERY_S)
            await ends
        finally:
            ends.cancel()
        details = await self._details(runs)
        look(details)
        return details

    async def watch_ends(self, runs: Sequence[int], look: Callable[[list[RunRow]], None]) -> list[RunRow]:
        """For many runs: `look` is called with the rows of those that have ended. Asks the store nothing."""
        ends = [asyncio.ensure_future(self.engine.end_of(run)) for run in runs]
        try:
            while not all(end.done() for end in ends):
                look([end.result() for end in ends if end.done()])
                await asyncio.wait([end for end in ends if not end.done()], timeout=LOOK_EVERY_S)
            rows = [await end for end in ends]
        finally:
            for end in ends:
                end.cancel()
        look(rows)
        return rows

    async def watch_rest(self, look: Look) -> list[RunDetail]:
        """The same for runs that others have started meanwhile: DAGs that follow, triggers."""
        found: list[RunDetail] = []
        while open_ := [run.id for run in await self.store.views.list_runs(states=["queued", "running"], limit=1_000)]:
            found += await self.watch(open_, look)
        return found

    async def detail(self, run: int) -> RunDetail:
        """A run as it is now. Raises RunUnknown."""
        found = await self.store.views.run_view(run)
        if found is None:
            raise RunUnknown(run)
        return found

    async def _details(self, runs: Sequence[int]) -> list[RunDetail]:
        found = [await self.store.views.run_view(run) for run in runs]
        return [detail for detail in found if detail is not None]

    # --- by hand ------------------------------------------------------------------------------------------------------
    async def preview(
        self, run: int, names: Sequence[str], index: int | None, *, with_downstream: bool, only_failed: bool
    ) -> list[Touched]:
        """What `clear` would make run again. Raises RunUnknown, Nothing."""
        row, instances, _ = await self._rows(run)
        graph = self.engine.machine.graphs.get(row.version)
        if graph is None:
            graph = Graph.from_json(await self.store.graph_json(row.version))
        found = clear_preview(graph, row, instances, names, index, with_downstream, only_failed=only_failed)
        if not found:
            raise Nothing(nothing_to_do(row, names, only_failed=only_failed))
        states = {(one.task, one.index): str(one.state) for one in instances}
        return [
            Touched(graph.tasks[number].id, place, states.get((number, place), "pending")) for number, place in found
        ]

    async def clear(
        self, run: int, names: Sequence[str], index: int | None, *, with_downstream: bool, only_failed: bool, why: str
    ) -> None:
        """Make finished work run again. Raises RunUnknown, DagChanged."""
        await self._know_version((await self._rows(run))[0])
        await self.engine.clear(
            run, names, index, with_downstream=with_downstream, only_failed=only_failed, by=user(), why=why
        )  # fmt: skip

    async def marked(self, run: int, name: str, index: int | None) -> list[InstanceView]:
        """The task instances that a mark would change. Raises RunUnknown."""
        await self._rows(run)
        found = await self.store.views.instances_of(run, name, limit=100_000)
        return [one for one in found if index is None or one.map_index == index]

    async def mark(self, run: int, name: str, index: int | None, state: str, why: str) -> None:
        """Say how task instances ended. Raises RunUnknown, DagChanged."""
        await self._know_version((await self._rows(run))[0])
        await self.engine.mark(run, (name,), state, index, by=user(), why=why)

    async def _rows(self, run: int) -> tuple[RunRow, list[Any], list[Any]]:
        found = await self.store.load_run(run)
        if found is None:
            raise RunUnknown(run)
        return found

    async def _know_version(self, row: RunRow) -> None:
        """A run keeps the graph that it was made from, and the code of today carries it out: somebody who raises a
        timeout and retries must get the new timeout, and not an error. Raises DagChanged if a task is gone."""
        if row.state not in FINISHED_RUN or self.engine.plans.of(row.version) is not None:
            return
        graph = Graph.from_json(await self.store.graph_json(row.version))
        current = self.engine.plans.current(row.dag_id)
        if current is None or not graph.number.keys() <= current.graph.number.keys():
            raise DagChanged(row.dag_id, row.id, is_there=current is not None)
        self.engine.machine.add_graph(row.version, graph, is_current=False)
        self.engine.plans.add(current, {row.version: graph})


def nothing_to_do(row: RunRow, names: Sequence[str], *, only_failed: bool) -> str:
    """Why a clear or a retry would do nothing, and the way out."""
    what = " and ".join(names) or "it"
    if only_failed:
        return f"run {row.id} is {row.state} and nothing of {what} failed; run it again: `flowlite runs clear {row.id}`"
    return f"nothing of {what} has run in run {row.id} yet ({row.state}); there is nothing to clear"


def user() -> str:
    """Who is asking, for the record."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run under a number without a name
        return "unknown"


def heard(ends: asyncio.Future[list[RunRow]]) -> None:
    """Whoever leaves early asks for no answer; it must not be called lost at exit."""
    if not ends.cancelled():
        ends.exception()
