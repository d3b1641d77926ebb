"""Questions of people about DAGs: the list of them, how long runs and tasks took, which errors come back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

from flowlite.store.ask import Question, packed
from flowlite.store.shown_runs import RUN, made, run_view
from flowlite.store.views import DagView, History, RunView, SameError, VersionView

ATTEMPTS_LOOKED_AT = 5_000
NUMBER = re.compile(r"0x[0-9a-fA-F]+|\b[0-9a-f]{8}-[0-9a-f-]{27}\b|\d+(?:[.,:T-]\d+)*")


def dag_rows(last: int) -> Question[list[DagView]]:
    """Every DAG that was ever declared here, by id."""
    dags = yield from packed(
        "d.dag_id, d.version, v.file, v.about, d.is_paused, d.priority, "
        "iif(coalesce(d.is_paused, s.was_paused), NULL, s.next_due_at) AS next_due_at, (SELECT json_group_array(state) "
        "FROM (SELECT state FROM run WHERE run.dag_id = d.dag_id ORDER BY id DESC LIMIT ?)) AS last_states",
        "FROM dag d LEFT JOIN dag_version v ON v.version = d.version "
        "LEFT JOIN schedule s ON s.dag_id = d.dag_id ORDER BY d.dag_id",
        (last,),
    )
    counts = yield from _run_counts()
    last_runs = yield from _last_runs()
    return [
        DagView(
            dag_id=dag_id, version=version, file=file, about=about or "{}",
            is_paused=None if paused is None else bool(paused), priority=priority, counts=counts.get(dag_id, {}),
            last_run=last_runs.get(dag_id), last_states=tuple(json.loads(states)), next_due_at=next_due_at,
        )
        for dag_id, version, file, about, paused, priority, next_due_at, states in dags
    ]  # fmt: skip


def dag_ids() -> Question[list[str]]:
    """Every DAG that was ever declared here."""
    rows = yield "SELECT dag_id FROM dag ORDER BY dag_id", ()
    return [dag_id for (dag_id,) in rows]


def _run_counts() -> Question[dict[str, dict[str, int]]]:
    rows = yield from packed("dag_id, state, count(*) AS n", "FROM run GROUP BY dag_id, state")
    counts: dict[str, dict[str, int]] = {}
    for dag_id, state, number in rows:
        counts.setdefault(dag_id, {})[state] = number
    return counts


def _last_runs() -> Question[dict[str, RunView]]:
    rows = yield from packed(
        RUN, "FROM run WHERE id IN (SELECT (SELECT max(id) FROM run WHERE run.dag_id = dag.dag_id) FROM dag)"
    )  # fmt: skip
    return {run.dag_id: run for run in map(run_view, rows)}


def versions_of(dag_id: str) -> Question[list[VersionView]]:
    """Newest first."""
    columns = "version, dag_id, fingerprint, file, about, made_at"
    rows = yield f"SELECT {columns} FROM dag_version WHERE dag_id = ? ORDER BY version DESC", (dag_id,)
    return made(VersionView, rows)


def team_of(dag_id: str) -> Question[str | None]:
    """The team of its current version, "" for none; None: it was never declared here."""
    rows = yield (
        "SELECT coalesce(json_extract(v.about, '$.team'), '') FROM dag d JOIN dag_version v ON v.version = d.version "
        "WHERE d.dag_id = ?",
        (dag_id,),
    )
    return str(rows[0][0]) if rows else None


def task_ids(version: int) -> Question[list[str]]:
    """In the order of their numbers."""
    rows = yield from packed("id", "FROM task WHERE version = ? ORDER BY number", (version,))
    return [row[0] for row in rows]


# --- history ----------------------------------------------------------------------------------------------------------
def dag_history(dag_id: str, last: int) -> Question[History]:
    """Of its last finished runs; lengths are those of the runs that succeeded."""
    rows = yield from packed(
        "state, started_at, ended_at",
        "FROM run WHERE dag_id = ? AND ended_at IS NOT NULL ORDER BY ended_at DESC LIMIT ?",
        (dag_id, last),
    )
    return history(dag_id, [row for row in rows if row[0] != "cancelled"])


OF_LAST_RUNS = (
    "FROM (SELECT id, version FROM run WHERE dag_id = ? ORDER BY id DESC LIMIT ?) r "
    "CROSS JOIN task t ON t.version = r.version CROSS JOIN attempt a ON a.run_id = r.id AND a.task_no = t.number"
)


def task_histories(dag_id: str, last: int, task_id: str | None = None) -> Question[dict[str, History]]:
    """Of the attempts in its last runs, by task id; at most a few thousand attempts are looked at, newest first."""
    only, values = ("AND t.id = ?", [task_id]) if task_id is not None else ("", [])
    rows = yield from packed(
        "t.id, a.outcome, a.started_at, a.ended_at",
        f"{OF_LAST_RUNS} WHERE a.outcome NOT IN ('cancelled', 'interrupted', 'lost') {only} LIMIT {ATTEMPTS_LOOKED_AT}",
        (dag_id, last, *values),
    )
    by_task: dict[str, list[Sequence[object]]] = {}
    for id_, *rest in rows:
        by_task.setdefault(id_, []).append(rest)
    return {id_: history(id_, found) for id_, found in by_task.items()}


def history(name: str, rows: Iterable[Sequence[object]]) -> History:
    """From rows of (state, started_at, ended_at)."""
    rows = list(rows)
    lengths = [
        end - start for state, start, end in rows if state == "success" and start is not None  # type: ignore[operator]
    ]  # fmt: skip
    ranked = sorted(lengths)
    return History(
        name=name, durations_s=tuple(lengths), finished=len(rows), succeeded=sum(row[0] == "success" for row in rows),
        p50_s=quantile(ranked, 0.50), p95_s=quantile(ranked, 0.95),
    )  # fmt: skip


def quantile(ranked: Sequence[float], part: float) -> float | None:
    """The smallest value that is not less than this part of all: always one that was really seen."""
    if not ranked:
        return None
    return ranked[max(0, -int(-part * len(ranked) // 1) - 1)]


def same_error(dag_id: str, task_id: str, run: int, last: int) -> Question[SameError | None]:
    """In how many of the last runs up to this one the task ended with the error that it has here."""
    rows = yield from packed(
        "r.id, a.error",
        "FROM (SELECT id, version FROM run WHERE dag_id = ? AND id <= ? ORDER BY id DESC LIMIT ?) r "
        "CROSS JOIN task t ON t.version = r.version AND t.id = ? "
        "CROSS JOIN attempt a ON a.run_id = r.id AND a.task_no = t.number "
        f"WHERE a.error IS NOT NULL LIMIT {ATTEMPTS_LOOKED_AT}",
        (dag_id, run, last, task_id),
    )
    looked_at = yield (
        "SELECT count(*) FROM (SELECT 1 FROM run WHERE dag_id = ? AND id <= ? LIMIT ?)",
        (dag_id, run, last),
    )
    here = next((error for number, error in reversed(rows) if number == run), None)
    if here is None:
        return None
    told, signed = json.loads(here), signature(here)
    runs = dict.fromkeys(number for number, error in rows if signature(error) == signed)
    return SameError(
        type=str(told.get("type", "")), message=str(told.get("message", "")), runs=tuple(runs),
        looked_at=looked_at[0][0],
    )  # fmt: skip


def signature(error: str) -> tuple[str, str]:
    """What makes two errors the same: the type, and the message but for its numbers, which are another each day."""
    told = json.loads(error)
    return str(told.get("type", "")), NUMBER.sub("#", str(told.get("message", "")))
