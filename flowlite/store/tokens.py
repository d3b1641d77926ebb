"""Tokens of the API: who may come in over TCP, by the digest of what they show."""

from __future__ import annotations

import sqlite3

from flowlite.core.rows import AuditRow
from flowlite.store.ask import Question
from flowlite.store.commit import AUDIT
from flowlite.store.shown_runs import made
from flowlite.store.views import TokenView

SHOWN = "name, role, created_at, created_by, last_used_at, revoked_at"


def add(db: sqlite3.Connection, name: str, role: str, digest: str, at: float, by: str) -> bool:
    """False: the name is in use. Recorded with who."""
    known = db.execute("SELECT 1 FROM api_token WHERE name = ? AND revoked_at IS NULL", (name,)).fetchone()
    if known:
        return False
    db.execute(
        "INSERT INTO api_token (name, role, digest, created_at, created_by) VALUES (?, ?, ?, ?, ?)",
        (name, role, digest, at, by),
    )
    AUDIT.write(db, [AuditRow(at, by, f"create token ({role})", name, "")])
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
    rows = yield f"SELECT {SHOWN} FROM api_token ORDER BY id DESC", ()
    return made(TokenView, rows)


def with_digest(digest: str) -> Question[TokenView | None]:
    """The one that is in use, or None."""
    rows = yield f"SELECT {SHOWN} FROM api_token WHERE digest = ? AND revoked_at IS NULL", (digest,)
    found = made(TokenView, rows)
    return found[0] if found else None
