"""Questions about how runs went: the attempts of one, and those of the last ones of a DAG."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from flowlite.store.ask import Question, packed
from flowlite.store.shown_whole import columns, last_event

ATTEMPTS = "task_no, map_index, number, pokes, outcome, started_at, ended_at"
ATTEMPTS_LOOKED_AT = 10_000
FAILURES = "('failed', 'timed_out', 'out_of_memory', 'lost')"
# Whole milliseconds: to write and read dates with fractions as text is most of what this would cost.
OF_MANY = (
    "run_id, task_no, number, "
    f"CASE WHEN outcome = 'success' THEN 1 WHEN outcome IN {FAILURES} THEN 2 ELSE 0 END AS how, "
    "CAST(started_at * 1000 AS INTEGER) AS started_ms, CAST(ended_at * 1000 AS INTEGER) AS ended_ms"
)


class RunTook(NamedTuple):
    """A run that is over."""

    id: int
    version: int
    kind: str
    state: str
    logical_date: float
    started_at: float
    ended_at: float


class Took(NamedTuple):
    """Attempts of some runs in columns, run by run and task by task. `how`: 1 it succeeded, 2 it failed, 0 neither;
    times are milliseconds since the epoch. `runs`: how many of those asked for were looked at."""

    runs: int
    run_id: list[int]
    task_no: list[int]
    number: list[int]
    how: list[int]
    started_ms: list[int]
    ended_ms: list[int]


class Failed(NamedTuple):
    """An attempt that failed."""

    task_no: int
    map_index: int
    number: int
    outcome: str
    ended_at: float


def attempts_of_run(run: int) -> Question[tuple[int, int, str, list[Failed]] | None]:
    """The last event's number, the version of its graph, JSON in columns of its attempts that are over, and those that
    failed; None: there is no such run."""
    seq = yield from last_event()
    found = yield "SELECT version FROM run WHERE id = ?", (run,)
    if not found:
        return None
    text = yield from columns(ATTEMPTS, "FROM attempt WHERE run_id = ? ORDER BY task_no, map_index, number", (run,))
    failed = yield from packed(
        "task_no, map_index, number, outcome, ended_at",
        f"FROM attempt WHERE run_id = ? AND outcome IN {FAILURES} ORDER BY task_no, map_index, number",
        (run,),
    )
    return seq, int(found[0][0]), text, [Failed(*row) for row in failed]


def last_runs(dag_id: str, last: int) -> Question[list[RunTook]]:
    """Its last runs that are over, the newest first; cancelled ones and those that never started are left out."""
    rows = yield from packed(
        "id, version, kind, state, logical_date, started_at, ended_at",
        "FROM run WHERE dag_id = ? AND ended_at IS NOT NULL AND started_at IS NOT NULL AND state <> 'cancelled' "
        "ORDER BY ended_at DESC LIMIT ?",
        (dag_id, last),
    )
    return [RunTook(*row) for row in rows]


def attempts_of_runs(runs: Sequence[int]) -> Question[Took]:
    """Of the first of these runs, as many as there is time for if all are of its size."""
    size = yield "SELECT count(*) FROM attempt WHERE run_id = ?", tuple(runs[:1] or (-1,))
    looked_at = runs[: max(ATTEMPTS_LOOKED_AT // max(int(size[0][0]), 1), 1)]
    source = "FROM attempt WHERE run_id IN (SELECT value FROM json_each(?)) ORDER BY run_id, task_no"
    text = yield from columns(OF_MANY, source, (json.dumps(list(looked_at)),))
    return Took(len(looked_at), **json.loads(text))
