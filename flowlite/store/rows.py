"""Rows that the store takes beside those of the machine (core.rows): tuples in the order of the columns."""

from __future__ import annotations

from typing import NamedTuple


class TaskRow(NamedTuple):
    """What people and `db check` need to know of a task of a graph version; its number is its place in the list."""

    id: str
    kind: str = "python"  # of TaskSpec: python, sensor, shell, approval, trigger
    pool: str = "default"
    slots: int = 1
    is_map: bool = False


class ReportRow(NamedTuple):
    """A row below a task instance, told while it runs: a dbt model, a Spark stage. Written again when it moves on."""

    run: int
    task: int
    index: int  # type: ignore[assignment]
    attempt: int
    node_id: str
    state: str
    started_at: float | None
    ended_at: float | None
    rows: int | None
    message: str | None
    at: float

    @property
    def key(self) -> tuple[object, ...]:
        """Rows with the same key follow each other: the newest is kept."""
        return self[:5]


class ProgressRow(NamedTuple):
    """How far a running task instance says it is. Only its last word is kept."""

    run: int
    task: int
    index: int  # type: ignore[assignment]
    attempt: int
    done: float
    total: float | None
    note: str
    at: float

    @property
    def key(self) -> tuple[object, ...]:
        """Rows with the same key follow each other: the newest is kept."""
        return self[:3]


class OutboxRow(NamedTuple):
    """One message to one channel. The same (channel, dedup_key) is taken once, however often it is asked for."""

    channel: str
    kind: str
    dedup_key: str
    payload: str  # JSON
    due_at: float
