"""DAG to DAG: `a >> b` starts b for the same logical date when a has succeeded, with several upstream when all have."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from flowlite.authoring.dag import Dag
from flowlite.core.lanes import is_backfill_lane
from flowlite.core.messages import RequestRun
from flowlite.core.rows import RunRow
from flowlite.core.states import RunState
from flowlite.engine.announce import moment
from flowlite.engine.plans import Plans
from flowlite.engine.requests import Request
from flowlite.store.errors import DateTaken
from flowlite.store.store import Store


class Chains:
    """Answers each intent: with the run that it asks for, or by dropping it."""

    def __init__(
        self,
        store: Store,
        plans: Plans,
        request: Callable[[Request], Awaitable[RunRow]],
        drop: Callable[[int], None],
    ) -> None:
        self._store, self._plans, self._request, self._drop = store, plans, request, drop

    async def follow(self, asked: RequestRun) -> None:
        """Whoever comes last of several upstream DAGs finds the others in success, and asks."""
        plan = self._plans.current(asked.dag_id)
        if plan is None:
            return None  # the intent stays on disk; it is asked again when the DAG is known
        cause = await self._store.load_run(asked.cause)
        if cause is None or not await self._all_succeeded(plan.dag, asked):
            return self._drop(asked.intent)
        try:
            await self._request(request_for(plan.dag, cause[0], asked))
        except DateTaken:
            self._drop(asked.intent)

    async def _all_succeeded(self, dag: Dag, asked: RequestRun) -> bool:
        for upstream in dag.upstream_dags:
            run = await self._store.run_at(upstream, asked.logical_date)
            if run is None or run.state != RunState.SUCCESS:
                return False
        return True


def request_for(dag: Dag, cause: RunRow, asked: RequestRun) -> Request:
    """The same date, and the same class: what follows a backfill gives way like the backfill."""
    is_backfill = cause.kind == "backfill" or is_backfill_lane(cause.lane)
    return Request(
        dag=dag,
        logical_date=moment(cause.logical_date),
        interval_end=moment(cause.data_interval_end),
        kind="backfill" if is_backfill else "dag",
        asked_by=f"run {cause.id} of {cause.dag_id}",
        intent=asked.intent,
        has_deadlines=not is_backfill,
    )
