"""Questions of people about what waits for slots: who has them, who is in line, how long such work takes.

A line may be ten thousand long: it is asked for by task of a run, each with how many of its elements wait, and only
those that are shown are asked for one by one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from flowlite.store.ask import Question, packed
from flowlite.store.shown_dags import quantile

LAST_RUNS, LAST_ATTEMPTS = 10, 50  # of a task, for how long it takes
COUNTED = "(x.map_index >= 0 OR x.width IS NULL)"  # not the row that stands for the elements of a map


class Busy(NamedTuple):
    """A task instance that holds slots. `name` is the id of its task. `is_over`: its attempt is, but its thread
    has not returned."""

    run_id: int
    dag_id: str
    name: str
    map_index: int
    attempt: int
    slots: int
    started_at: float
    is_over: bool = False


class Waiting(NamedTuple):
    """The queued instances of a task in a run; they stand in line one behind the other."""

    run_id: int
    dag_id: str
    version: int
    kind: str
    lane: str
    logical_date: float
    run_priority: int | None
    dag_priority: int | None  # by hand
    task_no: int
    name: str
    slots: int
    number: int


class Length(NamedTuple):
    """How long attempts of a task took that went well."""

    p50_s: float
    p95_s: float


class RunInLane(NamedTuple):
    """An unfinished run, with its place in front of its lane."""

    run_id: int
    state: str
    order: float
    started_at: float | None


PoolOf = "FROM run r CROSS JOIN task_instance x ON x.run_id = r.id AND x.state = '{state}'"
TASK = "CROSS JOIN task t ON t.version = r.version AND t.number = x.task_no"
NOW = "WHERE r.state = 'running' AND " + COUNTED


def in_pools() -> Question[list[tuple[str, str, int, str, int, int]]]:
    """Pool, state, run, task, instances and slots of all that holds or waits for slots."""
    rows = yield from packed(
        "t.pool, x.state, r.id AS run_id, t.id AS task_id, count(*) AS instances, sum(t.slots) AS slots",
        "FROM run r CROSS JOIN task_instance x ON x.run_id = r.id AND x.state IN ('running', 'queued') "
        f"{TASK} AND t.kind <> 'approval' {NOW} GROUP BY x.run_id, x.task_no, x.state ORDER BY r.id, x.task_no",
    )
    return [tuple(row) for row in rows]


def busy(pool: str) -> Question[list[Busy]]:
    """Who holds slots of a pool, the longest first."""
    rows = yield from packed(
        "r.id AS run_id, r.dag_id, t.id AS name, x.map_index, x.attempt, t.slots, x.started_at",
        f"{PoolOf.format(state='running')} {TASK} AND t.pool = ? {NOW} ORDER BY x.started_at",
        (pool,),
    )
    return [Busy(*row) for row in rows]


def waiting(pool: str) -> Question[list[Waiting]]:
    """Who waits for slots of a pool, by task of a run, in no order that means anything."""
    rows = yield from packed(
        "r.id AS run_id, r.dag_id, r.version, r.kind, r.lane, r.logical_date, r.priority, d.priority AS by_hand, "
        "x.task_no, t.id AS name, t.slots, count(*) AS number",
        f"{PoolOf.format(state='queued')} {TASK} AND t.pool = ? LEFT JOIN dag d ON d.dag_id = r.dag_id {NOW} "
        "GROUP BY x.run_id, x.task_no",
        (pool,),
    )
    return [Waiting(*row) for row in rows]


def members(run: int, task_no: int, limit: int) -> Question[list[tuple[int, float]]]:
    """Map index, and since when it is queued, of the first of them."""
    rows = yield (
        "SELECT map_index, since FROM task_instance WHERE run_id = ? AND task_no = ? AND state = 'queued' "
        "ORDER BY map_index LIMIT ?",
        (run, task_no, limit),
    )
    return [(row[0], row[1]) for row in rows]


def lengths(wanted: Iterable[tuple[str, str]]) -> Question[dict[tuple[str, str], Length]]:
    """By DAG and task: how long it took in the last runs of the DAG; those that never ended well are left out."""
    found = {}
    for dag_id, task_id in wanted:
        rows = yield (
            f"SELECT a.ended_at - a.started_at FROM (SELECT id, version FROM run WHERE dag_id = ? ORDER BY id DESC "
            f"LIMIT {LAST_RUNS}) r CROSS JOIN task t ON t.version = r.version AND t.id = ? CROSS JOIN attempt a "
            f"ON a.run_id = r.id AND a.task_no = t.number AND a.outcome = 'success' LIMIT {LAST_ATTEMPTS}",
            (dag_id, task_id),
        )
        ranked = sorted(row[0] for row in rows)
        if ranked:
            found[dag_id, task_id] = Length(quantile(ranked, 0.5) or 0.0, quantile(ranked, 0.95) or 0.0)
    return found


def in_lane(lane: str) -> Question[list[RunInLane]]:
    """The unfinished runs of a lane: those that are active, and the line in front of it in its order."""
    rows = yield (
        "SELECT id, state, lane_order, started_at FROM run WHERE state IN ('queued', 'running') AND lane = ? "
        "ORDER BY state = 'queued', lane_order, id",
        (lane,),
    )
    return [RunInLane(*row) for row in rows]


def groups_waiting(run: int) -> Question[dict[str, float]]:
    """Groups of a run that are tried again as a unit, with when they go on."""
    rows = yield "SELECT group_id, resume_at FROM group_retry WHERE run_id = ? AND resume_at IS NOT NULL", (run,)
    return {str(group): float(at) for group, at in rows}


def current_version(dag_id: str) -> Question[int | None]:
    """The version that new runs of a DAG are made from; None: it was never declared here."""
    rows = yield "SELECT version FROM dag WHERE dag_id = ?", (dag_id,)
    return rows[0][0] if rows else None
