"""What the store shows to people: frozen records, names in place of numbers. Times are seconds since the epoch, UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flowlite.core.rows import DeadlineRow, GroupRow, InstanceRow, IntentRow, RunRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfinished:
    """All that a machine needs to go on after a restart."""

    runs: list[RunRow]
    instances: dict[int, list[InstanceRow]]  # by run; ordered by task and map index
    groups: dict[int, list[GroupRow]]
    intents: list[IntentRow]
    deadlines: dict[int, list[DeadlineRow]]  # those that are over, of unfinished runs
    next_run: int
    next_intent: int
    failing: dict[str, int]  # DAGs whose last finished run failed, with the first that did since a success


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolView:
    name: str
    size: int
    is_by_hand: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """A run as lists show it."""

    id: int
    dag_id: str
    version: int
    kind: str
    state: str
    logical_date: float
    data_interval_start: float
    data_interval_end: float
    params: str
    asked_by: str
    created_at: float
    started_at: float | None
    ended_at: float | None
    had_failures: bool
    priority: int | None
    wish: str | None
    lane: str

    @property
    def duration_s(self) -> float | None:
        """From its first start to its end; None while it is not over."""
        return None if self.started_at is None or self.ended_at is None else self.ended_at - self.started_at


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskView:
    """A task within a run: one task instance, or a whole map."""

    number: int
    id: str
    kind: str
    pool: str
    slots: int
    is_map: bool
    state: str  # of a map with elements: that of its elements taken together
    counts: Mapping[str, int]  # state -> how many task instances (a plain task: itself)
    width: int | None  # elements of an expanded map; None: a plain task or a map that is not expanded
    attempt: int  # of a map: the highest of its elements
    started_at: float | None  # of its current attempt; of a map: the earliest of these
    ended_at: float | None  # when the last of it finished; None while something is not finished


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDetail:
    """A run with all its tasks in declaration order."""

    run: RunView
    tasks: list[TaskView]
    counts: Mapping[str, int]  # state -> task instances that count: elements, not the map that stands for them


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceView:
    run_id: int
    task_no: int
    task_id: str
    map_index: int
    state: str
    since: float
    attempt: int
    pokes: int
    failures: int
    losses: int
    ooms: int
    started_at: float | None
    resume_at: float | None
    wait_until: float | None
    wish: str | None
    width: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptView:
    """One attempt that is over."""

    run_id: int
    task_id: str
    map_index: int
    number: int
    pokes: int
    outcome: str
    started_at: float
    ended_at: float
    exit_code: int | None
    error: str | None  # JSON: type, message, file, line, function, traceback, class
    peak_rss_bytes: int | None
    log: str | None
    result: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeRun:
    """Everything about a run. `kinds` of its tasks by id; instances and attempts in the order of tasks."""

    run: RunView
    kinds: Mapping[str, str]
    instances: list[InstanceView] = field(default_factory=list)
    attempts: list[AttemptView] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventView:
    """A committed fact. `kind`: run, task, node, progress, deadline, asset, pool, backfill or dag."""

    seq: int
    at: float
    kind: str
    dag_id: str
    run_id: int | None
    task_id: str | None
    map_index: int | None
    state: str
    attempt: int | None = None
    name: str | None = None  # of a node, an asset, a pool; the number of a backfill


@dataclass(frozen=True, slots=True, kw_only=True)
class DagView:
    """A DAG that the store has heard of."""

    dag_id: str
    version: int | None
    file: str | None
    about: str  # JSON, as given to add_version
    is_paused: bool | None  # by hand; None: nobody said so
    priority: int | None  # by hand
    counts: Mapping[str, int]  # state -> how many of its runs
    last_run: RunView | None
    last_states: tuple[str, ...]  # of the newest runs, newest first
    next_due_at: float | None

    @property
    def runs(self) -> int:
        """How many runs the store has of it."""
        return sum(self.counts.values())

    @property
    def unfinished(self) -> int:
        """How many of them are queued or running."""
        return self.counts.get("queued", 0) + self.counts.get("running", 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeView:
    run_id: int
    task_id: str
    map_index: int
    attempt: int
    node_id: str
    state: str
    started_at: float | None
    ended_at: float | None
    rows: int | None
    message: str | None
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressView:
    run_id: int
    task_id: str
    map_index: int
    attempt: int
    done: float
    total: float | None
    note: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditView:
    id: int
    at: float
    by: str
    verb: str
    target: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineView:
    run_id: int
    dag_id: str
    task_id: str | None  # None: the run's own
    logical_date: float
    due_at: float
    was_met: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRunView:
    """A run that has not ended and whose deadlines count from `base_at`; `over`: the numbers of the tasks (-1: its own)
    whose deadline is met or missed already."""

    id: int
    dag_id: str
    version: int
    logical_date: float
    base_at: float
    started_at: float | None
    over: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemView:
    """What is wrong with a DAG file, and since when."""

    file: str
    line: int | None
    message: str
    fix: str
    since: float

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{where}: {self.message}; {self.fix}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SlaView:
    """How often a deadline was kept. `worst_s` and `mean_s`: by how much those that were missed were late, so far."""

    dag_id: str
    task_id: str | None  # None: the run's own
    due: int
    met: int
    worst_s: float | None
    mean_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetView:
    seq: int
    asset: str
    at: float
    run_id: int | None
    dag_id: str | None
    task_id: str | None
    map_index: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalView:
    """A task instance that waits for a person."""

    run_id: int
    dag_id: str
    task_id: str
    map_index: int
    since: float
    wait_until: float | None
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillView:
    """A past range on request, with how far it is. `state`: running, paused, success, failed or cancelled."""

    id: int
    dag_id: str
    state: str
    starts_at: float  # the first logical date
    ends_at: float  # the end of the last data interval
    concurrency: int
    reprocess: str
    is_newest_first: bool
    params: str
    asked_by: str
    created_at: float
    ended_at: float | None  # of its last run; None while one is unfinished
    is_paused: bool
    is_cancelled: bool
    counts: Mapping[str, int]  # state -> how many of its runs
    skipped: int  # days that were left alone
    p50_s: float | None  # how long half of its runs took, of those that went well

    @property
    def total(self) -> int:
        """How many runs it has."""
        return sum(self.counts.values())

    @property
    def finished(self) -> int:
        """How many of them are over."""
        return self.total - self.counts.get("queued", 0) - self.counts.get("running", 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillDayView:
    """One interval of a backfill: `decision` run, again (it had a run) or skip, because of `reason`."""

    logical_date: float
    data_interval_end: float
    decision: str
    reason: str
    run_id: int | None
    state: str | None  # of its run; None: skipped, or its run was pruned
    started_at: float | None
    ended_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillDetail:
    """A backfill with its days in date order."""

    backfill: BackfillView
    days: list[BackfillDayView]
    typical_s: float | None  # how long a run takes: half of its own, or of the DAG's last ones before it has any


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """How long the last runs of a DAG or a task took, and how often they went well. Newest first."""

    name: str
    durations_s: tuple[float, ...]
    finished: int
    succeeded: int
    p50_s: float | None
    p95_s: float | None

    @property
    def success_rate(self) -> float | None:
        return self.succeeded / self.finished if self.finished else None


@dataclass(frozen=True, slots=True, kw_only=True)
class SameError:
    """How often the last runs of a task ended with one and the same error."""

    type: str
    message: str
    runs: tuple[int, ...]  # newest first
    looked_at: int  # how many runs were looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionView:
    version: int
    dag_id: str
    fingerprint: str
    file: str | None
    about: str
    made_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxView:
    id: int
    channel: str
    kind: str
    dedup_key: str
    payload: str
    due_at: float
    tries: int
