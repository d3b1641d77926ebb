"""Gives the pressed time of a recording back its length: minutes were played in seconds.

A run of the past moves to where its data interval ended, one of the present keeps its end and reaches further back. All
instants in the state file and in the logs move along; nothing else of what was recorded is touched, but for the folder
in which it happened to be.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from worlds.company import HOME

WHO = "anna"
LOGS_OF_LAST = 2  # runs of each DAG
STAMP = re.compile(rb"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3})Z", re.MULTILINE)

Move = Callable[[float], float]

TIMES_BY_RUN = {
    "run": ("id", ("created_at", "started_at", "ended_at", "base_at")),
    "task_instance": ("run_id", ("since", "started_at", "resume_at", "wait_until")),
    "attempt": ("run_id", ("started_at", "ended_at")),
    "node": ("run_id", ("started_at", "ended_at", "at")),
    "progress": ("run_id", ("at",)),
    "asset_update": ("run_id", ("at",)),
}
TIMES = {"event": ("at",), "backfill": ("created_at",), "audit": ("at",), "problem": ("since",)}
PATHS = {"attempt": ("error",), "dag_version": ("file", "about"), "problem": ("file", "message", "fix")}


class Pressing(NamedTuple):
    """How a recording was made."""

    present_began_at: float
    now: float
    past: float
    present: float
    folder: Path


def stretched(file: Path, how: Pressing) -> dict[int, Move]:
    """Move everything in a state file; how each run was moved, for its logs."""
    with closing(sqlite3.connect(file)) as db:
        moves = moves_of(db, how)
        now: Move = lambda at: how.now + (at - how.now) * how.present  # noqa: E731  one among others
        triggers = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:  # the audit can't be changed otherwise
            db.execute(f"DROP TRIGGER {name}")
        db.create_function("moved", 2, lambda run, at: at if at is None else moves.get(run, now)(at))
        for table, (key, columns) in TIMES_BY_RUN.items():
            change(db, table, (f"{one} = moved({key}, {one})" for one in columns))
        for table, columns in TIMES.items():
            change(db, table, (f"{one} = moved(NULL, {one})" for one in columns))
        of_people(db, how)
        deadlines(db, how, moves)
        plans(db, how)
        for table, columns in PATHS.items():
            change(db, table, (f"{one} = replace({one}, '{how.folder}', '{HOME}')" for one in columns))
        db.execute("DELETE FROM event WHERE at < ?", (now(how.present_began_at),))
        db.execute("UPDATE due_interval SET at = ends_at")
        for _, sql in triggers:
            db.execute(sql)
        db.commit()
        db.execute("VACUUM")
    return moves


def change(db: sqlite3.Connection, table: str, what: Iterable[str]) -> None:
    """All its rows."""
    db.execute(f"UPDATE {table} SET {', '.join(what)}")


def of_people(db: sqlite3.Connection, how: Pressing) -> None:
    """Runs that were started by hand are about the instant at which they were."""
    db.execute(
        "UPDATE run SET logical_date = created_at, data_interval_start = created_at, data_interval_end = created_at "
        "WHERE kind IN ('manual', 'asset')"
    )
    db.execute("UPDATE run SET asked_by = ? WHERE kind = 'manual'", (WHO,))
    db.execute("UPDATE backfill SET asked_by = ?", (WHO,))
    db.execute("UPDATE audit SET by = ?", (WHO,))


def deadlines(db: sqlite3.Connection, how: Pressing, moves: dict[int, Move]) -> None:
    """As far from the end of the interval as their DAG says, and kept or not by when the run ended."""
    rows = db.execute(
        "SELECT d.run_id, d.task_no, d.due_at, r.data_interval_end, r.ended_at FROM deadline d JOIN run r "
        "ON r.id = d.run_id"
    )
    for run, task, due_at, interval_end, ended_at in rows.fetchall():
        if run in moves:
            due_at = interval_end + (due_at - interval_end) * how.present
        else:
            due_at = how.now + (due_at - how.now) * how.present
        was_met = ended_at is not None and ended_at <= due_at
        values = (due_at, was_met, run, task)
        db.execute("UPDATE deadline SET due_at = ?, was_met = ? WHERE run_id = ? AND task_no = ?", values)


def plans(db: sqlite3.Connection, how: Pressing) -> None:
    """Plans of DAGs say the lengths that were declared, not the pressed ones that the recording was played with."""
    for version, graph in db.execute("SELECT version, graph FROM dag_version").fetchall():
        plan = json.dumps(relaxed(json.loads(graph), how.present), separators=(",", ":"))
        db.execute("UPDATE dag_version SET graph = ? WHERE version = ?", (plan, version))


def relaxed(plan: dict[str, Any], by: float) -> dict[str, Any]:
    """With its deadline and the delays of its retries so much longer: what acting.py presses."""
    delays = [task["retry"] for task in plan["tasks"] if "delay_s" in task.get("retry", {})]
    for of, name in ((plan, "sla_s"), *((retry, "delay_s") for retry in delays)):
        if of.get(name) is not None:
            of[name] *= by
    return plan


def moves_of(db: sqlite3.Connection, how: Pressing) -> dict[int, Move]:
    """For each run of the past: its start goes to where its interval ended, and what followed from it to its end."""
    found: dict[int, Move] = {}
    ends: dict[str, float] = {}
    rows = db.execute(
        "SELECT id, dag_id, asked_by, data_interval_end, started_at, ended_at FROM run WHERE started_at IS NOT NULL "
        "AND started_at < ? AND ended_at IS NOT NULL ORDER BY id", (how.present_began_at,),
    )  # fmt: skip
    for run, dag_id, asked_by, interval_end, started_at, ended_at in rows.fetchall():
        base = ends.get(asked_by, interval_end)

        def move(at: float, base: float = base, start: float = started_at) -> float:
            return base + max(at - start, 0.0) * how.past

        found[run] = move
        ends[f"run {run} of {dag_id}"] = move(ended_at)
    return found


def logs_kept(file: Path) -> set[str]:
    """The folders of the last runs of each DAG, below `logs`."""
    with closing(sqlite3.connect(file)) as db:
        rows = db.execute("SELECT dag_id, id FROM run ORDER BY dag_id, id DESC").fetchall()
    found: dict[str, list[int]] = {}
    for dag_id, run in rows:
        found.setdefault(dag_id, []).append(run)
    return {f"{dag_id}/{run}" for dag_id, runs in found.items() for run in runs[:LOGS_OF_LAST]}


def stretched_log(text: bytes, move: Move, how: Pressing) -> bytes:
    """With every line at its moved instant."""

    def moved(found: re.Match[bytes]) -> bytes:
        at = datetime.fromisoformat(found[1].decode()).replace(tzinfo=UTC).timestamp()
        return datetime.fromtimestamp(move(at), UTC).isoformat(timespec="milliseconds")[:23].encode() + b"Z"

    return STAMP.sub(moved, text).replace(str(how.folder).encode(), HOME.encode())
