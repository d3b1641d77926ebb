"""Events: what a commit made true, as one row of compact JSON, and back again as records with names.

A commit with n events takes the n numbers up to the `seq` of its row. New task instances that are still pending are
left out: the event of their run tells of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from flowlite.core.planned import BackfillRow
from flowlite.core.rows import Changes
from flowlite.core.states import FINISHED_RUN
from flowlite.store.rows import ProgressRow, ReportRow
from flowlite.store.views import EventView

DagOf = Callable[[int], str | None]
TaskIdOf = Callable[[int, int], str | None]


class Told(NamedTuple):
    """One event as it is stored: numbers in place of names."""

    seq: int
    at: float
    kind: str
    state: str
    run: int | None = None
    task: int | None = None
    index: int | None = None  # type: ignore[assignment]
    attempt: int | None = None
    name: str | None = None


def body_of(changes: Changes, reports: Sequence[ReportRow | ProgressRow]) -> tuple[str, int]:
    """The events as a JSON list, and how many there are. Made by hand: json.dumps costs twice that."""
    ended = [f'["r",{row.id},"{row.state}"]' for row in changes.runs if row.state in FINISHED_RUN]
    found = [f'["r",{row.id},"{row.state}"]' for row in changes.runs if row.state not in FINISHED_RUN]
    found += [
        f'["t",{row[0]},{row[1]},{row[2]},"{row[3]}",{row[5]}]'
        for row in changes.instances
        if row[16] is not None or row[3] != "pending"
    ]
    if rare := _rare(changes, reports):
        found += [json.dumps(event, separators=(",", ":"), ensure_ascii=False) for event in rare]
    found += ended  # a run ends after its tasks
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
    found += [["o", name, str(size)] for name, size, _ in changes.pools]
    found += [["b", row.id, row.dag_id, said_of(row)] for row in changes.backfills]
    return found


def said_of(row: BackfillRow) -> str:
    """What a person wants of a backfill now; how far it is, its runs tell."""
    return "cancelled" if row.is_cancelled else "paused" if row.is_paused else "running"


def dag_event(dag_id: str, state: str) -> str:
    """The body for a change of a DAG's own flags."""
    return json.dumps([["d", dag_id, state]])


def numbered(last_seq: int, at: float, body: str, *, after: int = 0) -> Iterator[Told]:
    """The events of one commit in order, from the one after `after`."""
    facts = json.loads(body)
    first = last_seq - len(facts) + 1
    known = max(0, after - first + 1)
    return (_READ[kind](seq, at, *rest) for seq, (kind, *rest) in enumerate(facts[known:], first + known))


_READ: dict[str, Callable[..., Told]] = {
    "r": lambda seq, at, run, state: Told(seq, at, "run", state, run),
    "t": lambda seq, at, run, task, index, state, attempt: Told(seq, at, "task", state, run, task, index, attempt),
    "n": lambda seq, at, run, task, index, state, attempt, name: Told(
        seq, at, "node", state, run, task, index, attempt, name
    ),
    "p": lambda seq, at, run, task, index, state, attempt, note: Told(
        seq, at, "progress", state, run, task, index, attempt, note
    ),
    "s": lambda seq, at, run, task, state: Told(seq, at, "deadline", state, run, None if task == -1 else task),
    "a": lambda seq, at, run, task, index, name: Told(seq, at, "asset", "updated", run, task, index, None, name),
    "o": lambda seq, at, name, size: Told(seq, at, "pool", size, name=name),
    "b": lambda seq, at, backfill, dag_id, state: Told(seq, at, "backfill", state, name=f"{backfill} {dag_id}"),
    "d": lambda seq, at, dag_id, state: Told(seq, at, "dag", state, name=dag_id),
}


def named(told: Told, dag_of: DagOf, task_id_of: TaskIdOf) -> EventView | None:
    """The event with names; None if its run is gone (pruned)."""
    dag_id: str | None = ""
    name = told.name
    if told.kind == "dag":
        dag_id, name = name, None
    elif told.kind == "backfill" and name is not None:
        name, _, dag_id = name.partition(" ")
    elif told.run is not None:
        dag_id = dag_of(told.run)
    if dag_id is None:
        return None
    task_id = None if told.run is None or told.task is None else task_id_of(told.run, told.task)
    return EventView(
        seq=told.seq, at=told.at, kind=told.kind, dag_id=dag_id, run_id=told.run, task_id=task_id, map_index=told.index,
        state=told.state, attempt=told.attempt, name=name,
    )  # fmt: skip


def records(last_seq: int, at: float, body: str, dag_of: DagOf, task_id_of: TaskIdOf) -> Iterator[EventView]:
    """The events of one commit in order, with names; those of a run that is gone (pruned) are left out."""
    return (event for told in numbered(last_seq, at, body) if (event := named(told, dag_of, task_id_of)) is not None)
