"""Everything at once, for screens: a snapshot with the number of the event that it is up to, in columns.

SQLite makes the columns as JSON text, which goes out as it is: a run of ten thousand task instances costs no Python.
"""

from __future__ import annotations

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
    """The last event's number; JSON of all DAGs, their last runs (newest first), how many runs there are by state,
    pools, and those who hold and wait for their slots."""
    seq = yield from last_event()
    dags = yield from columns(DAGS, "FROM dag d LEFT JOIN schedule s ON s.dag_id = d.dag_id ORDER BY d.dag_id")
    runs = yield from columns(
        RUNS,
        "FROM dag d CROSS JOIN run r ON r.id IN (SELECT id FROM run WHERE dag_id = d.dag_id ORDER BY id DESC LIMIT ?) "
        "ORDER BY r.dag_id, r.id DESC",
        (runs_each,),
    )
    counts = yield from columns("dag_id, state, count(*) AS runs", "FROM run GROUP BY dag_id, state")
    pools = yield from columns("name, size, is_by_hand", "FROM pool ORDER BY name")
    busy = yield from columns(
        "t.pool, CAST(x.run_id AS TEXT) AS run_id, t.id AS task_id, x.state, count(*) AS instances, "
        "sum(t.slots) AS slots",
        "FROM run r CROSS JOIN task_instance x ON x.run_id = r.id AND x.state IN ('running', 'queued') "
        "CROSS JOIN task t ON t.version = r.version AND t.number = x.task_no AND t.kind <> 'approval' "
        "WHERE r.state = 'running' AND (x.map_index >= 0 OR x.width IS NULL) "
        "GROUP BY x.run_id, x.task_no, x.state ORDER BY t.pool, x.run_id, x.task_no",
    )
    return seq, {"dags": dags, "runs": runs, "counts": counts, "pools": pools, "in_pools": busy}


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
    progress = yield from columns(PROGRESS, "FROM progress WHERE run_id = ? ORDER BY task_no, map_index", (run,))
    return seq, version, {"run": one, "tasks": tasks, "instances": instances, "progress": progress}
