"""Tokens of the API: who may come in over TCP, by the digest of what they show."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flowlite.core.rows import AuditRow
from flowlite.store.ask import Question
from flowlite.store.commit import AUDIT
from flowlite.store.users import said

# What a token of a user may do, its user says, as they are now.
SHOWN = (
    "t.name, t.user, coalesce(u.role, t.role), coalesce(u.teams, t.teams), t.created_at, t.created_by, "
    "t.last_used_at, t.revoked_at"
)
OF_USER = "FROM api_token t LEFT JOIN user u ON u.name = t.user"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenView:
    """A token of the API; what it is, nobody knows but who has it. One of a `user` has their role and teams."""

    name: str
    user: str | None
    role: str
    teams: tuple[str, ...]
    created_at: float
    created_by: str
    last_used_at: float | None  # to the minute
    revoked_at: float | None  # None: in use


def add(
    db: sqlite3.Connection, name: str, role: str, teams: Sequence[str], user: str | None, digest: str, at: float,
    by: str,
) -> bool:  # fmt: skip
    """False: the name is in use. Recorded with who."""
    known = db.execute("SELECT 1 FROM api_token WHERE name = ? AND revoked_at IS NULL", (name,)).fetchone()
    if known:
        return False
    db.execute(
        "INSERT INTO api_token (name, role, teams, user, digest, created_at, created_by) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (name, role, json.dumps(list(teams)), user, digest, at, by),
    )
    whose = f"of {user}" if user is not None else said(role, teams)
    AUDIT.write(db, [AuditRow(at, by, f"create token ({whose})", name, "")])
    return True


def revoke(db: sqlite3.Connection, name: str, at: float, by: str) -> bool:
    """False: no token of that name is in use. Recorded with who."""
    done = db.execute("UPDATE api_token SET revoked_at = ? WHERE name = ? AND revoked_at IS NULL", (at, name))
    if done.rowcount:
        AUDIT.write(db, [AuditRow(at, by, "revoke token", name, "")])
    return bool(done.rowcount)


def used(db: sqlite3.Connection, name: str, at: float) -> None:
    """It was shown just now."""
    db.execute("UPDATE api_token SET last_used_at = ? WHERE name = ? AND revoked_at IS NULL", (at, name))


def every() -> Question[list[TokenView]]:
    """Newest first."""
    rows = yield f"SELECT {SHOWN} {OF_USER} ORDER BY t.id DESC", ()
    return [shown(row) for row in rows]


def with_digest(digest: str) -> Question[TokenView | None]:
    """The one that is in use, or None."""
    rows = yield (
        f"SELECT {SHOWN} {OF_USER} WHERE t.digest = ? AND t.revoked_at IS NULL "
        "AND (t.user IS NULL OR u.name IS NOT NULL)",
        (digest,),
    )
    return shown(rows[0]) if rows else None


def shown(row: Sequence[Any]) -> TokenView:
    """As people see it."""
    name, user, role, teams, *rest = row
    created_at, created_by, last_used_at, revoked_at = rest
    return TokenView(
        name=name, user=user, role=role, teams=tuple(json.loads(teams)), created_at=created_at, created_by=created_by,
        last_used_at=last_used_at, revoked_at=revoked_at,
    )  # fmt: skip
