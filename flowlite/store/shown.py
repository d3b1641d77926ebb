"""What the store shows to people: every screen and command reads through these, and with a million task instances in
the file each answers within 50 ms. Lists are newest first unless said otherwise; times are exact to 10 microseconds."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Protocol, TypeVar

from flowlite.core.planned import IntervalRow
from flowlite.store import (
    backfills,
    problems,
    recovery,
    schedules,
    shown_dags,
    shown_events,
    shown_grid,
    shown_past,
    shown_queue,
    shown_runs,
    shown_sla,
    shown_whole,
    tokens,
    users,
    views,
)
from flowlite.store.ask import Question
from flowlite.store.tokens import TokenView
from flowlite.store.users import UserView

T = TypeVar("T")


class Ask(Protocol):
    """Runs a question on a connection of the store."""

    def __call__(self, question: Question[T]) -> Awaitable[T]:
        """Its answer."""
        ...


class Views:
    """Reads for people."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    # --- runs ---------------------------------------------------------------------------------------------------------
    async def list_runs(
        self, dag_id: str | None = None, states: Sequence[str] = (), limit: int = 50, before: int | None = None
    ) -> list[views.RunView]:
        """Newest first; `before` is the id of the last run seen."""
        return await self._ask(shown_runs.list_runs(dag_id, states, limit, before))

    async def run(self, run: int) -> views.RunView | None:
        """One run without its tasks."""
        return await self._ask(shown_runs.one_run(run))

    async def run_at(self, dag_id: str, logical_date: float) -> views.RunView | None:
        """The run of that date, of whatever kind."""
        return await self._ask(shown_runs.run_at(dag_id, logical_date))

    async def run_view(self, run: int) -> views.RunDetail | None:
        """One run with all its tasks in declaration order."""
        return await self._ask(shown_runs.run_detail(run))

    async def instances_of(
        self,
        run: int,
        task_id: str | None = None,
        *,
        states: Sequence[str] = (),
        limit: int = 1_000,
        after: tuple[int, int] | None = None,
    ) -> list[views.InstanceView]:
        """In the order of tasks and map indices; index -1 is a plain task or the map itself. `after` is the
        (task_no, map_index) of the last one seen."""
        return await self._ask(shown_runs.instances_of(run, task_id, states, limit, after))

    async def attempts_of(
        self, run: int, task_id: str | None = None, index: int | None = None, *, limit: int = 1_000
    ) -> list[views.AttemptView]:
        """Attempts that are over, by task, map index and number. A live one is its instance's own row."""
        return await self._ask(shown_runs.attempts_of(run, task_id, index, limit))

    # --- what waits for slots -----------------------------------------------------------------------------------------
    async def pools(self) -> dict[str, views.PoolView]:
        """The sizes that were written, by name."""
        return await self._ask(recovery.pools())

    async def in_pools(self) -> list[tuple[str, str, int, str, int, int]]:
        """Pool, state, run, task, instances and slots of all that holds or waits for slots."""
        return await self._ask(shown_queue.in_pools())

    async def busy(self, pool: str) -> list[shown_queue.Busy]:
        """Who holds slots of a pool, the longest first."""
        return await self._ask(shown_queue.busy(pool))

    async def in_line(self, pool: str) -> list[shown_queue.Waiting]:
        """Who waits for slots of a pool, by task of a run, in no order that means anything."""
        return await self._ask(shown_queue.waiting(pool))

    async def queued_of(self, run: int, task_no: int, limit: int) -> list[tuple[int, float]]:
        """Map index, and since when it is queued, of the first instances of a task."""
        return await self._ask(shown_queue.members(run, task_no, limit))

    async def lengths(self, wanted: Sequence[tuple[str, str]]) -> dict[tuple[str, str], shown_queue.Length]:
        """By DAG and task: how long it took lately; those that never ended well are left out."""
        return await self._ask(shown_queue.lengths(wanted))

    async def in_lane(self, lane: str) -> list[shown_queue.RunInLane]:
        """The unfinished runs of a lane, those that are active first, then the others in line."""
        return await self._ask(shown_queue.in_lane(lane))

    async def current_version(self, dag_id: str) -> int | None:
        """The version that new runs of a DAG are made from; None: it was never declared here."""
        return await self._ask(shown_queue.current_version(dag_id))

    async def groups_waiting(self, run: int) -> dict[str, float]:
        """Groups of a run that are tried again as a unit, with when they go on."""
        return await self._ask(shown_queue.groups_waiting(run))

    # --- runs as a whole ----------------------------------------------------------------------------------------------
    async def whole_runs(self, runs: Sequence[int]) -> list[views.WholeRun]:
        """Everything about several runs in one go, in the order asked; those that are not there are left out."""
        return await self._ask(shown_runs.whole_runs(runs))

    async def node_rows(
        self, run: int, task_id: str, *, index: int | None = None, attempt: int | None = None
    ) -> list[views.NodeView]:
        """The rows below a task: dbt models, Spark stages."""
        return await self._ask(shown_runs.node_rows(run, task_id, index, attempt))

    async def progress_of(self, run: int) -> list[views.ProgressView]:
        """The last word of each task instance that said how far it is."""
        return await self._ask(shown_runs.progress_of(run))

    # --- DAGs ---------------------------------------------------------------------------------------------------------
    async def dag_rows(self, *, last: int = 14) -> list[views.DagView]:
        """Every DAG that was ever declared here, by id, with the states of its last runs."""
        return await self._ask(shown_dags.dag_rows(last))

    async def dag_ids(self) -> list[str]:
        """Every DAG that was ever declared here."""
        return await self._ask(shown_dags.dag_ids())

    async def team_of(self, dag_id: str) -> str | None:
        """The team of a DAG as it was declared last, "" for none; None: it was never declared here."""
        return await self._ask(shown_dags.team_of(dag_id))

    async def versions_of(self, dag_id: str) -> list[views.VersionView]:
        """Newest first."""
        return await self._ask(shown_dags.versions_of(dag_id))

    async def task_ids(self, version: int) -> list[str]:
        """The tasks of a version in the order of their numbers."""
        return await self._ask(shown_dags.task_ids(version))

    async def dag_history(self, dag_id: str, *, last: int = 100) -> views.History:
        """How long its last runs took (those that succeeded), and how often they did; cancelled ones left out."""
        return await self._ask(shown_dags.dag_history(dag_id, last))

    async def task_histories(
        self, dag_id: str, *, last: int = 30, task_id: str | None = None
    ) -> dict[str, views.History]:
        """The same for the attempts of its tasks, by task id."""
        return await self._ask(shown_dags.task_histories(dag_id, last, task_id))

    async def same_error(self, dag_id: str, task_id: str, run: int, *, last: int = 30) -> views.SameError | None:
        """How often the last runs up to this one met the error that this task has here; None: it has none."""
        return await self._ask(shown_dags.same_error(dag_id, task_id, run, last))

    async def attempts_of_run(self, run: int) -> tuple[int, int, str, list[shown_past.Failed]] | None:
        """The last event's number, the version of its graph, JSON in columns of its attempts, and those that failed."""
        return await self._ask(shown_past.attempts_of_run(run))

    async def last_runs(self, dag_id: str, *, last: int = 90) -> list[shown_past.RunTook]:
        """Its last runs that are over, the newest first; cancelled ones left out."""
        return await self._ask(shown_past.last_runs(dag_id, last))

    async def attempts_of_runs(self, runs: Sequence[int]) -> shown_past.Took:
        """In columns; of fewer runs where they have very many."""
        return await self._ask(shown_past.attempts_of_runs(runs))

    # --- backfills ----------------------------------------------------------------------------------------------------
    async def backfills(
        self, dag_id: str | None = None, *, limit: int = 50, before: int | None = None
    ) -> list[views.BackfillView]:
        """Newest first; `before` is the number of the last one seen."""
        return await self._ask(backfills.shown(dag_id, limit, before))

    async def backfill(self, backfill: int) -> views.BackfillDetail | None:
        """One backfill with its days in date order."""
        return await self._ask(backfills.detail(backfill))

    # --- what was told ------------------------------------------------------------------------------------------------
    async def last_event(self) -> int:
        """The number of the newest event."""
        return await self._ask(shown_events.last_event())

    async def events_after(self, seq: int, limit: int = 1_000) -> list[views.EventView]:
        """The next events, oldest first. Numbers may have gaps: the events of pruned runs are left out."""
        return await self._ask(shown_events.events_after(seq, limit))

    async def event_page(self, seq: int, limit: int = 1_000) -> tuple[int, list[views.EventView]]:
        """The same, with the number up to which nothing else is to come."""
        return await self._ask(shown_events.event_page(seq, limit))

    async def first_event(self) -> int:
        """The number of the oldest event that is kept; 0: there is none."""
        return await self._ask(shown_events.first_event())

    async def everything(self, runs_each: int) -> tuple[int, dict[str, str]]:
        """The last event's number, and JSON in columns of all DAGs with their last runs, and of the pools."""
        return await self._ask(shown_whole.everything(runs_each))

    async def current(self) -> tuple[int, dict[str, str]]:
        """The last event's number, and JSON in columns of what is the case now, beside runs."""
        return await self._ask(shown_whole.current())

    async def runs_of_ids(self, runs: Sequence[int]) -> str:
        """JSON in columns of these runs; those that are not there are left out."""
        return await self._ask(shown_whole.runs_of_ids(runs))

    async def told_below(self, run: int, since: float) -> dict[str, str]:
        """JSON in columns of what the tasks of a run have told below themselves from an instant on."""
        return await self._ask(shown_whole.told_below(run, since))

    async def grid(self, dag_id: str, last: int, before: int | None, ids: Sequence[int]) -> tuple[int, dict[str, str]]:
        """The last event's number, and JSON of the last runs of a DAG with a letter for each of their tasks."""
        return await self._ask(shown_grid.grid(dag_id, last, before, ids))

    async def run_with_all(self, run: int) -> tuple[int, int, dict[str, str]] | None:
        """The last event's number, the version of its graph, and JSON in columns of a run with its instances."""
        return await self._ask(shown_whole.run_with_all(run))

    async def audit_rows(
        self, target: str | None = None, *, limit: int = 100, before: int | None = None
    ) -> list[views.AuditView]:
        """What people changed."""
        return await self._ask(shown_events.audit_rows(target, limit, before))

    async def deadline_rows(
        self,
        dag_id: str | None = None,
        *,
        since: float | None = None,
        only_missed: bool = False,
        limit: int = 100,
        run: int | None = None,
    ) -> list[views.DeadlineView]:
        """Deadlines that are over, the latest due first."""
        question = shown_events.deadline_rows(dag_id, since, only_missed, limit, run)
        return await self._ask(question)

    async def problems(self) -> list[views.ProblemView]:
        """What is wrong with DAG files, as the daemon last found it."""
        return await self._ask(problems.problems())

    async def sla_rows(self, since: float, until: float, *, now: float) -> list[views.SlaView]:
        """How often each deadline was kept, of those that were due between two instants."""
        return await self._ask(shown_sla.sla_rows(since, until, now))

    async def open_runs(self) -> list[views.OpenRunView]:
        """Runs that have not ended and have deadlines."""
        return await self._ask(shown_sla.open_runs())

    async def asset_rows(self) -> list[views.AssetView]:
        """The latest update of each asset, by name."""
        return await self._ask(shown_events.asset_rows())

    async def intervals(self, dag_id: str, *, limit: int = 100) -> list[IntervalRow]:
        """The intervals of a DAG that were due, each with what became of it; newest first."""
        return await self._ask(schedules.intervals(dag_id, limit))

    async def asset_updates(self, asset: str, *, limit: int = 100) -> list[views.AssetView]:
        """The updates of one asset."""
        return await self._ask(shown_events.asset_updates(asset, limit))

    async def approvals_waiting(self) -> list[views.ApprovalView]:
        """Task instances that wait for a person, the longest wait first."""
        return await self._ask(shown_events.approvals_waiting())

    async def users(self) -> list[UserView]:
        """Who may use the API, by name."""
        return await self._ask(users.every())

    async def user(self, name: str) -> UserView | None:
        """One of them."""
        return await self._ask(users.one(name))

    async def tokens(self) -> list[TokenView]:
        """Those of the API, newest first, revoked ones, too."""
        return await self._ask(tokens.every())

    async def token(self, digest: str) -> TokenView | None:
        """The one in use that has this digest."""
        return await self._ask(tokens.with_digest(digest))
