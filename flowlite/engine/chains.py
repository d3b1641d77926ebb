"""DAG to DAG: `a >> b` starts b for the same logical date when a has succeeded, with several upstream when all have."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from flowlite.authoring.dag import Dag
from flowlite.core.messages import IntentDropped, RequestRun, RunRequested, RunRow
from flowlite.core.states import RunState
from flowlite.engine.plans import Plan, Plans


class Reader(Protocol):
    """The part of the store that chains read."""

    def run_at(self, dag_id: str, logical_date: float) -> Awaitable[RunRow | None]:
        """The run of that date."""
        ...

    def load_run(self, run: int) -> Awaitable[tuple[RunRow, object, object] | None]:
        """All rows of one run."""
        ...


class Chains:
    """Answers each intent: with the run that it asks for, or by dropping it."""

    def __init__(self, reader: Reader, plans: Plans, number: Callable[[], int], now: Callable[[], float]) -> None:
        self._reader, self._plans, self._number, self._now = reader, plans, number, now

    async def answer(self, asked: RequestRun) -> RunRequested | IntentDropped:
        """Whoever comes last of several upstream finds the others in success, and asks."""
        plan = self._plans.current(asked.dag_id)
        cause = await self._reader.load_run(asked.cause)
        if plan is None or cause is None or await self._is_too_early(plan.dag, asked):
            return IntentDropped(asked.intent)
        return self._request(plan, cause[0], asked)

    async def _is_too_early(self, dag: Dag, asked: RequestRun) -> bool:
        if await self._reader.run_at(asked.dag_id, asked.logical_date) is not None:
            return True
        for upstream in dag.upstream_dags:
            run = await self._reader.run_at(upstream, asked.logical_date)
            if run is None or run.state != RunState.SUCCESS:
                return True
        return False

    def _request(self, plan: Plan, cause: RunRow, asked: RequestRun) -> RunRequested:
        return RunRequested(
            run=self._number(),
            version=plan.version,
            kind="backfill" if cause.kind == "backfill" else "dag",
            logical_date=cause.logical_date,
            data_interval_start=cause.data_interval_start,
            data_interval_end=cause.data_interval_end,
            params=plan.dag.validate_params({})[1],
            asked_by=f"run {cause.id} of {cause.dag_id}",
            base_at=None if cause.kind == "backfill" else self._now(),
            intent=asked.intent,
        )
