"""Users of the API: a name with a role and teams, to whom tokens may belong."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flowlite.core.rows import AuditRow
from flowlite.store.ask import Question
from flowlite.store.commit import AUDIT

SHOWN = "name, role, teams, created_at, created_by"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserView:
    """Who may use the API. Without `teams`, they may act on the DAGs of all."""

    name: str
    role: str
    teams: tuple[str, ...]
    created_at: float
    created_by: str


def said(role: str, teams: Sequence[str]) -> str:
    """`operator of data, ml`."""
    return f"{role} of {', '.join(teams)}" if teams else role


def add(db: sqlite3.Connection, name: str, role: str, teams: Sequence[str], at: float, by: str) -> bool:
    """False: there is one of that name. Recorded with who."""
    done = db.execute(
        f"INSERT INTO user ({SHOWN}) VALUES (?, ?, ?, ?, ?) ON CONFLICT (name) DO NOTHING",
        (name, role, json.dumps(list(teams)), at, by),
    )
    if done.rowcount:
        AUDIT.write(db, [AuditRow(at, by, f"add user ({said(role, teams)})", name, "")])
    return bool(done.rowcount)


def change(db: sqlite3.Connection, name: str, role: str, teams: Sequence[str], at: float, by: str) -> bool:
    """False: there is none of that name. Recorded with who."""
    done = db.execute("UPDATE user SET role = ?2, teams = ?3 WHERE name = ?1", (name, role, json.dumps(list(teams))))
    if done.rowcount:
        AUDIT.write(db, [AuditRow(at, by, f"change user ({said(role, teams)})", name, "")])
    return bool(done.rowcount)


def remove(db: sqlite3.Connection, name: str, at: float, by: str) -> int | None:
    """With all their tokens; how many those were. None: there is none of that name. Recorded with who."""
    if not db.execute("DELETE FROM user WHERE name = ?", (name,)).rowcount:
        return None
    done = db.execute("UPDATE api_token SET revoked_at = ?2 WHERE user = ?1 AND revoked_at IS NULL", (name, at))
    AUDIT.write(db, [AuditRow(at, by, "remove user", name, "")])
    return done.rowcount


def every() -> Question[list[UserView]]:
    """By name."""
    rows = yield f"SELECT {SHOWN} FROM user ORDER BY name", ()
    return [shown(row) for row in rows]


def one(name: str) -> Question[UserView | None]:
    """By their name."""
    rows = yield f"SELECT {SHOWN} FROM user WHERE name = ?", (name,)
    return shown(rows[0]) if rows else None


def shown(row: Sequence[Any]) -> UserView:
    """As people see it."""
    return UserView(
        name=row[0], role=row[1], teams=tuple(json.loads(row[2])), created_at=row[3], created_by=row[4]
    )  # fmt: skip
