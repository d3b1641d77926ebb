"""Writes about what is declared: versions of DAGs, pools, and what a person set on a DAG."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence

from flowlite.core.rows import AuditRow
from flowlite.store.bulk import insert
from flowlite.store.commit import AUDIT, tell
from flowlite.store.events import dag_event
from flowlite.store.rows import TaskRow

TASKS = insert("task", "version, number, id, kind, pool, slots, is_map")
CURRENT = (
    "INSERT INTO dag (dag_id, version) VALUES (?1, ?2) "
    "ON CONFLICT (dag_id) DO UPDATE SET version = ?2 WHERE version IS NOT ?2"
)


def add_version(
    db: sqlite3.Connection,
    dag_id: str,
    fingerprint: str,
    graph_json: str,
    tasks: Sequence[str | TaskRow],
    file: str | None,
    at: float,
    about: str,
) -> int:
    """The number of this version, new or known; it becomes the current one of its DAG."""
    known = db.execute(
        "SELECT version FROM dag_version WHERE dag_id = ? AND fingerprint = ?", (dag_id, fingerprint)
    ).fetchone()  # fmt: skip
    version = known[0] if known else _new_version(db, dag_id, fingerprint, graph_json, tasks, file, at, about)
    if known:
        # The graph is the same; where it stands and what is said about it may have changed.
        db.execute(
            "UPDATE dag_version SET file = ?1, about = ?2 WHERE version = ?3 AND (file IS NOT ?1 OR about IS NOT ?2)",
            (file, about, version),
        )
    db.execute(CURRENT, (dag_id, version))
    return int(version)


def _new_version(
    db: sqlite3.Connection,
    dag_id: str,
    fingerprint: str,
    graph_json: str,
    tasks: Sequence[str | TaskRow],
    file: str | None,
    at: float,
    about: str,
) -> int:
    made = db.execute(
        "INSERT INTO dag_version (dag_id, fingerprint, graph, file, about, made_at) VALUES (?, ?, ?, ?, ?, ?)",
        (dag_id, fingerprint, graph_json, file, about, at),
    )
    assert made.lastrowid is not None
    rows = [TaskRow(task) if isinstance(task, str) else task for task in tasks]
    TASKS.write(db, [(made.lastrowid, number, *row) for number, row in enumerate(rows)])
    return made.lastrowid


def configure_pools(db: sqlite3.Connection, sizes: Mapping[str, int]) -> dict[str, int]:
    """What code and configuration say; what a person set stays. The sizes of those that a person set."""
    db.executemany(
        "INSERT INTO pool (name, size, is_by_hand) VALUES (?1, ?2, 0) "
        "ON CONFLICT (name) DO UPDATE SET size = ?2 WHERE is_by_hand = 0",
        list(sizes.items()),
    )
    return dict(db.execute("SELECT name, size FROM pool WHERE is_by_hand = 1").fetchall())


def set_paused(db: sqlite3.Connection, dag_id: str, is_paused: bool, at: float, by: str, why: str) -> int:
    """Recorded with who and why; returns the number of the event."""
    db.execute(
        "INSERT INTO dag (dag_id, is_paused, unpaused_at) VALUES (?1, ?2, ?3) ON CONFLICT (dag_id) DO UPDATE "
        "SET is_paused = ?2, unpaused_at = coalesce(?3, unpaused_at)",
        (dag_id, is_paused, None if is_paused else at),
    )
    verb = "pause" if is_paused else "unpause"
    AUDIT.write(db, [AuditRow(at, by, verb, dag_id, why)])
    return tell(db, at, dag_event(dag_id, f"{verb}d"), 1)


def set_dag_priority(db: sqlite3.Connection, dag_id: str, priority: int | None, at: float, by: str, why: str) -> int:
    """None: back to what the DAG file says. Recorded with who and why; returns the number of the event."""
    db.execute(
        "INSERT INTO dag (dag_id, priority) VALUES (?1, ?2) ON CONFLICT (dag_id) DO UPDATE SET priority = ?2",
        (dag_id, priority),
    )
    AUDIT.write(db, [AuditRow(at, by, f"priority {'default' if priority is None else priority}", dag_id, why)])
    return tell(db, at, dag_event(dag_id, "priority"), 1)


def tell_loaded(db: sqlite3.Connection, loaded: Sequence[str], gone: Sequence[str], at: float) -> None:
    """That these DAGs were loaded anew, and that those are no longer there."""
    for dag_id, state in (*((id_, "loaded") for id_ in loaded), *((id_, "gone") for id_ in gone)):
        tell(db, at, dag_event(dag_id, state), 1)
