"""States and the only moves between them. A table, so that a wrong move is one lookup away from being named."""

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


class IllegalMove(FlowliteError):
    """No row of the table allows this: a bug in the machine, never an event from outside."""


_S = State
FINISHED = frozenset({_S.SUCCESS, _S.FAILED, _S.SKIPPED, _S.UPSTREAM_FAILED, _S.CANCELLED})
FAILURES = frozenset({_S.FAILED, _S.UPSTREAM_FAILED, _S.CANCELLED})
FINISHED_RUN = frozenset({RunState.SUCCESS, RunState.FAILED, RunState.CANCELLED})
