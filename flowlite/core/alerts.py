"""Alerts: what people may want to be told. Whom, and by which way, is not decided here."""

from __future__ import annotations

from flowlite.core.instances import Run
from flowlite.core.memory import Memory
from flowlite.core.rows import AlertRow
from flowlite.core.states import RunState, State


def alert(
    memory: Memory, kind: str, run: Run, task: int = -1, index: int = -1, *,
    blamed: tuple[int, ...] = (), incident: int = 0,
) -> None:  # fmt: skip
    """With what is known of the run now: soon it may be gone from memory."""
    facts = (run.dag_id, run.version, run.logical_date, run.base_at)
    memory.changes.alerts.append(AlertRow(kind, run.id, task, index, memory.now, *facts, blamed, incident))


def tell_of_end(memory: Memory, run: Run) -> None:
    """Good news after bad is told as such: the DAG failed before, or this run is late."""
    incident = memory.failing.get(run.dag_id, 0)
    if run.state is RunState.FAILED:
        incident = memory.failing.setdefault(run.dag_id, run.id)
        alert(memory, "failure", run, blamed=to_blame(run), incident=incident)
    elif run.state is RunState.SUCCESS:
        alert(memory, "success", run)
        if incident or (run.has_missed and run.base_at is not None):
            alert(memory, "recovered", run, incident=incident)
        memory.failing.pop(run.dag_id, None)


def to_blame(run: Run) -> tuple[int, ...]:
    """The tasks of a run that failed by themselves."""
    return tuple(
        node.number for node in run.nodes if any(one.state is State.FAILED for one in node.everything())
    )  # fmt: skip
