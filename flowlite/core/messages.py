"""What goes into the machine (events), and what comes out to be carried out (commands); core.rows has what comes out to
be written.

Events and commands are frozen dataclasses: few kinds, read by people, matched by type. Times are seconds since the
epoch, UTC.
"""

from __future__ import annotations

from dataclasses import dataclass

from flowlite.core.planned import AssetUpdated, BackfillDecided, IntervalsDecided
from flowlite.core.rows import Evidence, Facts, GroupRow, InstanceRow, RunRow
from flowlite.core.states import Outcome


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
    """A pool has a new size; one of an unknown name is made. `is_by_hand`: no configuration changes it from now on."""

    name: str
    size: int
    by: str = ""
    is_by_hand: bool = True


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
class DagPriorityChanged:
    """What a person set stands in the place of the DAG's own priority; None: the DAG file says it again. The store has
    it already."""

    dag_id: str
    priority: int | None


@dataclass(frozen=True, slots=True)
class DrainAsked:
    """Start nothing more (or, is_on=False, go on)."""

    is_on: bool = True


Event = (
    RunRequested | AttemptEnded | SlotReturned | Woken | Answered | Tick | CancelAsked | ClearAsked | MarkAsked
    | RunLoaded | IntentDropped | PoolResized | LaneResized | BackfillDecided | IntervalsDecided
    | AssetUpdated | PriorityChanged | DagPriorityChanged | DrainAsked
)  # fmt: skip


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
