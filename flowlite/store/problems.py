"""What is wrong with DAG files: kept by the daemon, read by everybody."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from flowlite.store.ask import Question
from flowlite.store.commit import tell
from flowlite.store.events import dag_event
from flowlite.store.shown_runs import made
from flowlite.store.views import ProblemView

Found = Sequence[tuple[str, int | None, str, str]]  # file, line, message, fix


def keep(db: sqlite3.Connection, found: Found, at: float) -> None:
    """These and no others; one that was there before keeps its time. Told as an event if anything is new."""
    known = {(file, message): since for file, message, since in db.execute("SELECT file, message, since FROM problem")}
    if {(file, message) for file, _, message, _ in found} != known.keys():
        tell(db, at, dag_event("", "problems"), 1)
    db.execute("DELETE FROM problem")
    db.executemany(
        "INSERT OR IGNORE INTO problem (file, line, message, fix, since) VALUES (?, ?, ?, ?, ?)",
        [(file, line, message, fix, known.get((file, message), at)) for file, line, message, fix in found],
    )


def problems() -> Question[list[ProblemView]]:
    """By file and line."""
    rows = yield "SELECT file, line, message, fix, since FROM problem ORDER BY file, line", ()
    return made(ProblemView, rows)
