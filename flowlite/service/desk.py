"""The desk: everything that may be asked of an engine, in plain values, by somebody with a name. The command line asks
it in its own process; the daemon puts it behind the API."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from flowlite.core.graph import Graph
from flowlite.core.lanes import backfill_lane
from flowlite.core.reach import clear_preview
from flowlite.core.rows import RunRow
from flowlite.service.backfilling import LOOK_EVERY_S, Backfilling, heard
from flowlite.service.errors import Nothing, RunUnknown
from flowlite.service.keeping import Keep, Keeper, Removed
from flowlite.service.seen import check_seen, token_of
from flowlite.service.steering import Steering
from flowlite.service.users import UserDesk
from flowlite.store.views import InstanceView, RunDetail

if TYPE_CHECKING:
    from flowlite.engine.engine import Engine
    from flowlite.engine.scheduling import Scheduler
    from flowlite.loading.catalog import Catalog

MOST_RUNS = 1_000  # unfinished ones that are looked at
Look = Callable[[list[RunDetail]], None]
Mark = Literal["success", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Touched:
    """A task instance that a clear, a retry or a mark would change."""

    task_id: str
    map_index: int
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What would run again. With `token` as `seen`, a clear does just that or nothing."""

    touched: tuple[Touched, ...]
    token: str


class Desk(Backfilling, Steering, UserDesk):
    """Lives on the engine's loop. The catalog may change while it lives; `by` is written beside whatever is changed.

    `taken_up`: runs that an earlier engine left unfinished, and that go on. `known_as`: the role and the teams of who
    asks, by which approvals may name them, too.
    """

    is_here = True  # and what it works on ends with this process

    def __init__(
        self, engine: Engine, catalog: Catalog, by: str, *, taken_up: Sequence[int] = (),
        scheduler: Scheduler | None = None, known_as: Sequence[str] = (),
    ) -> None:  # fmt: skip
        self.engine, self.store, self._catalog, self._by = engine, engine.store, catalog, by
        self._scheduler, self._known_as = scheduler, tuple(known_as)
        self.taken_up = list(taken_up)

    # --- runs ---------------------------------------------------------------------------------------------------------
    async def request(
        self, dag_id: str, date: str | None = None, params: Mapping[str, Any] | None = None,
        tasks: Sequence[str] = (),
    ) -> int:  # fmt: skip
        """Ask for a run, or for the part of one that makes these tasks; its number.

        Raises DagUnknown, DeclarationError, BadDate, BadParams, DateTaken.
        """
        from flowlite.engine.requests import Request

        dag = self._declared(dag_id)
        wanted = dag.only(*tasks) if tasks else dag
        request = Request(dag=wanted, logical_date=date, params=dict(params or {}), asked_by=self._by)
        try:
            return (await self.engine.request(request)).id
        finally:
            if wanted is not dag:  # what follows from schedules is the whole DAG again
                await self.engine.register(dag)

    async def cancel(self, run: int, why: str = "") -> None:
        """Ask for the end of a run."""
        await self.engine.cancel(run, by=self._by, why=why)

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

    # --- the state as a whole -----------------------------------------------------------------------------------------
    async def prune(
        self, runs_days: float | None, logs_days: float | None, events_days: float | None, keep_runs: int,
        size_bytes: int | None = None, *, look: Callable[[Removed], None],
    ) -> Removed:  # fmt: skip
        """Remove what is older, as the daemon does by itself each hour; None: nothing for its age. `look` is called
        with what has left so far."""
        keep = Keep(
            runs_days=runs_days, logs_days=logs_days, events_days=events_days, keep_runs=keep_runs,
            size_bytes=size_bytes,
        )  # fmt: skip
        return await Keeper(self.store, self.engine.settings.state_dir, self.engine.clock.now, look).once(keep)

    # --- by hand ------------------------------------------------------------------------------------------------------
    async def preview(
        self, run: int, names: Sequence[str], index: int | None, *, with_downstream: bool, only_failed: bool
    ) -> Preview:
        """What `clear` would make run again. Raises RunUnknown, Nothing."""
        row, instances, _ = await self._rows(run)
        graph = self.engine.machine.graphs.get(row.version)
        if graph is None:
            graph = Graph.from_json(await self.store.graph_json(row.version))
        found = clear_preview(graph, row, instances, names, index, with_downstream, only_failed=only_failed)
        if not found:
            raise Nothing(nothing_to_do(row, names, only_failed=only_failed))
        states = {(one.task, one.index): str(one.state) for one in instances}
        touched = tuple(
            Touched(graph.tasks[number].id, place, states.get((number, place), "pending")) for number, place in found
        )
        return Preview(touched=touched, token=token_of(touched))

    async def clear(
        self, run: int, names: Sequence[str], index: int | None, *, with_downstream: bool, only_failed: bool, why: str,
        seen: str | None = None,
    ) -> None:  # fmt: skip
        """Make finished work run again; with the token of a preview, just what that showed.

        Raises RunUnknown, DagChanged, PreviewChanged, Nothing.
        """
        if seen is not None:
            shown = await self.preview(run, names, index, with_downstream=with_downstream, only_failed=only_failed)
            check_seen(seen, shown.touched)
        await self.engine.know_version((await self._rows(run))[0])
        await self.engine.clear(
            run, names, index, with_downstream=with_downstream, only_failed=only_failed, by=self._by, why=why
        )  # fmt: skip

    async def marked(self, run: int, name: str, index: int | None) -> list[InstanceView]:
        """The task instances that a mark would change. Raises RunUnknown."""
        await self._rows(run)
        found = await self.store.views.instances_of(run, name, limit=100_000)
        return [one for one in found if index is None or one.map_index == index]

    async def mark(self, run: int, name: str, index: int | None, state: Mark, why: str) -> None:
        """Say how task instances ended. Raises RunUnknown, DagChanged."""
        await self.engine.know_version((await self._rows(run))[0])
        await self.engine.mark(run, (name,), state, index, by=self._by, why=why)

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
