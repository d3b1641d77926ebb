"""One commit: the machine's changes and what belongs with them, written within one transaction.

The rows of `task_instance` and `attempt` come in the order of the columns and are not touched on their way.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from flowlite.core.rows import AttemptRow, Changes, Evidence, InstanceRow, RunRow
from flowlite.store.bulk import Bulk, insert, overwritten, upsert
from flowlite.store.errors import DateTaken, StaleRow
from flowlite.store.events import body_of
from flowlite.store.rows import OutboxRow, ProgressRow, ReportRow

RUN_FIXED = (
    "id, dag_id, version, kind, lane, lane_order, logical_date, data_interval_start, data_interval_end, params, "
    "asked_by, created_at"
)
RUN_MOVING = ("state", "priority", "wish", "to_do", "has_rows", "base_at", "started_at", "ended_at", "had_failures")
INSTANCE = (
    "run_id, task_no, map_index, state, since, attempt, poke, failures, losses, ooms, started_at, resume_at, "
    "wait_until, wish, width, facts"
)
ATTEMPT = (
    "run_id, task_no, map_index, number, pokes, started_at, ended_at, outcome, exit_code, error, peak_rss_bytes, "
    "log, result"
)
NO_EVIDENCE = Evidence()

RUNS = insert(
    "run",
    f"{RUN_FIXED}, {', '.join(RUN_MOVING)}",
    then=f"ON CONFLICT (id) DO UPDATE SET {overwritten('lane', 'lane_order', *RUN_MOVING)}",
)
# The 17th value is `was`: NULL for a new row.
NEW_INSTANCES = Bulk(
    f"INSERT INTO task_instance ({INSTANCE}) "
    f"SELECT {', '.join(f'column{n}' for n in range(1, 17))} FROM (VALUES {{rows}}) WHERE column17 IS NULL",
    17,
)
# Compare-and-set: the old state, and the attempt as a fence; a commit can begin at most one new attempt of an instance.
MOVED_INSTANCES = Bulk(
    "UPDATE task_instance SET "
    + ", ".join(f"{name.strip()} = column{n}" for n, name in enumerate(INSTANCE.split(","), 1) if n > 3)
    + " FROM (VALUES {rows}) WHERE run_id = column1 AND task_no = column2 AND map_index = column3"
    " AND state = column17 AND attempt BETWEEN column6 - 1 AND column6",
    17,
)
ATTEMPTS = insert("attempt", ATTEMPT)
GROUPS = upsert("group_retry", "run_id, group_id", "retries, resume_at")
INTENTS = insert("intent", "id, dag_id, logical_date, cause")
DEADLINES = upsert("deadline", "run_id, task_no", "due_at, was_met")
ASSETS = insert("asset_update", "asset, at, run_id, task_no, map_index")
INTERVALS = insert(
    "due_interval",
    "dag_id, starts_at, ends_at, decision, run_id, reason, at",
    then="ON CONFLICT (dag_id, starts_at) DO NOTHING",  # decided before, under another schedule
)
SCHEDULES = upsert("schedule", "dag_id", "decided_until, rule, was_paused, seen_update, next_due_at")
ASSET_USES = insert("asset_use", "run_id, update_seq")
POOLS = upsert("pool", "name", "size, is_by_hand")
BACKFILLS = insert(
    "backfill",
    "id, dag_id, starts_at, ends_at, concurrency, reprocess, is_newest_first, params, asked_by, created_at, is_paused, "
    "is_cancelled",
    then=f"ON CONFLICT (id) DO UPDATE SET {overwritten('concurrency', 'is_paused', 'is_cancelled')}",
)
BACKFILL_DAYS = insert("backfill_day", "backfill_id, logical_date, data_interval_end, decision, reason, run_id")
AUDIT = insert("audit", "at, by, verb, target, why")
NODES = upsert("node", "run_id, task_no, map_index, attempt, node_id", "state, started_at, ended_at, rows, message, at")
PROGRESS = upsert("progress", "run_id, task_no, map_index", "attempt, done, total, note, at")
OUTBOX = insert(
    "outbox", "channel, kind, dedup_key, payload, due_at", then="ON CONFLICT (channel, dedup_key) DO NOTHING"
)
EVENT = "INSERT INTO event (seq, at, size, body) SELECT coalesce(max(seq), 0) + ?1, ?2, ?1, ?3 FROM event RETURNING seq"


def write(
    db: sqlite3.Connection,
    changes: Changes,
    at: float,
    reports: Sequence[ReportRow | ProgressRow] = (),
    outbox: Sequence[OutboxRow] = (),
) -> int:
    """Write all of it; returns the number of the last event. Raises StaleRow or DateTaken with nothing to keep."""
    if changes.runs:
        _write_runs(db, changes.runs)
    if changes.instances:
        _write_instances(db, changes.instances)
    if changes.attempts:
        ATTEMPTS.write(db, [flat(row) for row in changes.attempts])
    _write_rest(db, changes)
    if reports:
        NODES.write(db, [row for row in reports if isinstance(row, ReportRow)])
        PROGRESS.write(db, [row for row in reports if isinstance(row, ProgressRow)])
    OUTBOX.write(db, outbox)
    return tell(db, at, *body_of(changes, reports))


def tell(db: sqlite3.Connection, at: float, body: str, size: int) -> int:
    """Write the events of this unit; returns the number of the last one that there is."""
    if size:
        return int(db.execute(EVENT, (size, at, body)).fetchone()[0])
    return int(db.execute("SELECT coalesce(max(seq), 0) FROM event").fetchone()[0])


def _write_rest(db: sqlite3.Connection, changes: Changes) -> None:
    """What most commits have nothing of: an empty list costs no statement."""
    GROUPS.write(db, changes.groups)
    INTENTS.write(db, changes.intents)
    if changes.intents_done:
        db.executemany("DELETE FROM intent WHERE id = ?", [(id_,) for id_ in changes.intents_done])
    DEADLINES.write(db, changes.deadlines)
    ASSETS.write(db, changes.assets)
    POOLS.write(db, changes.pools)
    INTERVALS.write(db, changes.intervals)
    SCHEDULES.write(db, changes.schedules)
    ASSET_USES.write(db, changes.asset_uses)
    BACKFILLS.write(db, changes.backfills)
    BACKFILL_DAYS.write(db, changes.backfill_days)
    AUDIT.write(db, changes.audit)


def flat(row: AttemptRow) -> tuple[Any, ...]:
    """The evidence in columns of its own."""
    return row[:8] + (row[8] or NO_EVIDENCE)


# --- runs -------------------------------------------------------------------------------------------------------------
def _write_runs(db: sqlite3.Connection, rows: Sequence[RunRow]) -> None:
    try:
        RUNS.write(db, rows)
    except sqlite3.IntegrityError as error:
        if "run.logical_date" not in str(error):
            raise
        raise date_taken(db, rows) from error


def date_taken(db: sqlite3.Connection, rows: Sequence[RunRow]) -> DateTaken:
    """Which of these runs wants a date that another run has?"""
    holders = {(row.dag_id, row.logical_date): row.id for row in reversed(rows)}
    for row in rows:
        found = db.execute(
            "SELECT id FROM run WHERE dag_id = ? AND logical_date = ?", (row.dag_id, row.logical_date)
        ).fetchone()  # fmt: skip
        holder = found[0] if found else holders[row.dag_id, row.logical_date]
        if holder != row.id:
            return DateTaken(row.dag_id, row.logical_date, holder)
    raise AssertionError("the schema refused a date that nobody has")


# --- task instances ---------------------------------------------------------------------------------------------------
def _write_instances(db: sqlite3.Connection, rows: Sequence[InstanceRow]) -> None:
    rows = [row if row[15] is None else with_text(row) for row in rows]
    new = [row for row in rows if row[16] is None]
    moved = rows if not new else [row for row in rows if row[16] is not None]
    if new:
        _insert(db, new)
    if moved and MOVED_INSTANCES.write(db, moved) != len(moved):
        raise stale(db, moved)


def _insert(db: sqlite3.Connection, new: Sequence[InstanceRow]) -> None:
    try:
        NEW_INSTANCES.write(db, new)
    except sqlite3.IntegrityError as error:
        if "UNIQUE" not in str(error):
            raise
        raise StaleRow("a task instance that should be new is in the store already; nothing was written") from error


def with_text(row: InstanceRow) -> InstanceRow:
    """The facts as JSON text."""
    assert isinstance(row.facts, Mapping)
    return InstanceRow(*row[:15], json.dumps(dict(row.facts)), row.was)  # type: ignore[arg-type]


def stale(db: sqlite3.Connection, rows: Sequence[InstanceRow]) -> StaleRow:
    """Name the first row that is not where it was thought to be."""
    for row in rows:
        found = db.execute(
            "SELECT state, attempt FROM task_instance WHERE run_id = ? AND task_no = ? AND map_index = ?", row[:3]
        ).fetchone()
        if found != (row.state, row.attempt):
            have = f"is {found[0]}, attempt {found[1]}" if found else "does not exist"
            return StaleRow(
                f"task {row.task}[{row.index}] of run {row.run} should move from {row.was} to {row.state}, attempt "
                f"{row.attempt}, but {have}; nothing was written"
            )
    return StaleRow("a task instance came twice in one commit, or had moved already; nothing was written")
