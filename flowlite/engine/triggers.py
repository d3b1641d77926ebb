"""`trigger("dag")` nodes, carried out by the engine itself; with `wait` they go on when the other run has ended."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

from flowlite.authoring.calls import values_of
from flowlite.authoring.spec import TaskSpec
from flowlite.core.errors import FlowliteError
from flowlite.core.messages import Start, Woken
from flowlite.core.rows import Evidence, RunRow
from flowlite.core.states import FINISHED_RUN, Outcome, RunState
from flowlite.engine.live import LiveRun, lookup
from flowlite.engine.orders import key_of
from flowlite.engine.plans import Plans
from flowlite.engine.requests import Request
from flowlite.engine.results import read_result
from flowlite.execution.failure import plain_error
from flowlite.execution.work import Ended
from flowlite.store.store import Store


class Triggers:
    """Each node asks for one run in its life: who asked is written with the run, so a restart finds it again."""

    def __init__(
        self, store: Store, plans: Plans, request: Callable[[Request], Awaitable[RunRow]], state_dir: Path
    ) -> None:
        self._store, self._plans, self._request, self._state_dir = store, plans, request, state_dir

    async def carry_out(self, start: Start, live: LiveRun) -> Ended:
        """The outcome of one attempt or of one look at the other run."""
        spec = live.plan.specs[start.task]
        assert spec is not None
        try:
            row = await self._run_of(start, live, spec)
        except FlowliteError as error:
            evidence = Evidence(error=plain_error("error", str(error), type_name=type(error).__name__))
            return Ended(key_of(start), Outcome.FAILED, evidence)
        if spec.trigger_waits and row.state not in FINISHED_RUN:
            return Ended(key_of(start), Outcome.WAITING, Evidence())
        if spec.trigger_waits and row.state != RunState.SUCCESS:
            message = f"run {row.id} of DAG {row.dag_id!r} ended as {row.state}"
            return Ended(key_of(start), Outcome.FAILED, Evidence(error=plain_error("upstream", message, run=row.id)))
        return Ended(key_of(start), Outcome.SUCCESS, Evidence(result=json.dumps(str(row.id))))

    def woken_by(self, row: RunRow) -> Woken | None:
        """Whom the end of a run wakes."""
        if not row.asked_by.startswith("trigger "):
            return None
        run, task, index, _ = (int(part) for part in row.asked_by.removeprefix("trigger ").split("."))
        return Woken(run, task, index)

    async def _run_of(self, start: Start, live: LiveRun, spec: TaskSpec) -> RunRow:
        asked_by = f"trigger {start.run}.{start.task}.{start.index}.{start.attempt}"
        known = await self._store.run_asked_by(spec.trigger_dag_id or "", asked_by)
        return known or await self._request(self._wanted(start, live, spec, asked_by))

    def _wanted(self, start: Start, live: LiveRun, spec: TaskSpec, asked_by: str) -> Request:
        plan = self._plans.current(spec.trigger_dag_id or "")
        if plan is None:
            raise FlowliteError(
                f"{spec.id} triggers DAG {spec.trigger_dag_id!r}, which is not loaded; check its id and file"
            )
        results = lookup(live.given(start.task, start.index), partial(read_result, self._state_dir))
        params: Any = values_of(spec, results, start.index if start.index >= 0 else None).get("params")
        kind = "backfill" if live.run.is_backfill else "manual"
        return Request(dag=plan.dag, params=params, kind=kind, asked_by=asked_by)
