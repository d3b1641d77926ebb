"""Pruning: old runs leave, rows first and then their files, a few runs at a time so that nobody waits for it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from flowlite.store.ask import Question

RUNS_AT_A_TIME = 50
PAGES_AT_A_TIME = 500
TABLES = ("attempt", "task_instance", "node", "progress", "group_retry", "deadline", "asset_use")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What has left. The files (paths below the state folder) are the caller's to delete: the rows are gone."""

    runs: int
    files: tuple[str, ...]


def old_runs(older_than: float, keep_runs: int) -> Question[list[int]]:
    """Finished runs that ended before then, without the newest `keep_runs` of each DAG, oldest first."""
    placed = "SELECT id, ended_at, row_number() OVER (PARTITION BY dag_id ORDER BY id DESC) AS place FROM run"
    rows = yield f"SELECT id FROM ({placed}) WHERE ended_at < ? AND place > ? ORDER BY id", (older_than, keep_runs)
    return [row[0] for row in rows]


def remove_runs(db: sqlite3.Connection, runs: Sequence[int]) -> list[str]:
    """All rows of these runs that have not been cleared meanwhile; returns their files."""
    gone = json.dumps(runs)
    rows = db.execute(
        "SELECT id FROM run WHERE id IN (SELECT value FROM json_each(?)) AND ended_at IS NOT NULL", (gone,)
    )
    gone = json.dumps([row[0] for row in rows])
    files = _files_of(db, gone)
    _keep_the_last_number(db)
    for table in TABLES:
        db.execute(f"DELETE FROM {table} WHERE run_id IN (SELECT value FROM json_each(?))", (gone,))
    # The latest update of each asset stays: it is the answer to "how fresh is it".
    db.execute(
        "DELETE FROM asset_update WHERE run_id IN (SELECT value FROM json_each(?)) "
        "AND seq < (SELECT max(seq) FROM asset_update AS newer WHERE newer.asset = asset_update.asset)",
        (gone,),
    )
    db.execute("DELETE FROM run WHERE id IN (SELECT value FROM json_each(?))", (gone,))
    return files


def _files_of(db: sqlite3.Connection, runs: str) -> list[str]:
    rows = db.execute(
        "SELECT log, CASE WHEN result LIKE '@%' THEN substr(result, 2) END FROM attempt "
        "WHERE run_id IN (SELECT value FROM json_each(?)) AND (log IS NOT NULL OR result LIKE '@%')",
        (runs,),
    )
    return [file for row in rows for file in row if file is not None]


def _keep_the_last_number(db: sqlite3.Connection) -> None:
    """Numbers of pruned runs are not given again."""
    db.execute(
        "INSERT INTO state_meta SELECT 'last_run', CAST(max(id) AS TEXT) FROM run HAVING max(id) IS NOT NULL "
        "ON CONFLICT (key) DO UPDATE SET value = excluded.value "
        "WHERE CAST(excluded.value AS INTEGER) > CAST(value AS INTEGER)"
    )


def remove_the_told(db: sqlite3.Connection, older_than: float) -> None:
    """Old events (the last one stays: numbers go on from it), messages that went out, decided intervals, backfills
    whose runs have left, versions that nothing uses."""
    db.execute("DELETE FROM event WHERE at < ? AND seq < (SELECT max(seq) FROM event)", (older_than,))
    db.execute("DELETE FROM outbox WHERE sent_at < ?", (older_than,))
    db.execute("DELETE FROM due_interval WHERE at < ?", (older_than,))
    db.execute(
        "DELETE FROM backfill WHERE created_at < ? AND NOT EXISTS (SELECT 1 FROM backfill_day d "
        "JOIN run ON run.id = d.run_id WHERE d.backfill_id = backfill.id)",
        (older_than,),
    )
    unused = (
        "SELECT version FROM dag_version v WHERE made_at < ? "
        "AND NOT EXISTS (SELECT 1 FROM run WHERE run.version = v.version) "
        "AND NOT EXISTS (SELECT 1 FROM dag WHERE dag.version = v.version)"
    )
    db.execute(f"DELETE FROM task WHERE version IN ({unused})", (older_than,))
    db.execute(f"DELETE FROM dag_version WHERE version IN ({unused})", (older_than,))


def give_back(db: sqlite3.Connection) -> bool:
    """Give some free pages back to the file system; False: there are none left, or this file can't give any back."""
    before = db.execute("PRAGMA freelist_count").fetchone()
    db.execute(f"PRAGMA incremental_vacuum({PAGES_AT_A_TIME})").fetchall()
    after = db.execute("PRAGMA freelist_count").fetchone()
    return bool(0 < after[0] < before[0])
