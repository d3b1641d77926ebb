"""Everything at once, for screens: a snapshot with the number of the event that it is up to, in columns.

SQLite makes the columns as JSON text, which goes out as it is: a run of ten thousand task instances costs no Python.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from flowlite.store.ask import Question, split_columns

DAGS = "d.dag_id, d.version, d.is_paused, d.priority, s.next_due_at"
RUNS = (
    "CAST(r.id AS TEXT) AS run_id, r.dag_id, r.kind, r.state, r.logical_date, r.started_at, r.ended_at, "
    "r.had_failures, r.wish"
)
RUN = (
    "CAST(id AS TEXT) AS run_id, dag_id, kind, state, logical_date, data_interval_start, data_interval_end, params, "
    "asked_by, created_at, started_at, ended_at, had_failures, priority, wish, lane"
)
TASKS = "number, id AS task_id, kind, pool, slots, is_map"
INSTANCES = "task_no, map_index, state, since, attempt, started_at, resume_at, wait_until, wish, width"
PROGRESS = "task_no, map_index, attempt, done, total, note, at"
NODES = "task_no, map_index, attempt, node_id, state, started_at, ended_at, rows, message, at"
APPROVALS = "CAST(x.run_id AS TEXT) AS run_id, r.dag_id, t.id AS task_id, x.map_index, x.since, x.wait_until"
OF_APPROVALS = (
    "FROM run r CROSS JOIN task t ON t.version = r.version AND t.kind = 'approval' "
    "CROSS JOIN task_instance x ON x.run_id = r.id AND x.task_no = t.number "
    "WHERE r.state = 'running' AND x.state = 'waiting'"
)


def columns(wanted: str, source: str, values: Sequence[object] = ()) -> Question[str]:
    """`{"name": [..], ..}` of the rows of `SELECT wanted source`."""
    names = [one.split(" AS ")[-1].split(".")[-1].strip() for one in split_columns(wanted)]
    parts = ", ".join(f"'{name}', json_group_array({name})" for name in names)
    rows = yield f"SELECT json_object({parts}) FROM (SELECT {wanted} {source})", values
    return str(rows[0][0])


def last_event() -> Question[int]:
    """The number that the rest of the same question is up to."""
    rows = yield "SELECT coalesce(max(seq), 0) FROM event", ()
    return int(rows[0][0])


def everything(runs_each: int) -> Question[tuple[int, dict[str, str]]]:
    """The last event's number; JSON of all DAGs, their last runs (newest first), how many runs there are by state, and
    what is the case now."""
    seq = yield from last_event()
    runs = yield from columns(
        RUNS,
        "FROM dag d CROSS JOIN run r ON r.id IN (SELECT id FROM run WHERE dag_id = d.dag_id ORDER BY id DESC LIMIT ?) "
        "ORDER BY r.dag_id, r.id DESC",
        (runs_each,),
    )
    counts = yield from columns("dag_id, state, count(*) AS runs", "FROM run GROUP BY dag_id, state")
    now = yield from _now()
    return seq, {**now, "runs": runs, "counts": counts}


def current() -> Question[tuple[int, dict[str, str]]]:
    """The last event's number, and JSON of what is the case now, beside runs."""
    seq = yield from last_event()
    now = yield from _now()
    return seq, now


def _now() -> Question[dict[str, str]]:
    """DAGs, pools, those who hold and wait for their slots, what waits for people, what is wrong with DAG files."""
    dags = yield from columns(DAGS, "FROM dag d LEFT JOIN schedule s ON s.dag_id = d.dag_id ORDER BY d.dag_id")
    pools = yield from columns("name, size, is_by_hand", "FROM pool ORDER BY name")
    busy = yield from columns(
        "t.pool, CAST(x.run_id AS TEXT) AS run_id, t.id AS task_id, x.state, count(*) AS instances, "
        "sum(t.slots) AS slots",
        "FROM run r CROSS JOIN task_instance x ON x.run_id = r.id AND x.state IN ('running', 'queued') "
        "CROSS JOIN task t ON t.version = r.version AND t.number = x.task_no AND t.kind <> 'approval' "
        "WHERE r.state = 'running' AND (x.map_index >= 0 OR x.width IS NULL) "
        "GROUP BY x.run_id, x.task_no, x.state ORDER BY t.pool, x.run_id, x.task_no",
    )
    approvals = yield from columns(APPROVALS, f"{OF_APPROVALS} ORDER BY x.since")
    problems = yield from columns("file, line, message, fix, since", "FROM problem ORDER BY file, line")
    return {"dags": dags, "pools": pools, "in_pools": busy, "approvals": approvals, "problems": problems}


def runs_of_ids(runs: Sequence[int]) -> Question[str]:
    """JSON of these runs, as `everything` has them."""
    among = json.dumps(list(runs))
    found = yield from columns(RUNS, "FROM run r WHERE r.id IN (SELECT value FROM json_each(?))", (among,))
    return found


def run_with_all(run: int) -> Question[tuple[int, int, dict[str, str]] | None]:
    """The last event's number; the version of its graph; JSON of the run, its tasks, task instances and progress."""
    seq = yield from last_event()
    found = yield "SELECT version FROM run WHERE id = ?", (run,)
    if not found:
        return None
    version = int(found[0][0])
    one = yield from columns(RUN, "FROM run WHERE id = ?", (run,))
    tasks = yield from columns(TASKS, "FROM task WHERE version = ? ORDER BY number", (version,))
    instances = yield from columns(
        INSTANCES, "FROM task_instance WHERE run_id = ? ORDER BY task_no, map_index", (run,)
    )  # fmt: skip
    below = yield from told_below(run, 0.0)
    return seq, version, {"run": one, "tasks": tasks, "instances": instances, **below}


def told_below(run: int, since: float) -> Question[dict[str, str]]:
    """JSON of what tasks have told below themselves from an instant on, and of the widths of all maps."""
    progress = yield from columns(
        PROGRESS, "FROM progress WHERE run_id = ? AND at >= ? ORDER BY task_no, map_index", (run, since)
    )  # fmt: skip
    nodes = yield from columns(
        NODES, "FROM node WHERE run_id = ? AND at >= ? ORDER BY task_no, map_index, attempt, started_at", (run, since)
    )  # fmt: skip
    maps = yield from columns(
        "x.task_no, x.width",
        "FROM run r CROSS JOIN task t ON t.version = r.version AND t.is_map "
        "CROSS JOIN task_instance x ON x.run_id = r.id AND x.task_no = t.number AND x.map_index = -1 "
        "WHERE r.id = ? ORDER BY x.task_no",
        (run,),
    )
    return {"progress": progress, "nodes": nodes, "maps": maps}
