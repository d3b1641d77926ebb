"""What happened after a world's moment, done again to its state file: each event as it was, at its instant.

The events come from a later copy of the same state, and so do the rows that came with them (attempts, nodes, progress).
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

FINISHED_RUN = ("success", "failed", "cancelled")
# What is simply there once its time has come: table -> the column that says when, and its key.
WITH_TIMES = {
    "attempt": "ended_at", "node": "at", "progress": "at", "asset_update": "at", "audit": "at", "deadline": "due_at",
    "backfill": "created_at",
}  # fmt: skip


def happen(file: Path, later: Path, since: float, until: float) -> int:
    """All of it between two instants; how many events that were."""
    with closing(sqlite3.connect(file, timeout=10, isolation_level=None)) as db:
        db.execute("ATTACH ? AS later", (str(later),))
        db.execute("BEGIN IMMEDIATE")
        (last,) = db.execute("SELECT coalesce(max(seq), 0) FROM main.event").fetchone()
        found = db.execute(
            "SELECT seq, at, size, body FROM later.event WHERE seq > ? AND at <= ? ORDER BY seq", (last, until)
        ).fetchall()
        for event in found:
            db.execute("INSERT INTO main.event VALUES (?, ?, ?, ?)", event)
            for kind, *fact in json.loads(event[3]):
                if kind in CHANGES:
                    CHANGES[kind](db, event[1], *fact)
        for table, when in WITH_TIMES.items():
            db.execute(
                f"INSERT OR REPLACE INTO main.{table} SELECT * FROM later.{table} WHERE {when} > ? AND {when} <= ?",
                (since, until),
            )
        db.execute("INSERT OR IGNORE INTO main.backfill_day SELECT * FROM later.backfill_day WHERE backfill_id IN "
                   "(SELECT id FROM main.backfill)")  # fmt: skip
        db.execute("COMMIT")
        return sum(event[2] for event in found)


def run_changes(db: sqlite3.Connection, at: float, run: int, state: str) -> None:
    """A run is created, begins or ends."""
    if not db.execute("SELECT 1 FROM main.run WHERE id = ?", (run,)).fetchone():
        db.execute("INSERT INTO main.run SELECT * FROM later.run WHERE id = ?", (run,))
        db.execute(
            "INSERT INTO main.task_instance SELECT run_id, task_no, map_index, 'pending', since, 0, 0, 0, 0, 0, NULL, "
            "NULL, NULL, NULL, NULL, NULL FROM later.task_instance WHERE run_id = ? AND map_index < 0", (run,),
        )  # fmt: skip
    (was,) = db.execute("SELECT had_failures FROM later.run WHERE id = ?", (run,)).fetchone() or (0,)
    db.execute(
        "UPDATE main.run SET state = ?1, had_failures = ?2, ended_at = iif(?3, ?4, NULL), "
        "started_at = iif(?1 = 'queued', started_at, coalesce(started_at, ?4)) WHERE id = ?5",
        (state, was if state in FINISHED_RUN else 0, state in FINISHED_RUN, at, run),
    )


def task_changes(db: sqlite3.Connection, at: float, run: int, task: int, index: int, state: str, attempt: int) -> None:
    """A task instance moves; an element of a map may be new."""
    key = (run, task, index)
    later = db.execute(
        "SELECT * FROM later.task_instance WHERE run_id = ? AND task_no = ? AND map_index = ?", key
    ).fetchone()
    if later is None:
        return
    if later[3] == state and later[5] == attempt:
        marks = ", ".join("?" * len(later))
        db.execute(f"INSERT OR REPLACE INTO main.task_instance VALUES ({marks})", later)
        return
    if not db.execute(
        "SELECT 1 FROM main.task_instance WHERE run_id = ? AND task_no = ? AND map_index = ?", key
    ).fetchone():
        db.execute(
            "INSERT INTO main.task_instance (run_id, task_no, map_index, state, since, attempt, poke, failures, "
            "losses, ooms) VALUES (?, ?, ?, 'pending', ?, 0, 0, 0, 0, 0)", (*key, at),
        )  # fmt: skip
    db.execute(
        "UPDATE main.task_instance SET state = ?1, since = ?2, attempt = ?3, "
        "started_at = iif(?1 = 'running', ?2, started_at), resume_at = NULL "
        "WHERE run_id = ?4 AND task_no = ?5 AND map_index = ?6",
        (state, at, attempt, *key),
    )


CHANGES = {"r": run_changes, "t": task_changes}
