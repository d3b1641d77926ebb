"""What the machine wants written: one transaction of rows.

Rows are named tuples in the order of the columns: a batch of them goes to the store without being touched again. Times
are seconds since the epoch, UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from flowlite.core.planned import (
    AssetRow,
    AssetUseRow,
    BackfillDayRow,
    BackfillRow,
    IntervalRow,
    ScheduleRow,
)

Facts = Mapping[str, Any]
"""What the machine is told of a result that it never sees; keys are `Fact.key` of core.graph."""


class Evidence(NamedTuple):
    """What is known of how an attempt ended. Goes through to the attempt's row; the machine never looks into it."""

    exit_code: int | None = None
    error: str | None = None  # JSON: type, message, file, line, traceback
    peak_rss_bytes: int | None = None
    log: str | None = None  # path below the state folder
    result: str | None = None  # JSON text of the result, or `@` and the path of its file below the state folder


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
    pools: list[tuple[str, int, bool]] = field(default_factory=list)  # the last: by hand
    backfills: list[BackfillRow] = field(default_factory=list)
    backfill_days: list[BackfillDayRow] = field(default_factory=list)
    intervals: list[IntervalRow] = field(default_factory=list)
    schedules: list[ScheduleRow] = field(default_factory=list)
    asset_uses: list[AssetUseRow] = field(default_factory=list)
    audit: list[AuditRow] = field(default_factory=list)
