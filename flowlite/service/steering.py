"""What people set by hand while everything runs: pauses, priorities, pools, approvals, assets. It outlives restarts and
redeploys, and is recorded with who and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowlite.core.messages import PoolResized, PriorityChanged
from flowlite.core.pools import DEFAULT_SLOTS
from flowlite.service.errors import Nothing, RunUnknown, Unknown, among
from flowlite.service.records import AssetUpdated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flowlite.authoring.dag import Dag
    from flowlite.engine.engine import Engine
    from flowlite.engine.scheduling import Scheduler
    from flowlite.loading.catalog import Catalog
    from flowlite.store.store import Store

LARGEST_POOL = 1_000_000


class Steering:
    """For a desk: it has an engine, its scheduler if one runs, a store, a catalog of DAGs, and the name of who asks."""

    engine: Engine
    store: Store
    _by: str
    _known_as: tuple[str, ...]
    _catalog: Catalog
    _scheduler: Scheduler | None

    # --- DAGs ---------------------------------------------------------------------------------------------------------
    async def pause_dag(self, dag_id: str, why: str = "") -> None:
        """Its schedule starts no run until it is unpaused; what runs goes on. Raises DagUnknown, Nothing."""
        await self._set_paused(dag_id, is_paused=True, why=why)

    async def unpause_dag(self, dag_id: str, why: str = "") -> None:
        """Its schedule goes on; what was due in the pause is not made up for. Raises DagUnknown, Nothing."""
        await self._set_paused(dag_id, is_paused=False, why=why)

    async def _set_paused(self, dag_id: str, *, is_paused: bool, why: str) -> None:
        dag = self._declared(dag_id)
        known = (await self.store.schedules()).get(dag_id)
        was = dag.settings.paused if known is None or known.is_paused is None else known.is_paused
        if was == is_paused:
            raise Nothing(f"DAG {dag_id!r} is {'paused already' if was else 'not paused'}; there is nothing to change")
        if self._scheduler is not None:
            await self._scheduler.set_paused(dag_id, is_paused=is_paused, by=self._by, why=why)
            return
        now = self.engine.clock.now()
        await self.store.set_paused(dag_id, is_paused=is_paused, at=now, by=self._by, why=why)

    async def prioritize_dag(self, dag_id: str, priority: int | None, why: str = "") -> None:
        """In the place of its own priority, also for what is in line already; None: what its file says. Raises
        DagUnknown."""
        self._declared(dag_id)
        await self.engine.prioritize_dag(dag_id, priority, by=self._by, why=why)

    async def prioritize_run(self, run: int, priority: int) -> None:
        """Higher goes first: it beats what the DAG and its tasks say. Raises RunUnknown, Nothing."""
        if run not in self.engine.machine.runs:
            found = await self.store.load_run(run)
            if found is None:
                raise RunUnknown(run)
            raise Nothing(f"run {run} has ended ({found[0].state}); only what waits for a slot has a priority")
        await self.engine.send_and_wait(PriorityChanged(run, priority, self._by))

    # --- pools --------------------------------------------------------------------------------------------------------
    async def set_pool(self, name: str, size: int) -> None:
        """So many slots from now on, whatever the configuration says. A smaller pool lets what runs run on; with 0,
        nothing of it starts. Raises Unknown, Nothing."""
        if not 0 <= size <= LARGEST_POOL:
            raise Nothing(f"a pool of {size} slots makes no sense; give 0 to {LARGEST_POOL:,}")
        self._check_pool(name)
        await self.engine.send_and_wait(PoolResized(name, size, self._by))

    async def reset_pool(self, name: str) -> int:
        """As the configuration has it; the size. Raises Unknown."""
        self._check_pool(name)
        size = self.engine.settings.pools.get(name, DEFAULT_SLOTS)
        await self.engine.send_and_wait(PoolResized(name, size, self._by, is_by_hand=False))
        return size

    def _check_pool(self, name: str) -> None:
        declared = {spec.task.pool for dag in self._catalog.dags.values() for spec in dag.specs.values()}
        known = sorted({*self.engine.machine.pools, *self.engine.settings.pools, *declared})
        if name not in known:
            raise Unknown(f"there is no pool {name!r}; {among(name, known)}")

    # --- backfills ----------------------------------------------------------------------------------------------------
    async def resize_backfill(self, backfill: int, concurrency: int, why: str = "") -> None:
        """So many of its runs at a time from now on. Raises NoSuchBackfill, NothingToDo, Nothing."""
        from flowlite.engine.backfills import Backfills

        if concurrency < 1:
            raise Nothing(f"a backfill can't have {concurrency} runs at a time; `flowlite backfills pause` holds it")
        await Backfills(self.engine).resize(backfill, concurrency, by=self._by, why=why)

    # --- people and data ----------------------------------------------------------------------------------------------
    async def answer_approval(
        self, run: int, task_id: str, is_approved: bool, index: int | None = None, note: str = ""
    ) -> None:
        """Approved: the task succeeds. Refused: it fails, and names who refused. If it names approvers (users, teams or
        roles), only those may. Raises NotWaiting, NotAnApprover."""
        from flowlite.engine.approvals import answer_approval

        place = -1 if index is None else index
        await answer_approval(
            self.engine, run, task_id, place, is_approved=is_approved, by=self._by, known_as=self._known_as, note=note
        )

    async def update_asset(self, name: str, why: str = "") -> AssetUpdated:
        """It has new data: what waits for it starts as after a task that makes it. Raises Unknown."""
        waiting = {dag.id: names for dag in self._catalog.dags.values() if (names := waited_for(dag))}
        known = sorted({*(name for names in waiting.values() for name in names), *made_by(self._catalog.dags.values())})
        if name not in known:
            there = among(name, known) if known else "no DAG makes or waits for any: outlets=[Asset(...)] makes one"
            raise Unknown(f"there is no asset {name!r}; {there}")
        await self.engine.update_asset(name, by=self._by, why=why)
        return AssetUpdated(name=name, waiting=tuple(sorted(id_ for id_, names in waiting.items() if name in names)))

    def _declared(self, dag_id: str) -> Dag:
        raise NotImplementedError


def waited_for(dag: Dag) -> frozenset[str]:
    """The assets that a DAG's schedule names."""
    from flowlite.engine.scheduling.scheduled import assets_of

    found = assets_of(dag)
    return frozenset() if found is None else found.names()


def made_by(dags: Iterable[Dag]) -> Iterator[str]:
    """The assets that tasks of these make."""
    for dag in dags:
        for spec in dag.specs.values():
            yield from spec.task.outlets
