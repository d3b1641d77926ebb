"""Deadlines that are still to come: of runs that have not ended, and of the next run of each schedule; with how long
such work has been taking, so that whoever looks can say whether they will be kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING

from flowlite.core.graph import Graph
from flowlite.service.records import OpenDeadline
from flowlite.store.shown import Views
from flowlite.store.views import History, OpenRunView

if TYPE_CHECKING:
    from flowlite.authoring.dag import Dag
    from flowlite.loading.catalog import Catalog

GraphOf = Callable[[int], Awaitable[Graph]]
LAST_RUNS = 60


async def deadlines_ahead(views: Views, graph_of: GraphOf, catalog: Catalog) -> list[OpenDeadline]:
    """The first that is due comes first."""
    found: list[OpenDeadline] = []
    for run in await views.open_runs():
        graph = await graph_of(run.version)
        usual = await lengths(views, run.dag_id, with_tasks=any(task >= 0 for task, _ in graph.deadlines))
        found += of_run(run, graph, usual)
    due = {row.dag_id: row.next_due_at for row in await views.dag_rows(last=1)}
    for dag in catalog.dags.values():
        at = due.get(dag.id)
        if dag.settings.sla_s is not None and at is not None:
            found.append(of_next(dag, at, await views.dag_history(dag.id, last=LAST_RUNS)))
    return sorted(found, key=lambda one: one.due_at)


async def lengths(views: Views, dag_id: str, *, with_tasks: bool) -> dict[str, History]:
    """By task id; that of runs by ""."""
    found = await views.task_histories(dag_id, last=LAST_RUNS) if with_tasks else {}
    return {**found, "": await views.dag_history(dag_id, last=LAST_RUNS)}


def of_run(run: OpenRunView, graph: Graph, usual: dict[str, History]) -> Iterator[OpenDeadline]:
    """Those of a run that are not over."""
    for task, seconds in graph.deadlines:
        if task in run.over:
            continue
        task_id = graph.tasks[task].id if task >= 0 else None
        history = usual.get(task_id or "")
        yield OpenDeadline(
            dag_id=run.dag_id, run_id=run.id, task_id=task_id, logical_date=run.logical_date,
            due_at=run.base_at + seconds, starts_at=run.started_at if task_id is None else None,
            p50_s=None if history is None else history.p50_s, p95_s=None if history is None else history.p95_s,
        )  # fmt: skip


def of_next(dag: Dag, at: float, history: History) -> OpenDeadline:
    """Of the run that its schedule will start then."""
    return OpenDeadline(
        dag_id=dag.id, run_id=None, task_id=None, logical_date=None, due_at=at + (dag.settings.sla_s or 0.0),
        starts_at=at, p50_s=history.p50_s, p95_s=history.p95_s,
    )  # fmt: skip
