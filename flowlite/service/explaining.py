"""Gathers from the store what engine/why.py needs to say why a run failed."""

from __future__ import annotations

import linecache
from collections.abc import Sequence
from pathlib import Path

from flowlite.core.graph import Graph
from flowlite.core.states import FINISHED_RUN
from flowlite.engine.why import Failure, advice, blocked_by, failure_of, first_cause, instance_name, timed_out_with_run
from flowlite.service.holding import Present, open_headline, what_holds
from flowlite.service.lines import Lines
from flowlite.service.logs import tail, text_of
from flowlite.service.records import Cause, Deeper, Why
from flowlite.store.shown import Views
from flowlite.store.views import RunDetail, RunView, TaskView

FAILED_OUTCOMES = ("failed", "timed_out", "out_of_memory", "lost")
LOG_LINES = 8
LAST_RUNS = 7
MOST_TASKS = 50  # that failed: enough to find the first


async def failures(views: Views, run: int, task_id: str | None) -> list[Failure]:
    """How each failed task instance failed for good: its last attempt that failed."""
    failed = await views.instances_of(run, task_id, states=["failed"])
    found: dict[tuple[str, int], Failure] = {}
    for id_ in list(dict.fromkeys(one.task_id for one in failed))[:MOST_TASKS]:
        for attempt in await views.attempts_of(run, id_):
            if attempt.outcome in FAILED_OUTCOMES:
                found[id_, attempt.map_index] = failure_of(attempt)
    wanted = {(one.task_id, one.map_index) for one in failed}
    return [failure for key, failure in found.items() if key in wanted]


async def cause_of(views: Views, state: Path, graph: Graph, detail: RunDetail, task_id: str | None) -> Cause | None:
    """The failure that started it, with everything that helps to understand it; None if no attempt failed."""
    run = detail.run
    found = await failures(views, run.id, task_id) or await cut_off(views, run, graph, task_id)
    if (first := first_cause(graph, found)) is None:
        return None
    others = dict.fromkeys(failure.task_id for failure in found if failure.task_id != first.task_id)
    return Cause(
        failure=first,
        source=source_line(first),
        log_tail=tuple(log_tail(state, first)),
        blocked=blocked_by(graph, first.task_id, {task.id: task.state for task in detail.tasks}),
        elements=sum(failure.task_id == first.task_id for failure in found) if first.map_index >= 0 else 0,
        also_failed=tuple(others),
        same_error=await views.same_error(run.dag_id, first.task_id, run.id, last=LAST_RUNS),
        advice=advice(first, run.id),
        deeper=await deeper(views, first),
    )


async def cut_off(views: Views, run: RunView, graph: Graph, task_id: str | None) -> list[Failure]:
    """What was under way when the timeout of the whole run was over."""
    if run.wish != "timeout" or run.state != "failed":
        return []
    attempts = await views.attempts_of(run.id, task_id)
    return [timed_out_with_run(one, graph.timeout_s) for one in attempts if one.outcome == "cancelled"]


async def deeper(views: Views, failure: Failure) -> Deeper | None:
    """From run to run of other DAGs, as long as each waited for the next."""
    found, seen = None, set[int]()
    while failure.other_run is not None and failure.other_run not in seen:
        seen.add(failure.other_run)
        run = await views.run(failure.other_run)
        first = None if run is None else min(
            await failures(views, run.id, None), key=lambda one: one.ended_at, default=None
        )  # fmt: skip
        if run is None or first is None:
            break
        found, failure = Deeper(run_id=run.id, dag_id=run.dag_id, failure=first), first
    return found


def source_line(failure: Failure) -> str | None:
    """The line of the author's file as it is now; None if it can't be read."""
    if failure.file is None or failure.line is None:
        return None
    linecache.checkcache(failure.file)
    return linecache.getline(failure.file, failure.line).strip() or None


def log_tail(state: Path, failure: Failure) -> Sequence[str]:
    """The last lines that it wrote; the traceback is told by itself."""
    if failure.log is None or not (state / failure.log).exists():
        return ()
    return [text_of(line) for line in tail(state / failure.log, LOG_LINES)]


async def why(
    views: Views, lines: Lines, state: Path, graph: Graph, current: Graph, detail: RunDetail, *, now: float,
    task_id: str | None, present: Present,
) -> Why:  # fmt: skip
    """The whole answer. `current`: the graph of its DAG as it is today, whose limits count."""
    cause = await cause_of(views, state, graph, detail, task_id)
    if detail.run.state in FINISHED_RUN:
        return Why(run=detail.run, headline=await ended_headline(views, detail, cause), cause=cause)
    found = await what_holds(views, lines, graph, detail, task_id, present, now)
    headline = await open_headline(views, current, detail, present, now)
    return Why(run=detail.run, headline=headline, cause=cause, holds=found)


async def ended_headline(views: Views, detail: RunDetail, cause: Cause | None) -> str:
    """One sentence on a run that has ended."""
    run = detail.run
    name = f"run {run.id} of {run.dag_id}"
    if run.state == "success" and cause is None:
        return f"{name} went well"
    if run.state == "success":
        return f"{name} went well in the end, although {_named(cause)} failed"
    if run.state == "cancelled":
        return f"{name} was cancelled{await cancelled_by(views, run)}"
    if cause is not None:
        return f"{name} failed because {_named(cause)} failed"
    return f"{name} failed: {_without_attempt(detail.tasks)}"


async def cancelled_by(views: Views, run: RunView) -> str:
    """` by anna: wrong date`, as far as it was recorded."""
    for row in await views.audit_rows(f"run {run.id}", limit=20):
        if row.verb.startswith("cancel"):
            return f" by {row.by}" * bool(row.by) + f": {row.why}" * bool(row.why)
    return ""


def _named(cause: Cause | None) -> str:
    if cause is None:
        return "something"
    return instance_name(cause.failure.task_id, cause.failure.map_index)


def _without_attempt(tasks: Sequence[TaskView]) -> str:
    failed = [task.id for task in tasks if task.state == "failed"]
    if failed:
        return f"{failed[0]} failed without an attempt (it was marked, or could not be expanded)"
    cancelled = [task.id for task in tasks if task.state == "cancelled"]
    return f"its timeout ended {cancelled[0]}" if cancelled else "no attempt of it is known any more"
