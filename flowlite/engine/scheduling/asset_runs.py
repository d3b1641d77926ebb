"""Runs by assets: when what a DAG waits for was updated since its last such run, it runs again. Several updates before
that give one run, which is on disk together with the note of which updates it answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from flowlite.core.errors import FlowliteError
from flowlite.core.intervals import WAS_PAUSED
from flowlite.core.messages import RunRequested
from flowlite.core.planned import AssetUseRow, IntervalRow
from flowlite.engine.engine import Engine
from flowlite.engine.requests import Request
from flowlite.engine.scheduling.scheduled import Scheduled
from flowlite.store.schedules import UpdateRow


@dataclass(slots=True)
class DueByAssets:
    """What follows, and up to which update each DAG has then seen them."""

    runs: list[RunRequested] = field(default_factory=list)
    intervals: list[IntervalRow] = field(default_factory=list)
    uses: list[AssetUseRow] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)


class AssetRuns:
    """Which DAGs wait for which asset; only those that an update concerns are looked at."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting: dict[str, Scheduled] = {}
        self._by_asset: dict[str, set[str]] = {}
        self._concerned: dict[str, None] = {}

    def watch(self, scheduled: Scheduled) -> None:
        """As the DAG is now; what was updated while nobody looked is found at the next turn."""
        dag_id = scheduled.dag.id
        self.forget(dag_id)
        if scheduled.assets is None:
            return
        self._waiting[dag_id] = scheduled
        self._concerned[dag_id] = None
        for name in scheduled.assets.names():
            self._by_asset.setdefault(name, set()).add(dag_id)

    def forget(self, dag_id: str) -> None:
        """It waits no more."""
        self._waiting.pop(dag_id, None)
        self._concerned.pop(dag_id, None)
        for dags in self._by_asset.values():
            dags.discard(dag_id)

    def updated(self, names: Iterable[str]) -> bool:
        """These assets were updated; whether that concerns anybody."""
        found = {dag_id for name in names for dag_id in self._by_asset.get(name, ())}
        self._concerned.update(dict.fromkeys(found))
        return bool(found)

    async def due(self, now: float) -> DueByAssets:
        """For the DAGs that an update concerns, whether it is enough. The caller holds `one_request_at_a_time`."""
        concerned, self._concerned = self._concerned, {}
        found = DueByAssets()
        for scheduled in [self._waiting[dag_id] for dag_id in concerned]:
            assert scheduled.assets is not None
            updates = await self._engine.store.updates_after(scheduled.seen_update, scheduled.assets.names())
            if scheduled.assets.is_due({update.asset for update in updates}):
                found.seen[scheduled.dag.id] = updates[-1].seq
                await self._decide(found, scheduled, updates, now)
        return found

    async def _decide(self, found: DueByAssets, scheduled: Scheduled, updates: list[UpdateRow], now: float) -> None:
        dag_id, reason = scheduled.dag.id, WAS_PAUSED if scheduled.is_paused else ""
        if not reason:
            try:
                run = await self._run(scheduled, updates)
            except FlowliteError as error:  # parameters without defaults
                reason = str(error)
            else:
                found.runs.append(run)
                found.uses += [AssetUseRow(run.run, update.seq) for update in updates]
        if reason:
            found.intervals.append(IntervalRow(dag_id, now, now, "skipped", None, reason, now))

    async def _run(self, scheduled: Scheduled, updates: list[UpdateRow]) -> RunRequested:
        names = ", ".join(sorted({update.asset for update in updates}))
        asked = Request(dag=scheduled.dag, kind="asset", asked_by=f"update of {names}")
        (run,) = await self._engine.prepared([asked])
        return run
