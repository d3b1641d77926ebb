"""Questions of people about runs: lists, one run with its tasks, its instances, attempts and nodes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from flowlite.core.states import FINISHED, taken_together
from flowlite.store.ask import Question, only, packed
from flowlite.store.views import (
    AttemptView,
    InstanceView,
    NodeView,
    ProgressView,
    RunDetail,
    RunView,
    TaskView,
    WholeRun,
)

T = TypeVar("T")
RUN = (
    "id, dag_id, version, kind, state, logical_date, data_interval_start, data_interval_end, params, asked_by, "
    "created_at, started_at, ended_at, had_failures, priority, wish, lane"
)
RUN_FIELDS = tuple(RUN.split(", "))


def made(kind: type[T], rows: Sequence[Sequence[Any]]) -> list[T]:
    """Records of a kind from rows in the order of its fields."""
    fields = kind.__dataclass_fields__  # type: ignore[attr-defined]
    return [kind(**dict(zip(fields, row, strict=True))) for row in rows]


def run_view(row: Sequence[Any]) -> RunView:
    values = dict(zip(RUN_FIELDS, row, strict=True))
    values["had_failures"] = bool(values["had_failures"])
    return RunView(**values)


def list_runs(dag_id: str | None, states: Sequence[str], limit: int, before: int | None) -> Question[list[RunView]]:
    """Newest first. Each state is a walk of its own along an index, so that a rare one is found at once."""
    found: list[RunView] = []
    for state in states or (None,):
        where, values = only(("dag_id = ?", dag_id), ("state = ?", state), ("id < ?", before))
        rows = yield f"SELECT {RUN} FROM run WHERE {where} ORDER BY id DESC LIMIT ?", (*values, limit)
        found += [run_view(row) for row in rows]
    return sorted(found, key=lambda run: -run.id)[:limit]


def one_run(run: int) -> Question[RunView | None]:
    rows = yield f"SELECT {RUN} FROM run WHERE id = ?", (run,)
    return run_view(rows[0]) if rows else None


def run_at(dag_id: str, logical_date: float) -> Question[RunView | None]:
    rows = yield f"SELECT {RUN} FROM run WHERE dag_id = ? AND logical_date = ?", (dag_id, logical_date)
    return run_view(rows[0]) if rows else None


# --- one run with its tasks -------------------------------------------------------------------------------------------
def run_detail(run: int) -> Question[RunDetail | None]:
    """The run and its tasks in declaration order; a run without rows yet has tasks that are pending."""
    found = yield from one_run(run)
    if found is None:
        return None
    own = yield from packed(
        "t.number, t.id, t.kind, t.pool, t.slots, t.is_map, i.state, i.since, i.attempt, i.started_at, i.width",
        "FROM task t LEFT JOIN task_instance i ON i.run_id = ? AND i.task_no = t.number AND i.map_index = -1 "
        "WHERE t.version = ? ORDER BY t.number",
        (run, found.version),
    )
    elements = yield from _elements(run, {row[0]: row[10] for row in own if row[10]})
    tasks = [_task_view(row, elements.get(row[0], ())) for row in own]
    counts: dict[str, int] = {}
    for task in tasks:
        for state, number in task.counts.items():
            counts[state] = counts.get(state, 0) + number
    return RunDetail(run=found, tasks=tasks, counts=counts)


Tally = Sequence[Any]  # task number, state, how many, highest attempt, earliest start, latest move
TALLY = "task_no, state, count(*) AS n, max(attempt) AS attempt, min(started_at) AS started, max(since) AS since"


def _elements(run: int, widths: Mapping[int, int]) -> Question[dict[int, list[list[Any]]]]:
    """The elements of each map by state. A cleared map may have grown narrower: what lies beyond is history."""
    if not widths:
        return {}
    rows = yield from packed(
        TALLY, "FROM task_instance WHERE run_id = ? AND map_index >= 0 GROUP BY task_no, state", (run,)
    )  # fmt: skip
    found: dict[int, list[list[Any]]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(row)
    for task, width in widths.items():
        if sum(row[2] for row in found.get(task, ())) > width:
            found[task] = yield from packed(
                TALLY,
                "FROM task_instance WHERE run_id = ? AND task_no = ? AND map_index BETWEEN 0 AND ? GROUP BY state",
                (run, task, width - 1),
            )
    return {task: found[task] for task in widths if task in found}


def _task_view(row: Sequence[Any], elements: Sequence[Tally]) -> TaskView:
    number, id_, kind, pool, slots, is_map, state, since, attempt, started_at, width = row
    state = state or "pending"
    counts = {state: 1}
    if elements:
        counts = {tally[1]: tally[2] for tally in elements}
        state, attempt = taken_together(counts), max(tally[3] for tally in elements)
        started_at = min((tally[4] for tally in elements if tally[4] is not None), default=None)
        since = max(tally[5] for tally in elements)
    elif width == 0:
        counts = {}
    return TaskView(
        number=number, id=id_, kind=kind, pool=pool, slots=slots, is_map=bool(is_map) or width is not None, state=state,
        counts=counts, width=width, attempt=attempt or 0, started_at=started_at,
        ended_at=since if state in FINISHED else None,
    )  # fmt: skip


# --- instances and attempts -------------------------------------------------------------------------------------------
OF_TASK = "JOIN run r ON r.id = x.run_id JOIN task t ON t.version = r.version AND t.number = x.task_no"
INSTANCE = (
    "x.run_id, x.task_no, t.id, x.map_index, x.state, x.since, x.attempt, x.poke, x.failures, x.losses, x.ooms, "
    "x.started_at, x.resume_at, x.wait_until, x.wish, x.width"
)
ATTEMPT = (
    "x.run_id, t.id, x.map_index, x.number, x.pokes, x.outcome, x.started_at, x.ended_at, x.exit_code, x.error, "
    "x.peak_rss_bytes, x.log, x.result"
)
NODE = "x.run_id, t.id, x.map_index, x.attempt, x.node_id, x.state, x.started_at, x.ended_at, x.rows, x.message, x.at"
PROGRESS = "x.run_id, t.id, x.map_index, x.attempt, x.done, x.total, x.note, x.at"


def task_number(run: int, task_id: str | None) -> Question[int | None]:
    """The number of a task in the version that this run was made from; None: no such task, or none was asked for."""
    if task_id is None:
        return None
    rows = yield (
        "SELECT t.number FROM run r JOIN task t ON t.version = r.version WHERE r.id = ? AND t.id = ?",
        (run, task_id),
    )
    return rows[0][0] if rows else None


def instances_of(
    run: int, task_id: str | None, states: Sequence[str], limit: int, after: tuple[int, int] | None
) -> Question[list[InstanceView]]:
    """In the order of tasks and map indices; `after` is the (task_no, map_index) of the last one seen."""
    number = yield from task_number(run, task_id)
    if task_id is not None and number is None:
        return []
    where, values = only(
        ("x.run_id = ?", run),
        ("x.task_no = ?", number),
        ("x.state IN (SELECT value FROM json_each(?))", json.dumps(list(states)) if states else None),
    )
    if after is not None:
        where, values = f"{where} AND (x.task_no, x.map_index) > (?, ?)", [*values, *after]
    source = f"FROM task_instance x {OF_TASK} WHERE {where} ORDER BY x.task_no, x.map_index LIMIT ?"
    rows = yield from packed(INSTANCE, source, (*values, limit))
    return made(InstanceView, rows)


def attempts_of(run: int, task_id: str | None, index: int | None, limit: int) -> Question[list[AttemptView]]:
    """In the order of tasks, map indices and numbers."""
    number = yield from task_number(run, task_id)
    if task_id is not None and number is None:
        return []
    where, values = only(("x.run_id = ?", run), ("x.task_no = ?", number), ("x.map_index = ?", index))
    source = f"FROM attempt x {OF_TASK} WHERE {where} ORDER BY x.task_no, x.map_index, x.number LIMIT ?"
    rows = yield from packed(ATTEMPT, source, (*values, limit))
    return made(AttemptView, rows)


def whole_runs(runs: Sequence[int]) -> Question[list[WholeRun]]:
    """Everything about several runs in one go, in the order asked; those that are not there are left out."""
    among = (json.dumps(list(runs)),)
    inside = "IN (SELECT value FROM json_each(?))"
    rows = yield f"SELECT {RUN} FROM run WHERE id {inside}", among
    views = {row[0]: run_view(row) for row in rows}
    versions = (json.dumps(sorted({view.version for view in views.values()})),)
    named = yield f"SELECT version, id, kind FROM task WHERE version {inside}", versions
    kinds: dict[int, dict[str, str]] = {}
    for version, task_id, kind in named:
        kinds.setdefault(version, {})[task_id] = kind
    order = "ORDER BY x.run_id, x.task_no, x.map_index"
    found = {run: WholeRun(run=view, kinds=kinds.get(view.version, {})) for run, view in views.items()}
    instances = yield from packed(INSTANCE, f"FROM task_instance x {OF_TASK} WHERE x.run_id {inside} {order}", among)
    for instance in made(InstanceView, instances):
        found[instance.run_id].instances.append(instance)
    attempts = yield from packed(ATTEMPT, f"FROM attempt x {OF_TASK} WHERE x.run_id {inside} {order}, x.number", among)
    for attempt in made(AttemptView, attempts):
        found[attempt.run_id].attempts.append(attempt)
    return [found[run] for run in runs if run in found]


def node_rows(run: int, task_id: str, index: int | None, attempt: int | None) -> Question[list[NodeView]]:
    """What a task told below itself, in the order of attempt and start."""
    number = yield from task_number(run, task_id)
    if number is None:
        return []
    where, values = only(
        ("x.run_id = ?", run), ("x.task_no = ?", number), ("x.map_index = ?", index), ("x.attempt = ?", attempt)
    )
    source = f"FROM node x {OF_TASK} WHERE {where} ORDER BY x.map_index, x.attempt, x.started_at, x.node_id"
    rows = yield from packed(NODE, source, values)
    return made(NodeView, rows)


def progress_of(run: int) -> Question[list[ProgressView]]:
    """The last word of each task instance that said how far it is."""
    source = f"FROM progress x {OF_TASK} WHERE x.run_id = ? ORDER BY x.task_no, x.map_index"
    rows = yield from packed(PROGRESS, source, (run,))
    return made(ProgressView, rows)
