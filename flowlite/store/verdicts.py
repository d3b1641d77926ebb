"""`db check`, the trigger rules: the newest runs are judged again, and what has run must have been allowed to.

The judge is the machine's own; what it is handed are the states in which everything has ended.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from itertools import groupby

from flowlite.core.graph import Graph
from flowlite.core.instances import Instance, Run
from flowlite.core.progress import verdict
from flowlite.core.rows import InstanceRow, RunRow
from flowlite.core.states import MARKED, State
from flowlite.core.trigger_rules import Verdict
from flowlite.store.commit import INSTANCE
from flowlite.store.recovery import RUN, instance_row, run_row

MOST_INSTANCES = 200_000  # judged, of the newest runs: a few seconds
RUNS_AT_A_TIME = 200
MOST_TOLD = 20
ENDED = {State.SKIPPED: Verdict.SKIP, State.UPSTREAM_FAILED: Verdict.BLOCK}


def violations(db: sqlite3.Connection) -> list[str]:
    """One line for each task instance that its rule does not allow to be what it is."""
    found: list[str] = []
    graphs: dict[int, Graph] = {}
    judged = 0
    for row, rows in newest_runs(db):
        judged += len(rows)
        if judged > MOST_INSTANCES or len(found) >= MOST_TOLD:
            break
        if row.version not in graphs:
            graphs[row.version] = graph_of(db, row.version)
        run = Run(row, graphs[row.version])
        run.restore(rows)
        found += [told(one, verdict(one)) for one in run.instances() if not is_allowed(one)]
        run.dissolve()
    return found[:MOST_TOLD]


def newest_runs(db: sqlite3.Connection) -> Iterator[tuple[RunRow, Sequence[InstanceRow]]]:
    """Finished ones with their rows, the newest first; not those in which a person has set a state: what followed from
    the one that was there before has its right."""
    marked = marked_runs(db)
    before = db.execute("SELECT coalesce(max(id), 0) + 1 FROM run").fetchone()[0]
    while runs := db.execute(
        f"SELECT {RUN} FROM run WHERE id < ? ORDER BY id DESC LIMIT {RUNS_AT_A_TIME}", (before,)
    ).fetchall():
        known = {row.id: row for row in map(run_row, runs) if row.ended_at is not None and row.id not in marked}
        last, before = runs[0][0], runs[-1][0]
        rows = db.execute(
            f"SELECT {INSTANCE} FROM task_instance WHERE run_id BETWEEN ? AND ? ORDER BY run_id DESC", (before, last)
        )
        for number, found in groupby(map(instance_row, rows), key=lambda row: row.run):
            if number in known:
                yield known[number], list(found)


def marked_runs(db: sqlite3.Connection) -> set[int]:
    """The audit names them `run 17 load`."""
    rows = db.execute("SELECT DISTINCT target FROM audit WHERE verb LIKE 'mark%' AND target LIKE 'run %'")
    return {int(words[1]) for (target,) in rows if (words := target.split())[1].isdigit()}


def graph_of(db: sqlite3.Connection, version: int) -> Graph:
    """Of a version of a DAG."""
    return Graph.from_json(db.execute("SELECT graph FROM dag_version WHERE version = ?", (version,)).fetchone()[0])


def is_allowed(one: Instance) -> bool:
    """Whether its rule, its conditions and the branches before it say what became of it."""
    node = one.node
    if not node.counts(one) or one.wish in MARKED or one.state is State.CANCELLED or node.is_unexpanded_map():
        return True
    if one.started_at is not None:
        return verdict(one) is Verdict.RUN
    expected = ENDED.get(one.state)
    return expected is None or verdict(one) is expected


def told(one: Instance, says: Verdict) -> str:
    """The line."""
    place = f"[{one.index}]" if one.index >= 0 else ""
    what = "ran" if one.started_at is not None else f"is {one.state}"
    said = f"{one.node.task.rule} says {says.name.lower()}"
    return f"a trigger rule is kept: not so for run {one.node.run.id} {one.node.task.id}{place}, which {what}: {said}"
