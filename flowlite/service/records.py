"""What a client answers with, beside the views of the store: frozen, made for people, the same over a socket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flowlite.engine.holds import Hold
from flowlite.engine.why import Failure, instance_name
from flowlite.store.views import History, ProblemView, RunView, SameError


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedDay:
    """One interval of a backfill that is only planned: `decision` run, again (as `run_id`) or skip because."""

    logical_date: float
    decision: str
    reason: str
    run_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillPlan:
    """What a backfill would do, its days in date order; `typical_s` is how long half of the DAG's last runs took. With
    `token` as `seen`, a backfill is started only if it would still do just that."""

    dag_id: str
    concurrency: int
    days: list[PlannedDay]
    typical_s: float | None
    token: str

    @property
    def runs(self) -> int:
        """How many days there is something to do about."""
        return sum(day.decision != "skip" for day in self.days)


@dataclass(frozen=True, slots=True, kw_only=True)
class DagInfo:
    """A DAG as its file declares it, with what the store knows of its runs."""

    dag_id: str
    file: str | None
    description: str
    schedule: str
    tags: tuple[str, ...]
    owner: str | None
    team: str | None
    is_paused: bool
    priority: int
    is_priority_by_hand: bool
    tasks: int
    next_fire_at: float | None
    runs: int
    last_run: RunView | None
    last_states: tuple[str, ...]  # newest first


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskInfo:
    """A declared task."""

    task_id: str
    kind: str
    isolation: str
    after: tuple[str, ...]
    is_map: bool
    rule: str
    pool: str
    slots: int
    retries: int
    timeout_s: float | None
    doc: str
    file: str | None
    line: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DagDetail:
    """A DAG with its tasks."""

    dag: DagInfo
    tasks: tuple[TaskInfo, ...]
    groups: tuple[str, ...]
    max_active_runs: int
    catchup: bool
    params_schema: Mapping[str, Any] | None
    starts_after: tuple[str, ...] = ()
    starts_next: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DagSource:
    """The file of a DAG, and in which lines its tasks stand. Without a file (a notebook) there is no text."""

    file: str | None
    text: str
    tasks: Mapping[str, int]  # task id -> line


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockChange:
    """A data interval that a clock change makes longer or shorter than ever, and the DAGs that have it."""

    start: float
    end: float
    note: str
    dags: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fire:
    """A coming run of a schedule."""

    fires_at: float
    logical_date: float
    data_interval_start: float
    data_interval_end: float
    note: str = ""  # what a clock change does to it


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What a run would do, in the order of declaration. `params` is JSON text."""

    dag_id: str
    logical_date: float
    data_interval_start: float
    data_interval_end: float
    params: str
    tasks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deeper:
    """The failure in a run of another DAG that a run waited for: the last of them, if there is a row of these."""

    run_id: int
    dag_id: str
    failure: Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Why a run failed: the failure that started it, and what followed."""

    failure: Failure
    source: str | None  # the author's line as the file has it now
    log_tail: tuple[str, ...]
    blocked: tuple[str, ...]  # tasks downstream that did not run
    elements: int  # how many elements of the same map failed
    also_failed: tuple[str, ...]  # other tasks that failed
    same_error: SameError | None
    advice: str
    deeper: Deeper | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """The answer to why: a headline; for a failure its cause, for unfinished work what each part waits for."""

    run: RunView
    headline: str
    cause: Cause | None = None
    holds: tuple[Hold, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """How a DAG has been doing."""

    dag: History
    tasks: tuple[History, ...]
    counts: Mapping[str, int] = field(default_factory=dict)  # run state -> runs


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedRun:
    """A run that is over, for figures of how runs went."""

    run_id: int
    kind: str
    state: str
    logical_date: float
    started_at: float
    ended_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskTrend:
    """A task in the last runs. Lengths are those of attempts that succeeded, of a map from its first start to its last
    end; `quantiles_s` are the smallest, p25, p50, p75, p95 and the largest of them, none where there is no success."""

    task_id: str
    pool: str
    succeeded: int
    quantiles_s: tuple[float, ...]
    recent_s: tuple[float, ...]  # of the last runs, the newest last
    share: float  # of the time that all tasks together took
    retries: int
    failed: int  # task instances that failed for good
    queued_p95_s: float | None  # from the end of its upstream to its start, in 19 of 20 runs no more


@dataclass(frozen=True, slots=True, kw_only=True)
class Trends:
    """How the last runs of a DAG went, oldest first. Its tasks may be from fewer of them, if a run has very many task
    instances: `tasks_from` says from how many. `sla_s`: what its deadline leaves a scheduled run."""

    dag_id: str
    past: tuple[EndedRun, ...]
    tasks: tuple[TaskTrend, ...]
    tasks_from: int
    sla_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolUse:
    """A pool, how much of it is in use, and by whom."""

    name: str
    size: int
    used: int
    queued: int
    is_by_hand: bool
    holders: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotHolder:
    """A task instance that has slots of a pool. `is_over`: its attempt is, but its thread has not returned.

    `p50_s`, `p95_s`: how long such attempts took that went well; None: none has.
    """

    run_id: int
    dag_id: str
    task_id: str
    map_index: int
    attempt: int
    slots: int
    since: float
    p50_s: float | None
    p95_s: float | None
    is_over: bool = False

    @property
    def name(self) -> str:
        """`run 17 fetch[3]`."""
        return f"run {self.run_id} {instance_name(self.task_id, self.map_index)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class InLine:
    """A task instance that waits for slots; `place` counts from 1. `expected_at`: when it is likely to start; None:
    nobody can say, as nothing like what is before it was ever measured, or as the pool has no slots."""

    place: int
    run_id: int
    dag_id: str
    task_id: str
    map_index: int
    slots: int
    priority: int
    is_backfill: bool
    since: float
    expected_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolQueue:
    """A pool with who has its slots, the longest first, and the head of the line in the order in which they start;
    `queued` are in line altogether."""

    name: str
    size: int
    used: int
    queued: int
    is_by_hand: bool
    holders: tuple[SlotHolder, ...]
    line: tuple[InLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDeadline:
    """A deadline that is still to come. `run_id` None: of the next run, which starts at `starts_at`; `task_id` None: of
    the run as a whole. `p50_s`, `p95_s`: how long such runs or attempts have been taking."""

    dag_id: str
    run_id: int | None
    task_id: str | None
    logical_date: float | None
    due_at: float
    starts_at: float | None
    p50_s: float | None
    p95_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenApproval:
    """A question that waits for a person. Without `approvers` anybody may answer."""

    run_id: int
    dag_id: str
    task_id: str
    map_index: int
    since: float
    wait_until: float | None
    question: str  # empty if its DAG file is gone
    approvers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetUpdated:
    """An asset has new data; `waiting` are the DAGs whose schedule names it."""

    name: str
    waiting: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFile:
    """Where the log of an attempt lies."""

    run_id: int
    task_id: str
    map_index: int
    attempt: int
    path: Path

    @property
    def name(self) -> str:
        """`fetch` or `fetch[3]`."""
        return instance_name(self.task_id, self.map_index)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComingFire:
    """When the schedule of a DAG fires next."""

    dag_id: str
    fires_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How a state folder is doing at `at`. `holder` works on it, as a daemon (`is_up`) or otherwise."""

    at: float
    state: Path
    is_up: bool
    pid: int | None
    since: float | None
    holder: str | None
    running: int
    queued: int
    waiting_for_people: int
    failed: tuple[RunView, ...]  # the newest first, of those that nothing has made good since
    problems: tuple[ProblemView, ...]  # of DAG files, as the daemon found them
    next: tuple[ComingFire, ...]  # soonest first; none of paused DAGs
    degraded: tuple[str, ...] = ()  # what a daemon that is up can't do now
