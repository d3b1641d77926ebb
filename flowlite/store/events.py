"""Events: what a commit made true, as one row of compact JSON, and back again as records with names.

A commit with n events takes the n numbers up to the `seq` of its row. New task instances that are still pending are
left out: the event of their run tells of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence

from flowlite.core.messages import Changes
from flowlite.store.rows import ProgressRow, ReportRow
from flowlite.store.views import EventView

DagOf = Callable[[int], str | None]
TaskIdOf = Callable[[int, int], str | None]


def body_of(changes: Changes, reports: Sequence[ReportRow | ProgressRow]) -> tuple[str, int]:
    """The events as a JSON list, and how many there are. Made by hand: json.dumps costs twice that."""
    found = [f'["r",{row.id},"{row.state}"]' for row in changes.runs]
    found += [
        f'["t",{row[0]},{row[1]},{row[2]},"{row[3]}",{row[5]}]'
        for row in changes.instances
        if row[16] is not None or row[3] != "pending"
    ]
    if rare := _rare(changes, reports):
        found += [json.dumps(event, separators=(",", ":"), ensure_ascii=False) for event in rare]
    return f"[{','.join(found)}]", len(found)


def _rare(changes: Changes, reports: Sequence[ReportRow | ProgressRow]) -> list[list[object]]:
    found: list[list[object]] = []
    for report in reports:
        if isinstance(report, ReportRow):
            found.append(["n", report.run, report.task, report.index, report.state, report.attempt, report.node_id])
        else:
            found.append(["p", report.run, report.task, report.index, "running", report.attempt, report.note])
    found += [["s", row.run, row.task, "met" if row.was_met else "missed"] for row in changes.deadlines]
    found += [["a", row.run, row.task, row.index, row.asset] for row in changes.assets]
    found += [["o", name, str(size)] for name, size in changes.pools]
    return found


def dag_event(dag_id: str, state: str) -> str:
    """The body for a change of a DAG's own flags."""
    return json.dumps([["d", dag_id, state]])


def records(last_seq: int, at: float, body: str, dag_of: DagOf, task_id_of: TaskIdOf) -> Iterator[EventView]:
    """The events of one commit in order; those of a run whose name is gone (pruned) are left out."""
    facts = json.loads(body)
    first = last_seq - len(facts) + 1
    for seq, (kind, *rest) in enumerate(facts, first):
        if (event := _MAKERS[kind](seq, at, rest, dag_of, task_id_of)) is not None:
            yield event


def runs_in(body: str) -> set[int]:
    """The runs that the events of a commit are about."""
    return {fact[1] for fact in json.loads(body) if fact[0] not in "od"}


def tasks_in(body: str) -> set[tuple[int, int]]:
    """The (run, task number) pairs that the events of a commit are about."""
    return {(fact[1], fact[2]) for fact in json.loads(body) if fact[0] in "tnpsa"}


def _of_run(seq: int, at: float, rest: list[object], dag_of: DagOf, _: TaskIdOf) -> EventView | None:
    run, state = rest
    return _made(seq, at, "run", run, None, None, state, None, None, dag_of, None)


def _of_task(seq: int, at: float, rest: list[object], dag_of: DagOf, task_id_of: TaskIdOf) -> EventView | None:
    run, task, index, state, attempt = rest
    return _made(seq, at, "task", run, task, index, state, attempt, None, dag_of, task_id_of)


def _of_node(seq: int, at: float, rest: list[object], dag_of: DagOf, task_id_of: TaskIdOf) -> EventView | None:
    run, task, index, state, attempt, name = rest
    return _made(seq, at, "node", run, task, index, state, attempt, name, dag_of, task_id_of)


def _of_progress(seq: int, at: float, rest: list[object], dag_of: DagOf, task_id_of: TaskIdOf) -> EventView | None:
    run, task, index, state, attempt, note = rest
    return _made(seq, at, "progress", run, task, index, state, attempt, note, dag_of, task_id_of)


def _of_deadline(seq: int, at: float, rest: list[object], dag_of: DagOf, task_id_of: TaskIdOf) -> EventView | None:
    run, task, state = rest
    return _made(seq, at, "deadline", run, None if task == -1 else task, None, state, None, None, dag_of, task_id_of)


def _of_asset(seq: int, at: float, rest: list[object], dag_of: DagOf, task_id_of: TaskIdOf) -> EventView | None:
    run, task, index, name = rest
    return _made(seq, at, "asset", run, task, index, "updated", None, name, dag_of, task_id_of)


def _of_pool(seq: int, at: float, rest: list[object], _: DagOf, __: TaskIdOf) -> EventView:
    name, size = rest
    return EventView(seq=seq, at=at, kind="pool", dag_id="", run_id=None, task_id=None, map_index=None,
                     state=str(size), name=str(name))  # fmt: skip


def _of_dag(seq: int, at: float, rest: list[object], _: DagOf, __: TaskIdOf) -> EventView:
    dag_id, state = rest
    return EventView(seq=seq, at=at, kind="dag", dag_id=str(dag_id), run_id=None, task_id=None, map_index=None,
                     state=str(state))  # fmt: skip


def _made(  # type: ignore[no-untyped-def]
    seq: int, at: float, kind: str, run, task, index, state, attempt, name, dag_of: DagOf, task_id_of: TaskIdOf | None
) -> EventView | None:
    if (dag_id := dag_of(run)) is None:
        return None
    task_id = task_id_of(run, task) if task_id_of is not None and task is not None else None
    return EventView(seq=seq, at=at, kind=kind, dag_id=dag_id, run_id=run, task_id=task_id, map_index=index,
                     state=state, attempt=attempt, name=name)  # fmt: skip


_MAKERS = {
    "r": _of_run, "t": _of_task, "n": _of_node, "p": _of_progress, "s": _of_deadline, "a": _of_asset, "o": _of_pool,
    "d": _of_dag,
}  # fmt: skip
