"""States and the only moves between them. A table, so that a wrong move is one lookup away from being named."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from flowlite.core.errors import FlowliteError


class State(StrEnum):
    """Where a task instance is."""

    PENDING = "pending"
    QUEUED = "queued"
    RUNNING = "running"
    RETRYING = "retrying"
    WAITING = "waiting"
    SUCCESS = "success"
    FAILED = "failed"
    SKIPPED = "skipped"
    UPSTREAM_FAILED = "upstream_failed"
    CANCELLED = "cancelled"


class RunState(StrEnum):
    """Where a run is."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCESS = "success"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Outcome(StrEnum):
    """Why an attempt ended. `waiting` suspends it: the same attempt goes on at the next poke."""

    SUCCESS = "success"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    OUT_OF_MEMORY = "out_of_memory"
    SKIPPED = "skipped"
    WAITING = "waiting"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    LOST = "lost"


class Wish(StrEnum):
    """What was asked for and has to wait until the live attempt is gone.

    A mark stays on the instance that was marked until it is cleared: what a person has said is not judged anew.
    """

    CANCEL = "cancel"
    CLEAR = "clear"
    TIMEOUT = "timeout"  # of a run only
    MARK_SUCCESS = "mark_success"
    MARK_FAILED = "mark_failed"
    MARK_SKIPPED = "mark_skipped"


class IllegalMove(FlowliteError):
    """No row of the table allows this: a bug in the machine, never an event from outside."""


_S = State
FINISHED = frozenset({_S.SUCCESS, _S.FAILED, _S.SKIPPED, _S.UPSTREAM_FAILED, _S.CANCELLED})
FAILURES = frozenset({_S.FAILED, _S.UPSTREAM_FAILED, _S.CANCELLED})
FINISHED_RUN = frozenset({RunState.SUCCESS, RunState.FAILED, RunState.CANCELLED})

MOVES: dict[State, frozenset[State]] = {
    # success and failed: only the row of a map itself, when its list is known; waiting: an approval opens
    _S.PENDING: frozenset({_S.QUEUED, _S.WAITING, _S.SKIPPED, _S.UPSTREAM_FAILED, _S.CANCELLED, _S.SUCCESS, _S.FAILED}),
    # pending: something upstream was cleared or marked before this one could start
    _S.QUEUED: frozenset({_S.RUNNING, _S.CANCELLED, _S.PENDING}),
    _S.RUNNING: frozenset(
        {_S.SUCCESS, _S.FAILED, _S.SKIPPED, _S.RETRYING, _S.WAITING, _S.QUEUED, _S.CANCELLED, _S.PENDING}
    ),
    _S.RETRYING: frozenset({_S.QUEUED, _S.CANCELLED, _S.PENDING}),
    # success: an approval was answered
    _S.WAITING: frozenset({_S.QUEUED, _S.SUCCESS, _S.FAILED, _S.SKIPPED, _S.CANCELLED, _S.PENDING}),
    **{finished: frozenset({_S.PENDING}) for finished in FINISHED},
}

# A person may mark anything that no attempt is running of; nobody else may move this way.
MARKS: dict[State, Wish] = {
    _S.SUCCESS: Wish.MARK_SUCCESS,
    _S.FAILED: Wish.MARK_FAILED,
    _S.SKIPPED: Wish.MARK_SKIPPED,
}
MARKED: dict[Wish | None, State] = {wish: state for state, wish in MARKS.items()}

RUN_MOVES: dict[RunState, frozenset[RunState]] = {
    RunState.QUEUED: frozenset({RunState.RUNNING, RunState.CANCELLED}),
    RunState.RUNNING: FINISHED_RUN,
    **{finished: frozenset({RunState.QUEUED}) for finished in FINISHED_RUN},
}

# A tally counts upstream instances by what a trigger rule can tell apart. A cancelled one counts as failed.
LEFT, OK, BAD, BLOCKED, SKIP = range(5)
BUCKET: dict[State, int] = {
    **{state: LEFT for state in State if state not in FINISHED},
    _S.SUCCESS: OK,
    _S.FAILED: BAD,
    _S.CANCELLED: BAD,
    _S.UPSTREAM_FAILED: BLOCKED,
    _S.SKIPPED: SKIP,
}

# What is going on comes before what is over, and the worst end before the others.
FIRST_OF_MANY = (
    _S.RUNNING, _S.QUEUED, _S.RETRYING, _S.WAITING, _S.PENDING, _S.FAILED, _S.CANCELLED, _S.UPSTREAM_FAILED, _S.SUCCESS,
    _S.SKIPPED,
)  # fmt: skip


def taken_together(counts: Mapping[str, int]) -> str:
    """One state for many, of how many there are in each: what is going on while something is, then the worst end."""
    first = next(str(state) for state in FIRST_OF_MANY if counts.get(state))
    has_begun = any(counts.get(state) for state in FINISHED)
    return "running" if first == "pending" and has_begun else first
