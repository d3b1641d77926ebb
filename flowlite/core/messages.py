"""What goes into the machine (events) and what comes out (rows to write, commands to carry out).

Events and commands are frozen dataclasses: few kinds, read by people, matched by type. Rows are named tuples in the
order of the columns: a batch of them goes to the store without being touched again. Times are seconds since the epoch,
UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from flowlite.core.planned import (
    AssetRow,
    AssetUpdated,
    AssetUseRow,
    BackfillDayRow,
    BackfillDecided,
    BackfillRow,
    IntervalRow,
    IntervalsDecided,
    ScheduleRow,
)
from flowlite.core.states import Outcome

Facts = Mapping[str, Any]
"""What the machine is told of a result that it never sees; keys are `Fact.key` of core.graph."""


# --- events ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequested:
    """A run was asked for. The caller brings the number, and has made sure that the logical date is free."""

    run: int
    version: int  # which graph: the machine knows graphs by the number of their version
    kind: str  # "scheduled" | "manual" | "backfill" | "asset" | "dag"
    logical_date: float
    data_interval_start: float
    data_interval_end: float
    params: str = "{}"  # JSON
    asked_by: str = ""
    lane: str | None = None  # default: the lane of its DAG
    order: float | None = None  # place in the lane; default: the logical date
    priority: int | None = None
    base_at: float | None = None  # deadlines count from here; None: this run has none
    intent: int | None = None  # the intent that this run answers


class Evidence(NamedTuple):
    """What is known of how an attempt ended. Goes through to the attempt's row; the machine never looks into it."""

    exit_code: int | None = None
    error: str | None = None  # JSON: type, message, file, line, traceback
    peak_rss_bytes: int | None = None
    log: str | None = None  # path below the state folder
    result: str | None = None  # JSON text of the result, or `@` and the path of its file below the state folder


@dataclass(frozen=True, slots=True)
class AttemptEnded:
    """An attempt is over, or (outcome `waiting`) has looked and lets go of its slot until `resume_at`."""

    run: int
    task: int
    index: int
    attempt: int
    poke: int
    outcome: Outcome
    facts: Facts | None = None
    resume_at: float | None = None  # the next poke; for a failure: not before this (Retry-After)
    is_final: bool = False  # no further retry, whatever the budget says
    holds_slot: bool = False  # a thread that can't be stopped: SlotReturned follows when it is gone
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class SlotReturned:
    """The thread of a timed-out or cancelled attempt has returned at last."""

    run: int
    task: int
    index: int
    attempt: int


@dataclass(frozen=True, slots=True)
class Woken:
    """What a waiting instance waited for has come: an asset, the end of another run."""

    run: int
    task: int
    index: int = -1


@dataclass(frozen=True, slots=True)
class Answered:
    """A person answered an approval: it succeeds or fails without ever taking a slot."""

    run: int
    task: int
    index: int
    is_approved: bool
    by: str
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Tick:
    """The alarm that was asked for by `next_wake` rings."""


@dataclass(frozen=True, slots=True)
class CancelAsked:
    """Cancel a run, or what `name` (a task or a group) and `index` pick from it."""

    run: int
    name: str | None = None
    index: int | None = None
    by: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class ClearAsked:
    """Make finished work run again, with what has begun downstream of it. No names: everything.

    `row` is the run as the store has it; needed only if the run is finished, for then the machine has let go of it.
    `only_failed` picks from the names what failed, was cancelled or blocked; what lies downstream of it follows anyway.
    """

    run: int
    names: tuple[str, ...]
    index: int | None = None
    with_downstream: bool = True
    row: RunRow | None = None
    by: str = ""
    why: str = ""
    only_failed: bool = False
    lane: str | None = None  # a finished run gets into this lane instead of its old one, at the place `order`
    order: float | None = None


@dataclass(frozen=True, slots=True)
class MarkAsked:
    """A person says how a task instance ended. Downstream that ended without a run because of it is judged anew.
    `row` as in ClearAsked."""

    run: int
    names: tuple[str, ...]
    state: str  # "success" | "failed" | "skipped"
    index: int | None = None
    row: RunRow | None = None
    by: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class RunLoaded:
    """The rows of a finished run that came back because it was cleared or marked; the answer to LoadRun."""

    run: int
    instances: tuple[InstanceRow, ...]
    groups: tuple[GroupRow, ...] = ()


@dataclass(frozen=True, slots=True)
class IntentDropped:
    """The run that this intent asked for must not run: its date is taken, or its DAG is gone."""

    intent: int


@dataclass(frozen=True, slots=True)
class PoolResized:
    """A pool has a new size; one of an unknown name is made."""

    name: str
    size: int
    by: str = ""


@dataclass(frozen=True, slots=True)
class LaneResized:
    """A lane is a limit of active runs: one for each DAG, and one of its own for each backfill."""

    lane: str
    limit: int


@dataclass(frozen=True, slots=True)
class PriorityChanged:
    """A person gave this run a priority: it beats what the DAG and its tasks say."""

    run: int
    priority: int
    by: str = ""


@dataclass(frozen=True, slots=True)
class DrainAsked:
    """Start nothing more (or, is_on=False, go on)."""

    is_on: bool = True


Event = (
    RunRequested | AttemptEnded | SlotReturned | Woken | Answered | Tick | CancelAsked | ClearAsked | MarkAsked
    | RunLoaded | IntentDropped | PoolResized | LaneResized | BackfillDecided | IntervalsDecided
    | AssetUpdated | PriorityChanged | DrainAsked
)  # fmt: skip


# --- rows to write --------------------------------------------------------------------------------------------------
class RunRow(NamedTuple):
    """A run. States and wishes in rows are plain strings: SQLite binds those without asking for an adapter."""

    id: int
    dag_id: str
    version: int
    kind: str
    lane: str
    order: float
    logical_date: float
    data_interval_start: float
    data_interval_end: float
    params: str
    asked_by: str
    created_at: float
    state: str
    priority: int | None = None  # given for this run: beats what the DAG and its tasks say
    wish: str | None = None
    to_do: str | None = None  # JSON: what to clear or mark once a lane has room and the rows are read back
    has_rows: bool = False
    base_at: float | None = None
    started_at: float | None = None
    ended_at: float | None = None
    had_failures: bool = False


class InstanceRow(NamedTuple):
    """One task instance. Index -1 is a plain task, or the map itself, until it has elements that stand for it."""

    run: int
    task: int
    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody calls on a row
    state: str
    since: float  # when it came into this state
    attempt: int
    poke: int
    failures: int
    losses: int
    ooms: int
    started_at: float | None
    resume_at: float | None
    wait_until: float | None
    wish: str | None
    width: int | None
    facts: Facts | None
    was: str | None  # the state on disk before this commit, for the compare-and-set; None: a new row


class AttemptRow(NamedTuple):
    """History, written once, when the attempt ends; a live attempt is the instance's own row."""

    run: int
    task: int
    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody calls on a row
    number: int
    pokes: int
    started_at: float
    ended_at: float
    outcome: str
    evidence: Evidence | None


class GroupRow(NamedTuple):
    """How often a group that retries as a unit has been tried again in this run, and when it may go on."""

    run: int
    group: str
    retries: int
    resume_at: float | None


class IntentRow(NamedTuple):
    """A run that must be asked for: written with the success that caused it, removed with the run's creation."""

    id: int
    dag_id: str
    logical_date: float
    cause: int  # the run that succeeded


class DeadlineRow(NamedTuple):
    """How a deadline ended; task -1 is the run's own. Met ones are written too: the SLA report counts them."""

    run: int
    task: int
    due_at: float
    was_met: bool


class AlertRow(NamedTuple):
    """Something that people may want to be told; the engine finds the channels and writes the outbox in this commit."""

    kind: str  # "failure" | "sla" | "success" | "retry" | "recovered"
    run: int
    task: int  # -1: the run itself
    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody calls on a row
    at: float
    dag_id: str
    version: int
    logical_date: float
    base_at: float | None
    blamed: tuple[int, ...]  # the tasks that a failed run failed by
    incident: int  # the failed run that the DAG's trouble began with; 0: there is none


class AuditRow(NamedTuple):
    """What a person changed."""

    at: float
    by: str
    verb: str
    target: str
    why: str


@dataclass(slots=True)
class Changes:
    """What is now true; one transaction."""

    runs: list[RunRow] = field(default_factory=list)
    instances: list[InstanceRow] = field(default_factory=list)
    attempts: list[AttemptRow] = field(default_factory=list)
    groups: list[GroupRow] = field(default_factory=list)
    intents: list[IntentRow] = field(default_factory=list)
    intents_done: list[int] = field(default_factory=list)
    deadlines: list[DeadlineRow] = field(default_factory=list)
    assets: list[AssetRow] = field(default_factory=list)
    alerts: list[AlertRow] = field(default_factory=list)
    pools: list[tuple[str, int]] = field(default_factory=list)
    backfills: list[BackfillRow] = field(default_factory=list)
    backfill_days: list[BackfillDayRow] = field(default_factory=list)
    intervals: list[IntervalRow] = field(default_factory=list)
    schedules: list[ScheduleRow] = field(default_factory=list)
    asset_uses: list[AssetUseRow] = field(default_factory=list)
    audit: list[AuditRow] = field(default_factory=list)


# --- commands -------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Start:
    """Carry this attempt out (poke > 0: go on with it). `ooms`: how often it was killed for memory before."""

    run: int
    task: int
    index: int
    attempt: int
    poke: int
    ooms: int = 0


@dataclass(frozen=True, slots=True)
class Stop:
    """Stop this attempt; its AttemptEnded follows when it is gone."""

    run: int
    task: int
    index: int
    attempt: int
    poke: int


@dataclass(frozen=True, slots=True)
class LoadRun:
    """Read the run's rows back and answer with RunLoaded."""

    run: int


@dataclass(frozen=True, slots=True)
class RequestRun:
    """Ask for the run that this intent is about, or drop the intent."""

    intent: int
    dag_id: str
    logical_date: float
    cause: int


Command = Start | Stop | LoadRun | RequestRun
