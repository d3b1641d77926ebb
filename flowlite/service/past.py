"""How runs went: what the last ones of a DAG took, task by task, and when failed attempts were due again. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from flowlite.core.graph import Graph
from flowlite.core.retry import lost_delay
from flowlite.service.records import EndedRun, TaskTrend, Trends
from flowlite.store.shown_dags import quantile
from flowlite.store.shown_past import Failed, RunTook, Took

PARTS = (0.25, 0.5, 0.75, 0.95)
RECENT = 60  # lengths of a task that are told
SUCCEEDED, FAILED = 1, 2  # how an attempt ended, as the store has it


@dataclass(slots=True)
class _Task:
    """What is found out about a task, run by run, the newest first."""

    took_s: list[float] = field(default_factory=list)
    queued_s: list[float] = field(default_factory=list)
    retries: int = 0
    failed: int = 0


@dataclass(slots=True)
class _InRun:
    """A task in a run. `ok_from` and `ok_until` are of what succeeded."""

    started_ms: int
    ended_ms: int
    ok_from: int = 0
    ok_until: int = 0


def trends(dag_id: str, runs: Sequence[RunTook], took: Took, graphs: Mapping[int, Graph]) -> Trends:
    """From runs, the newest first, and the attempts of the first of them; tasks that the newest version does not have
    any more are left out."""
    newest = graphs[runs[0].version] if runs else None
    found = {task.id: _Task() for task in newest.tasks} if newest else {}
    by_run = _by_run(took, {run.id: graphs[run.version] for run in runs[: took.runs]}, found)
    for run in runs[: took.runs]:
        _add_run(found, run, by_run.get(run.id, {}), graphs[run.version])
    whole = sum(sum(one.took_s) for one in found.values())
    return Trends(
        dag_id=dag_id,
        past=tuple(map(_ended, reversed(runs))),
        tasks=tuple(
            _trend(id_, one, newest.tasks[newest.number[id_]].pool, whole) for id_, one in found.items() if newest
        ),
        tasks_from=min(took.runs, len(runs)),
        sla_s=newest.sla_s if newest else None,
    )


def _ended(run: RunTook) -> EndedRun:
    return EndedRun(
        run_id=run.id, kind=run.kind, state=run.state, logical_date=run.logical_date, started_at=run.started_at,
        ended_at=run.ended_at,
    )  # fmt: skip


def _by_run(took: Took, graphs: Mapping[int, Graph], found: Mapping[str, _Task]) -> dict[int, dict[int, _InRun]]:
    """What the attempts of each task amount to in each run; retries and failures are counted on the way."""
    by_run: dict[int, dict[int, _InRun]] = {run: {} for run in graphs}
    for run, task_no, number, how, started_ms, ended_ms in zip(*took[1:], strict=True):
        tasks = by_run[run]
        one = tasks.get(task_no)
        if one is None:
            one = tasks[task_no] = _InRun(started_ms, ended_ms)
        else:
            one.started_ms, one.ended_ms = min(one.started_ms, started_ms), max(one.ended_ms, ended_ms)
        if how == SUCCEEDED:
            one.ok_from = min(one.ok_from or started_ms, started_ms)
            one.ok_until = max(one.ok_until, ended_ms)
        if number > 1 or how == FAILED:
            task = found.get(graphs[run].tasks[task_no].id)
            if task is not None:
                task.retries += number > 1
                task.failed += (how == FAILED) - (number > 1)
    return by_run


def _add_run(found: Mapping[str, _Task], run: RunTook, tasks: Mapping[int, _InRun], graph: Graph) -> None:
    """A task waits for a slot from the end of the last before it, or from the start of the run."""
    begun_ms = int(run.started_at * 1000)
    ended_ms = {task_no: one.ended_ms for task_no, one in tasks.items()}
    for task_no, one in tasks.items():
        task = found.get(graph.tasks[task_no].id)
        if task is None:
            continue
        ups = (*graph.shared[task_no], *graph.pairs[task_no])
        ready_ms = max((ended_ms.get(up, begun_ms) for up in ups), default=begun_ms)
        task.queued_s.append(max(one.started_ms - ready_ms, 0) / 1000)
        if one.ok_until:
            task.took_s.append((one.ok_until - one.ok_from) / 1000)


def _trend(id_: str, task: _Task, pool: str, whole_s: float) -> TaskTrend:
    ranked, waits = sorted(task.took_s), sorted(task.queued_s)
    middle = tuple(quantile(ranked, part) or 0.0 for part in PARTS)
    return TaskTrend(
        task_id=id_, pool=pool, succeeded=len(ranked),
        quantiles_s=(ranked[0], *middle, ranked[-1]) if ranked else (),
        recent_s=tuple(task.took_s[:RECENT][::-1]), share=sum(ranked) / whole_s if whole_s else 0.0,
        retries=task.retries, failed=max(task.failed, 0), queued_p95_s=quantile(waits, 0.95),
    )  # fmt: skip


def due_again(run: int, graph: Graph, failed: Iterable[Failed]) -> list[tuple[int, int, int, float]]:
    """Task, map index and number of the attempt after each one that failed, and when its pause was over: whatever it
    waited for after that was a slot. They come in the order of their numbers."""
    found = []
    failures: dict[tuple[int, int], int] = {}
    losses: dict[tuple[int, int], int] = {}
    for one in failed:
        key, task = (one.task_no, one.map_index), graph.tasks[one.task_no]
        counts = losses if one.outcome == "lost" else failures
        counts[key] = times = counts.get(key, 0) + 1
        if one.outcome == "lost":
            delay_s = lost_delay(times)
        else:
            delay_s = task.retry.delay_after(times, run=run, task_id=task.id, index=one.map_index, attempt=one.number)
        found.append((one.task_no, one.map_index, one.number + 1, one.ended_at + delay_s))
    return found
