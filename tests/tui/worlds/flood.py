"""A world in which more happens than anybody can see: task instances of its largest run change state, so many a second.

Each change is what a real one is for a screen: a row in the state file, and an event in the stream.
"""

from __future__ import annotations

import json
import random
import sqlite3
import time
from contextlib import closing
from pathlib import Path

STATES = ("queued", "running", "success", "retrying", "failed")


class Flood:
    """Of one state file."""

    def __init__(self, file: Path, *, seed: int = 1) -> None:
        self._file, self._luck = file, random.Random(seed)
        with closing(sqlite3.connect(file)) as db:
            (self._run,) = db.execute(
                "SELECT run_id FROM task_instance GROUP BY run_id ORDER BY count(*) DESC LIMIT 1"
            ).fetchone()
            self._rows = db.execute(
                "SELECT task_no, map_index FROM task_instance WHERE run_id = ? AND map_index >= 0 ORDER BY 1, 2",
                (self._run,),
            ).fetchall()

    def pour(self, changes: int, at: float, *, among: int = 0) -> None:
        """So many, in one commit; only of the first ones, if it is said how many these are."""
        picked = self._luck.choices(self._rows[:among] if among else self._rows, k=changes)
        facts = [(task, index, self._luck.choice(STATES)) for task, index in picked]
        with closing(sqlite3.connect(self._file, timeout=10, isolation_level=None)) as db:
            db.execute("BEGIN IMMEDIATE")
            db.executemany(
                "UPDATE task_instance SET state = ?3, since = ?4, attempt = 1, started_at = ?4 "
                "WHERE run_id = ?5 AND task_no = ?1 AND map_index = ?2",
                [(*fact, at, self._run) for fact in facts],
            )
            (last,) = db.execute("SELECT coalesce(max(seq), 0) FROM event").fetchone()
            body = json.dumps([["t", self._run, task, index, state, 1] for task, index, state in facts])
            db.execute("INSERT INTO event VALUES (?, ?, ?, ?)", (last + changes, at, changes, body))
            db.execute("COMMIT")


class Pace:
    """How many are due by now."""

    def __init__(self, per_s: float) -> None:
        self._per_s, self._began, self._poured = per_s, time.monotonic(), 0

    def due(self) -> int:
        """Since the last time this was asked."""
        wanted = int((time.monotonic() - self._began) * self._per_s)
        found, self._poured = wanted - self._poured, wanted
        return found
