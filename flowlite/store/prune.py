"""Pruning: what is old leaves in small units of work, so that nobody who writes has to wait for it.

A run goes in three steps. Its own row leaves first, so that nobody sees it any more, and it is noted as leaving; then
its other rows, some at a time; then its files, which are the caller's to delete, and the note. Whoever is killed in
between leaves notes, and the next one goes on with them.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from flowlite.store.ask import Question

RUNS_AT_A_TIME = 50
ROWS_AT_A_TIME = 2_000
PAGES_AT_A_TIME = 500
ALL = 9_000_000_000_000_000_000

# By table: what tells its rows of one run apart. The tables with few rows of a run leave together with it.
LARGE = {
    "attempt": "task_no, map_index, number",
    "node": "task_no, map_index, attempt, node_id",
    "progress": "task_no, map_index",
    "task_instance": "task_no, map_index",
}
SMALL = ("group_retry", "deadline", "asset_use")
OF_THESE = "run_id IN (SELECT value FROM json_each(?))"


class Leaving(NamedTuple):
    """A run whose row is gone. `is_empty`: so are its others, and only files may be left."""

    run_id: int
    dag_id: str
    is_empty: bool


def old_runs(ended_before: float, keep_runs: int, among: Sequence[int] | None = None) -> Question[list[int]]:
    """Finished runs that ended before then (those `among` these, if given), without the newest `keep_runs` of each DAG,
    oldest first."""
    newest = "SELECT min(id) FROM (SELECT id FROM run WHERE dag_id = d.dag_id ORDER BY id DESC LIMIT ?2)"
    only = "" if among is None else " AND r.id IN (SELECT value FROM json_each(?4))"
    rows = yield (
        f"SELECT r.id FROM dag d CROSS JOIN run r ON r.dag_id = d.dag_id AND r.ended_at IS NOT NULL "
        f"AND r.ended_at < ?1 WHERE r.id < coalesce(({newest}), ?3){only} ORDER BY r.ended_at, r.id",
        (ended_before, keep_runs, ALL, *(() if among is None else (json.dumps(list(among)),))),
    )
    return [row[0] for row in rows]


def dags_of(runs: Sequence[int]) -> Question[dict[int, str]]:
    """The DAGs of these runs; those that are not there are left out."""
    rows = yield "SELECT id, dag_id FROM run WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(list(runs)),)
    return {row[0]: row[1] for row in rows}


def take_out(db: sqlite3.Connection, runs: Sequence[int]) -> int:
    """The rows of these runs themselves, but for those that have been cleared meanwhile; how many."""
    rows = db.execute(
        "INSERT INTO leaving (run_id, dag_id) SELECT id, dag_id FROM run "
        "WHERE id IN (SELECT value FROM json_each(?)) AND ended_at IS NOT NULL RETURNING run_id",
        (json.dumps(list(runs)),),
    )
    gone = json.dumps([row[0] for row in rows])
    _keep_the_last_number(db)
    for table in SMALL:
        db.execute(f"DELETE FROM {table} WHERE {OF_THESE}", (gone,))
    # The latest update of each asset stays: it is the answer to "how fresh is it".
    db.execute(
        f"DELETE FROM asset_update WHERE {OF_THESE} "
        "AND seq < (SELECT max(seq) FROM asset_update AS newer WHERE newer.asset = asset_update.asset)",
        (gone,),
    )
    return db.execute("DELETE FROM run WHERE id IN (SELECT value FROM json_each(?))", (gone,)).rowcount


def _keep_the_last_number(db: sqlite3.Connection) -> None:
    """Numbers of pruned runs are not given again."""
    db.execute(
        "INSERT INTO state_meta SELECT 'last_run', CAST(max(id) AS TEXT) FROM run HAVING max(id) IS NOT NULL "
        "ON CONFLICT (key) DO UPDATE SET value = excluded.value "
        "WHERE CAST(excluded.value AS INTEGER) > CAST(value AS INTEGER)"
    )


def remove_rows(db: sqlite3.Connection) -> bool:
    """Some of the rows of runs that are leaving; False: there are none left."""
    left = ROWS_AT_A_TIME
    runs = db.execute(
        "SELECT run_id FROM leaving WHERE is_empty = 0 ORDER BY run_id LIMIT ?", (RUNS_AT_A_TIME,)
    ).fetchall()  # fmt: skip
    for (run,) in runs:
        for table, key in LARGE.items():
            some = f"SELECT {key} FROM {table} WHERE run_id = ?1 LIMIT ?2"
            left -= db.execute(f"DELETE FROM {table} WHERE run_id = ?1 AND ({key}) IN ({some})", (run, left)).rowcount
            if left <= 0:
                return True
        db.execute("UPDATE leaving SET is_empty = 1 WHERE run_id = ?", (run,))
    return bool(runs)


def leaving() -> Question[list[Leaving]]:
    """The runs that are on their way."""
    rows = yield "SELECT run_id, dag_id, is_empty FROM leaving ORDER BY run_id", ()
    return [Leaving(run, dag_id, bool(is_empty)) for run, dag_id, is_empty in rows]


def gone(db: sqlite3.Connection, runs: Sequence[int]) -> None:
    """Nothing of them is left, no file either."""
    db.execute(f"DELETE FROM leaving WHERE is_empty = 1 AND {OF_THESE}", (json.dumps(list(runs)),))


def remove_events(db: sqlite3.Connection, before: float) -> bool:
    """Some of the old events (the last one stays: numbers go on from it); False: there are none left."""
    oldest = "SELECT seq FROM event ORDER BY seq LIMIT ?2"
    done = db.execute(
        f"DELETE FROM event WHERE seq IN ({oldest}) AND at < ?1 AND seq < (SELECT max(seq) FROM event)",
        (before, ROWS_AT_A_TIME),
    )
    return done.rowcount > 0


def remove_intervals(db: sqlite3.Connection, before: float) -> bool:
    """Some of the intervals that were decided long ago; False: there are none left."""
    left = ROWS_AT_A_TIME
    for (dag_id,) in db.execute("SELECT dag_id FROM dag").fetchall():
        some = "SELECT starts_at FROM due_interval WHERE dag_id = ?1 AND starts_at < ?2 AND at < ?2 LIMIT ?3"
        done = db.execute(
            f"DELETE FROM due_interval WHERE dag_id = ?1 AND starts_at IN ({some})", (dag_id, before, left)
        )  # fmt: skip
        left -= done.rowcount
        if left <= 0:
            return True
    return False


def remove_the_told(db: sqlite3.Connection, before: float) -> None:
    """Messages that went out, backfills whose runs have left, versions that nothing uses."""
    db.execute("DELETE FROM outbox WHERE sent_at < ?", (before,))
    db.execute(
        "DELETE FROM backfill WHERE created_at < ? AND NOT EXISTS (SELECT 1 FROM backfill_day d "
        "JOIN run ON run.id = d.run_id WHERE d.backfill_id = backfill.id)",
        (before,),
    )
    unused = (
        "SELECT version FROM dag_version v WHERE made_at < ? "
        "AND NOT EXISTS (SELECT 1 FROM run WHERE run.version = v.version) "
        "AND NOT EXISTS (SELECT 1 FROM dag WHERE dag.version = v.version)"
    )
    db.execute(f"DELETE FROM task WHERE version IN ({unused})", (before,))
    db.execute(f"DELETE FROM dag_version WHERE version IN ({unused})", (before,))


def give_back(db: sqlite3.Connection) -> bool:
    """Give some free pages back to the file system; False: there are none left, or this file can't give any back."""
    before = db.execute("PRAGMA freelist_count").fetchone()
    db.execute(f"PRAGMA incremental_vacuum({PAGES_AT_A_TIME})").fetchall()
    after = db.execute("PRAGMA freelist_count").fetchone()
    return bool(0 < after[0] < before[0])
