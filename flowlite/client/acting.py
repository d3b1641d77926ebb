"""The acting half of a client where no daemon is up: an engine of our own on the state, for as long as it takes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, NamedTuple

from flowlite.authoring.dag import Dag
from flowlite.client.backfilling import LOOK_EVERY_S, Backfilling, heard
from flowlite.client.errors import Nothing, RunUnknown
from flowlite.client.places import Place
from flowlite.client.user import user
from flowlite.core.graph import Graph
from flowlite.core.lanes import backfill_lane
from flowlite.core.messages import PoolResized, RunRow
from flowlite.core.reach import clear_preview
from flowlite.engine.embedding import Flowlite
from flowlite.engine.requests import Request
from flowlite.store.views import InstanceView, RunDetail

MOST_RUNS = 1_000  # unfinished ones that are looked at
Look = Callable[[list[RunDetail]], None]


class Touched(NamedTuple):
    """A task instance that a clear, a retry or a mark would change."""

    task_id: str
    map_index: int
    state: str


class Acting(Backfilling):
    """`async with` it: takes the lock and what is unfinished; at the end, what still runs is stopped.

    `is_still`: nothing is started meanwhile, for verbs that only change what is to be done.
    """

    def __init__(self, place: Place, dags: Mapping[str, Dag], *, is_still: bool = False) -> None:
        self._place, self._dags = place, dags
        self._flowlite = Flowlite(
            place.state, pools=place.pools, durability=place.durability, secrets=place.secrets, env=place.env,
            dags=dags.values(), is_still=is_still,
        )  # fmt: skip

    async def __aenter__(self) -> Acting:
        await self._flowlite.__aenter__()
        self.engine, self.store = self._flowlite.engine, self._flowlite.store
        self.taken_up = await self.unfinished()
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

    async def unfinished(self) -> list[int]:
        """Runs that go on by themselves; those in line of a paused backfill wait for a person."""
        found = await self.store.views.list_runs(states=["queued", "running"], limit=MOST_RUNS)
        closed = {backfill_lane(row.id) for row in await self.store.backfills() if row.is_paused}
        return [run.id for run in found if not (run.state == "queued" and run.lane in closed)]

    async def watch_rest(self, look: Look) -> list[RunDetail]:
        """The same for runs that others have started meanwhile: DAGs that follow, triggers."""
        found: list[RunDetail] = []
        while open_ := await self.unfinished():
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
        await self.engine.know_version((await self._rows(run))[0])
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
        await self.engine.know_version((await self._rows(run))[0])
        await self.engine.mark(run, (name,), state, index, by=user(), why=why)

    async def _rows(self, run: int) -> tuple[RunRow, list[Any], list[Any]]:
        found = await self.store.load_run(run)
        if found is None:
            raise RunUnknown(run)
        return found


def nothing_to_do(row: RunRow, names: Sequence[str], *, only_failed: bool) -> str:
    """Why a clear or a retry would do nothing, and the way out."""
    what = " and ".join(names) or "it"
    if only_failed:
        return f"run {row.id} is {row.state} and nothing of {what} failed; run it again: `flowlite runs clear {row.id}`"
    return f"nothing of {what} has run in run {row.id} yet ({row.state}); there is nothing to clear"
