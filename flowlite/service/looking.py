"""Looking at everything: what the state knows, together with what DAG files declare."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from flowlite.core.planned import IntervalRow
from flowlite.service.api.shapes import RawJson
from flowlite.service.errors import DagUnknown, RunUnknown
from flowlite.service.log_looking import LogLooking
from flowlite.service.reading import Reading
from flowlite.service.records import DagDetail, DagInfo, DagSource, Fire, OpenApproval, OpenDeadline, Stats, Trends
from flowlite.store.tokens import TokenView
from flowlite.store.users import UserView
from flowlite.store.views import ApprovalView, AuditView, RunView

if TYPE_CHECKING:
    from flowlite.authoring.dag import Dag
    from flowlite.loading.catalog import Catalog


class Looking(Reading, LogLooking):
    """Reading that knows the DAG files, too; whoever derives from it brings the catalog."""

    def __init__(
        self, state: Path, pools: Mapping[str, int] | None = None, *, now: Callable[[], float] = time.time
    ) -> None:
        Reading.__init__(self, state, pools, now=now)
        LogLooking.__init__(self)

    @property
    def catalog(self) -> Catalog:
        """All DAGs, and what is wrong with their files."""
        raise NotImplementedError

    def declared(self, dag_id: str) -> Dag:
        """A DAG by its id. Raises DagUnknown, which tells of the problem if its file has one."""
        found = self.catalog.dags.get(dag_id)
        if found is None:
            raise DagUnknown(dag_id, self.catalog.dags, self.catalog.problems, self.catalog.gone)
        return found

    async def dags(self) -> list[DagInfo]:
        """Every declared DAG by id, with its last runs."""
        from flowlite.service.declared import dag_info

        rows = {row.dag_id: row for row in await self.views.dag_rows()}
        now = self._now()
        return [dag_info(dag, rows.get(id_), now) for id_, dag in sorted(self.catalog.dags.items())]

    async def dag(self, dag_id: str) -> DagDetail:
        """One of them with its tasks. Raises DagUnknown."""
        from flowlite.service.declared import dag_detail

        dag = self.declared(dag_id)
        rows = {row.dag_id: row for row in await self.views.dag_rows()}
        return dag_detail(dag, rows.get(dag_id), self._now())

    async def source(self, dag_id: str) -> DagSource:
        """The text of the file that declares it, as it is now. Raises DagUnknown."""
        from flowlite.service.declared import dag_source

        return await asyncio.to_thread(dag_source, self.declared(dag_id))

    def fires(self, dag_id: str, number: int) -> list[Fire]:
        """Its next fires, soonest first; none for a DAG without a schedule of times. Raises DagUnknown."""
        from flowlite.service.declared import coming_fires

        return list(coming_fires(self.declared(dag_id), self._now(), number))

    async def runs(
        self, dag_id: str | None = None, *, states: Sequence[str] = (), limit: int = 50, before: int | None = None
    ) -> list[RunView]:
        """Newest first. Raises DagUnknown for a DAG that never ran and that no file declares."""
        found = await super().runs(dag_id, states=states, limit=limit, before=before)
        if not found and dag_id is not None:
            await self._check_known(dag_id)
        return found

    async def stats(self, dag_id: str, *, last: int = 100) -> Stats:
        """Lengths and success rates. Raises DagUnknown for a DAG that never ran and that no file declares."""
        found = await super().stats(dag_id, last=last)
        if not found.dag.finished:
            await self._check_known(dag_id)
        return found

    async def trends(self, dag_id: str, *, last: int = 90) -> Trends:
        """How the last runs of a DAG went and how long its tasks took in them; cancelled runs left out.

        Raises DagUnknown for a DAG that never ran and that no file declares.
        """
        from flowlite.service.past import trends

        runs = await self.views.last_runs(dag_id, last=last)
        if not runs:
            await self._check_known(dag_id)
        took = await self.views.attempts_of_runs([run.id for run in runs])
        versions = {run.version for run in runs[: max(took.runs, 1)]}
        graphs = {version: await self.graph_of(version) for version in versions}
        return trends(dag_id, runs, took, graphs)

    # --- what was decided, and by whom --------------------------------------------------------------------------------
    async def audit(self, target: str | None = None, *, limit: int = 100, before: int | None = None) -> list[AuditView]:
        """What people changed, newest first; `before` is the id of the last one seen."""
        return await self.views.audit_rows(target, limit=limit, before=before)

    async def intervals(self, dag_id: str, *, limit: int = 100) -> list[IntervalRow]:
        """The intervals of a DAG that were due, each with what became of it; newest first."""
        return await self.views.intervals(dag_id, limit=limit)

    async def approvals(self) -> list[OpenApproval]:
        """What waits for a person, the longest wait first."""
        return [open_approval(one, self.catalog.dags.get(one.dag_id)) for one in await self.views.approvals_waiting()]

    async def deadlines_ahead(self) -> list[OpenDeadline]:
        """Those to come, of unfinished runs and of the next run of each schedule; the first that is due comes first."""
        from flowlite.service.ahead import deadlines_ahead

        return await deadlines_ahead(self.views, self.graph_of, self.catalog)

    # --- for screens --------------------------------------------------------------------------------------------------
    async def snapshot(self, *, last: int = 14) -> RawJson:
        """All DAGs with their last runs, and the pools, in columns; `seq` is the event that it is up to."""
        from flowlite.service.snapshots import declared_part, joined

        seq, parts = await self.views.everything(last)
        return joined(seq, self._now(), {**parts, "declared": declared_part(self.catalog)})

    async def current(self) -> RawJson:
        """What is the case now beside runs, in columns: flags and next fires of DAGs, pools and who is in them, what
        waits for people, problems of DAG files."""
        from flowlite.service.snapshots import joined

        seq, parts = await self.views.current()
        return joined(seq, time.time(), parts)

    async def run_rows(self, ids: Sequence[int]) -> RawJson:
        """Runs by their numbers, in columns, as a snapshot has them; those that are not there are left out."""
        return RawJson((await self.views.runs_of_ids(ids)).encode("utf-8", "backslashreplace"))

    async def told(self, run: int, since: float = 0.0) -> RawJson:
        """What the tasks of a run have told below themselves from an instant on, in columns: progress, nodes, and the
        widths of all its maps."""
        from flowlite.service.snapshots import joined

        return joined(await self.views.last_event(), time.time(), await self.views.told_below(run, since))

    async def grid(self, dag_id: str, *, last: int = 60, before: int | None = None, ids: Sequence[int] = ()) -> RawJson:
        """The last runs of a DAG by logical date, in columns, and the state of each of their tasks as a letter of
        `letters`: `cells` by run, in the order of the `tasks` of its version. `before`: only of earlier dates than
        that of this run; `ids`: only these runs. Raises DagUnknown."""
        from flowlite.service.snapshots import joined

        seq, parts = await self.views.grid(dag_id, last, before, ids)
        if parts["cells"] == "[]":
            await self._check_known(dag_id)
        return joined(seq, time.time(), parts)

    async def run_course(self, run: int) -> RawJson:
        """All attempts of a run that are over, in columns, and when the ones after failed attempts were due (`due`).

        Raises RunUnknown.
        """
        from flowlite.service.past import due_again
        from flowlite.service.snapshots import joined, listed

        found = await self.views.attempts_of_run(run)
        if found is None:
            raise RunUnknown(run)
        seq, version, attempts, failed = found
        due = due_again(run, await self.graph_of(version), failed) if failed else []
        names = ("task_no", "map_index", "number", "due_at")
        return joined(seq, self._now(), {"attempts": attempts, "due": listed(names, due)})

    async def run_snapshot(self, run: int) -> RawJson:
        """A run with its graph and all its task instances, in columns; `seq` is the event that it is up to.

        Raises RunUnknown.
        """
        from flowlite.service.snapshots import graph_part, joined

        found = await self.views.run_with_all(run)
        if found is None:
            raise RunUnknown(run)
        seq, version, parts = found
        return joined(seq, self._now(), {**parts, "graph": graph_part(await self.graph_of(version))})

    # --- who may come in ----------------------------------------------------------------------------------------------
    async def users(self) -> list[UserView]:
        """Who may use the API, by name."""
        return await self.views.users()

    async def tokens(self) -> list[TokenView]:
        """Those of the API, newest first, revoked ones, too."""
        return await self.views.tokens()

    async def _check_known(self, dag_id: str) -> None:
        if dag_id not in {row.dag_id for row in await self.views.dag_rows(last=1)}:
            self.declared(dag_id)


def open_approval(one: ApprovalView, dag: Dag | None) -> OpenApproval:
    """With what its DAG file asks, and whom."""
    spec = None if dag is None else dag.specs.get(one.task_id)
    return OpenApproval(
        run_id=one.run_id, dag_id=one.dag_id, task_id=one.task_id, map_index=one.map_index, since=one.since,
        wait_until=one.wait_until, question="" if spec is None else spec.question or "",
        approvers=() if spec is None else spec.approvers,
    )  # fmt: skip
