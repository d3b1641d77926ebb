"""What may be asked of an engine about backfills: plain values in, plain records out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from flowlite.core.rows import RunRow
from flowlite.service.errors import DagUnknown
from flowlite.service.records import BackfillPlan, PlannedDay
from flowlite.service.seen import check_seen, token_of
from flowlite.store.views import BackfillDetail

if TYPE_CHECKING:
    from flowlite.authoring.dag import Dag
    from flowlite.engine.backfill import Backfill, Day
    from flowlite.engine.backfills import Backfills
    from flowlite.engine.engine import Engine
    from flowlite.loading.catalog import Catalog
    from flowlite.store.store import Store

LOOK_EVERY_S = 0.1
LookAtBackfill = Callable[[BackfillDetail], None]


class Backfilling:
    """For a desk: it has an engine, a store, a catalog of DAGs, and the name of who asks."""

    engine: Engine
    store: Store
    _by: str
    _catalog: Catalog

    async def plan_backfill(
        self, dag_id: str, start: str, end: str, *, concurrency: int = 10, reprocess: str = "none",
        is_newest_first: bool = False, is_inclusive: bool = False, params: Mapping[str, Any] | None = None,
    ) -> BackfillPlan:  # fmt: skip
        """Every interval of the range, with what would be done about it. Raises BadBackfill, BadDate, BadParams."""
        from flowlite.engine.backfill import plan_days

        asked = self._asked(
            dag_id, start, end, concurrency=concurrency, reprocess=reprocess, is_newest_first=is_newest_first,
            is_inclusive=is_inclusive, params=dict(params or {}),
        )  # fmt: skip
        asked.dag.validate_params(asked.params)
        days = [planned(day) for day in await plan_days(asked, self.store)]
        history = await self.store.views.dag_history(dag_id)
        return BackfillPlan(
            dag_id=dag_id, concurrency=concurrency, days=days, typical_s=history.p50_s, token=token_of(days)
        )

    async def start_backfill(
        self, dag_id: str, start: str, end: str, *, concurrency: int = 10, reprocess: str = "none",
        is_newest_first: bool = False, is_inclusive: bool = False, params: Mapping[str, Any] | None = None,
        seen: str | None = None,
    ) -> BackfillDetail | None:  # fmt: skip
        """The same range, for good: planned anew, and written with its days and runs in one transaction.

        `seen`: the token of a plan; what it showed is done, or nothing is. None: no day has anything to do. Raises as
        `plan_backfill` does, and DagChanged, PreviewChanged.
        """
        if seen is not None:
            plan = await self.plan_backfill(
                dag_id, start, end, concurrency=concurrency, reprocess=reprocess, is_newest_first=is_newest_first,
                is_inclusive=is_inclusive, params=params,
            )  # fmt: skip
            check_seen(seen, plan.days)
        asked = self._asked(
            dag_id, start, end, concurrency=concurrency, reprocess=reprocess, is_newest_first=is_newest_first,
            is_inclusive=is_inclusive, params=dict(params or {}),
        )  # fmt: skip
        started = await self._backfills.start(asked, by=self._by)
        return None if started.number is None else await self.backfill(started.number)

    async def backfill(self, backfill: int) -> BackfillDetail:
        """One as it is now. Raises NoSuchBackfill."""
        found = await self.store.views.backfill(backfill)
        if found is None:
            from flowlite.engine.backfills import NoSuchBackfill

            raise NoSuchBackfill(backfill)
        return found

    async def pause_backfill(self, backfill: int, why: str = "") -> None:
        """Begin none of its runs any more. Raises NoSuchBackfill, NothingToDo."""
        await self._backfills.pause(backfill, by=self._by, why=why)

    async def resume_backfill(self, backfill: int, why: str = "") -> None:
        """Go on with it. Raises NoSuchBackfill, NothingToDo."""
        await self._backfills.resume(backfill, by=self._by, why=why)

    async def cancel_backfill(self, backfill: int, why: str = "") -> None:
        """Cancel its unfinished runs, keep the finished. Raises NoSuchBackfill, NothingToDo."""
        await self._backfills.cancel(backfill, by=self._by, why=why)

    async def retry_backfill(self, backfill: int, why: str = "") -> None:
        """Run again what failed or was cancelled. Raises NoSuchBackfill, NothingToDo, DagChanged."""
        await self._backfills.retry(backfill, by=self._by, why=why)

    async def watch_backfill(self, backfill: int, look: LookAtBackfill) -> BackfillDetail:
        """Wait until none of its runs is left to do; `look` is called with what it looks like, now and then and at the
        end. Raises NoSuchBackfill, EngineStopped."""
        detail = await self.backfill(backfill)
        ends = asyncio.gather(*(self.engine.end_of(run) for run in unfinished(detail)))
        ends.add_done_callback(heard)
        try:
            while not ends.done():
                began = time.monotonic()
                look(await self.backfill(backfill))
                # A backfill of 100,000 days takes a while to look at: nine tenths of the time are for its work.
                await asyncio.wait([ends], timeout=max(LOOK_EVERY_S, 9 * (time.monotonic() - began)))
            await ends
        finally:
            ends.cancel()
        detail = await self.backfill(backfill)
        look(detail)
        return detail

    async def watch_followers(self, dag_id: str) -> None:
        """Wait until the runs of other DAGs that follow from runs of this one are over."""
        from flowlite.engine.embedding import with_followers

        following = [dag.id for dag in with_followers(self._declared(dag_id)) if dag.id != dag_id]
        await self.engine.settled()
        while rest := [run for follower in following for run in await self._unfinished_of(follower)]:
            await asyncio.gather(*(self.engine.end_of(run) for run in rest))
            await self.engine.settled()

    async def _unfinished_of(self, dag_id: str) -> list[int]:
        return [run.id for run in await self.store.views.list_runs(dag_id, ["queued", "running"], limit=1_000)]

    @property
    def _backfills(self) -> Backfills:
        from flowlite.engine.backfills import Backfills

        return Backfills(self.engine)

    def _declared(self, dag_id: str) -> Dag:
        found = self._catalog.dags.get(dag_id)
        if found is None:
            raise DagUnknown(dag_id, self._catalog.dags, self._catalog.problems, self._catalog.gone)
        return found

    def _asked(self, dag_id: str, start: str, end: str, **how: Any) -> Backfill:
        from flowlite.engine.backfill import Backfill

        return Backfill(dag=self._declared(dag_id), start=start, end=end, **how)


def heard(ends: asyncio.Future[list[RunRow]]) -> None:
    """Whoever leaves early asks for no answer; it must not be called lost at exit."""
    if not ends.cancelled():
        ends.exception()


def planned(day: Day) -> PlannedDay:
    """As people and programs are shown it."""
    decision = "skip" if not day.runs else "run" if day.is_new else "again"
    return PlannedDay(
        logical_date=day.logical_date.timestamp(), decision=decision, reason=day.reason,
        run_id=day.known.id if day.known is not None else None,
    )  # fmt: skip


def unfinished(detail: BackfillDetail) -> Sequence[int]:
    """Its runs that have not ended."""
    return [day.run_id for day in detail.days if day.run_id is not None and day.state in ("queued", "running")]
