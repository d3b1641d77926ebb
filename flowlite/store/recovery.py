"""What an engine reads: everything unfinished at its start, and later a run, a date, a result. Exact in every digit."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from flowlite.core.rows import DeadlineRow, GroupRow, InstanceRow, IntentRow, RunRow
from flowlite.store.ask import Question, packed
from flowlite.store.commit import INSTANCE, RUN_FIXED, RUN_MOVING
from flowlite.store.views import PoolView, Unfinished

RUN = f"{RUN_FIXED}, {', '.join(RUN_MOVING)}"
LIVE = "state IN ('queued', 'running')"
OF_LIVE = f"run_id IN (SELECT id FROM run WHERE {LIVE})"


def unfinished() -> Question[Unfinished]:
    """One look at all that a machine needs to go on."""
    runs = yield f"SELECT {RUN} FROM run WHERE {LIVE} ORDER BY id", ()
    instances = yield f"SELECT {INSTANCE} FROM task_instance WHERE {OF_LIVE} ORDER BY run_id, task_no, map_index", ()
    groups = yield f"SELECT run_id, group_id, retries, resume_at FROM group_retry WHERE {OF_LIVE} ORDER BY run_id", ()
    deadlines = yield f"SELECT run_id, task_no, due_at, was_met FROM deadline WHERE {OF_LIVE} ORDER BY run_id", ()
    intents = yield "SELECT id, dag_id, logical_date, cause FROM intent ORDER BY id", ()
    next_run, next_intent = yield from _next_numbers()
    failing = yield from failing_dags()
    return Unfinished(
        runs=[run_row(row) for row in runs],
        instances=_by_run(instance_row(row) for row in instances),
        groups=_by_run(GroupRow(*row) for row in groups),
        deadlines=_by_run(DeadlineRow(run, task, due_at, bool(was_met)) for run, task, due_at, was_met in deadlines),
        intents=[IntentRow(*row) for row in intents],
        next_run=next_run,
        next_intent=next_intent,
        failing=failing,
    )


def _by_run(rows: Iterable[Any]) -> dict[int, list[Any]]:
    return {run: list(found) for run, found in groupby(rows, lambda row: row[0])}


def _next_numbers() -> Question[tuple[int, int]]:
    """Numbers of pruned runs are not given again: their logs and links would be taken for those of the new one."""
    pruned = yield "SELECT CAST(value AS INTEGER) FROM state_meta WHERE key = 'last_run'", ()
    last = yield "SELECT (SELECT coalesce(max(id), 0) FROM run), (SELECT coalesce(max(id), 0) FROM intent)", ()
    last_run, last_intent = last[0]
    return max([last_run, *(row[0] for row in pruned)]) + 1, last_intent + 1


def failing_dags() -> Question[dict[str, int]]:
    """DAGs whose run that ended last has failed, with the first that failed since one succeeded."""
    last_end = "SELECT state FROM run WHERE dag_id = dag.dag_id AND ended_at IS NOT NULL ORDER BY ended_at DESC LIMIT 1"
    ended = "FROM run WHERE dag_id = dag.dag_id AND ended_at IS NOT NULL"
    success = f"SELECT ended_at {ended} AND state = 'success' ORDER BY ended_at DESC LIMIT 1"
    first = f"SELECT id {ended} AND state = 'failed' AND ended_at > coalesce(({success}), 0) ORDER BY ended_at LIMIT 1"
    rows = yield f"SELECT dag_id, ({first}) FROM dag WHERE 'failed' = ({last_end})", ()
    return {dag_id: run for dag_id, run in rows if run is not None}


def load_run(run: int) -> Question[tuple[RunRow, list[InstanceRow], list[GroupRow]] | None]:
    """All rows of one run, or None."""
    rows = yield f"SELECT {RUN} FROM run WHERE id = ?", (run,)
    if not rows:
        return None
    instances = yield f"SELECT {INSTANCE} FROM task_instance WHERE run_id = ? ORDER BY task_no, map_index", (run,)
    groups = yield "SELECT run_id, group_id, retries, resume_at FROM group_retry WHERE run_id = ?", (run,)
    return run_row(rows[0]), [instance_row(row) for row in instances], [GroupRow(*row) for row in groups]


def run_at(dag_id: str, logical_date: float) -> Question[RunRow | None]:
    """The run of that date, of whatever kind."""
    rows = yield f"SELECT {RUN} FROM run WHERE dag_id = ? AND logical_date = ?", (dag_id, logical_date)
    return run_row(rows[0]) if rows else None


def runs_between(dag_id: str, first: float, last: float) -> Question[dict[float, RunRow]]:
    """The runs of a DAG by logical date, both ends included, of whatever kind."""
    rows = yield (
        f"SELECT {RUN} FROM run WHERE dag_id = ? AND logical_date BETWEEN ? AND ? ORDER BY logical_date",
        (dag_id, first, last),
    )
    return {found.logical_date: found for found in map(run_row, rows)}


def run_asked_by(dag_id: str, asked_by: str) -> Question[RunRow | None]:
    """The run of a DAG that was asked for under this name."""
    rows = yield f"SELECT {RUN} FROM run WHERE dag_id = ? AND asked_by = ? ORDER BY id DESC LIMIT 1", (dag_id, asked_by)
    return run_row(rows[0]) if rows else None


def graph_json(version: int) -> Question[str]:
    """The graph as it was given to add_version. Raises KeyError."""
    rows = yield "SELECT graph FROM dag_version WHERE version = ?", (version,)
    if not rows:
        raise KeyError(version)
    return str(rows[0][0])


def results(run: int, task: int) -> Question[dict[int, str | None]]:
    """Map index -> text of the result, of the instances in success; one that was marked by hand has none."""
    rows = yield from packed(
        "i.map_index AS map_index, a.result AS result",
        "FROM task_instance i LEFT JOIN attempt a ON a.run_id = i.run_id AND a.task_no = i.task_no "
        "AND a.map_index = i.map_index AND a.number = i.attempt AND a.outcome = 'success' "
        "WHERE i.run_id = ? AND i.task_no = ? AND i.state = 'success'",
        (run, task),
    )
    return {index: text for index, text in rows}  # noqa: C416 (dict() does not see the pairs in lists)


def pools() -> Question[dict[str, PoolView]]:
    """The pools that the store knows, by name."""
    rows = yield "SELECT name, size, is_by_hand FROM pool ORDER BY name", ()
    return {name: PoolView(name=name, size=size, is_by_hand=bool(by_hand)) for name, size, by_hand in rows}


def dag_priorities() -> Question[dict[str, int]]:
    """What people gave DAGs by hand."""
    rows = yield "SELECT dag_id, priority FROM dag WHERE priority IS NOT NULL", ()
    return {dag_id: priority for dag_id, priority in rows}  # noqa: C416 (dict() does not see the pairs in lists)


def run_row(row: Sequence[Any]) -> RunRow:
    """As the machine made it."""
    found = RunRow(*row)
    return found._replace(has_rows=bool(found.has_rows), had_failures=bool(found.had_failures))


def instance_row(row: Sequence[Any]) -> InstanceRow:
    """As the machine made it; `was` is the state on disk."""
    facts = None if row[15] is None else json.loads(row[15])
    return InstanceRow._make((*row[:15], facts, row[3]))
