"""Audit: one row for each time the champion changed: who, why, from which version, to which."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from flowlite.integrations import sql

TABLE = """
create table if not exists model_moves (
    key text primary key, at text not null, model text not null, action text not null,
    from_version integer, to_version integer not null, moved_by text not null, approved_by text, why text not null,
    run_id text not null
)
"""
ROW = """
insert into model_moves (key, at, model, action, from_version, to_version, moved_by, approved_by, why, run_id)
values (:key, :at, :model, :action, :from_version, :to_version, :moved_by, :approved_by, :why, :run_id)
on conflict (key) do nothing
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """The champion's alias went from one version to another."""

    key: str  # of the task instance: a second attempt adds no second row
    model: str
    action: str  # "promoted" | "rolled back"
    from_version: int | None
    to_version: int
    moved_by: str
    approved_by: str | None = None
    why: str
    run_id: str


def note(move: Move) -> None:
    """Write the row; it stands when this returns."""
    sql.execute("audit", TABLE)
    values = {name: getattr(move, name) for name in Move.__slots__}
    sql.execute("audit", ROW, {**values, "at": datetime.now(UTC).isoformat(timespec="seconds")})


def moves() -> list[sql.Row]:
    """Every move, the oldest first."""
    sql.execute("audit", TABLE)
    return sql.query("audit", "select * from model_moves order by at, rowid")
