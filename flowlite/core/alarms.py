"""Alarms: what time alone will bring about. One heap; an entry that no longer matters is known by its time."""

from __future__ import annotations

from typing import NamedTuple

from flowlite.core.instances import Run
from flowlite.core.states import RunState


class Alarm(NamedTuple):
    """At `at`, look at this instance (`resume`), this deadline, this group's next try, or this run's timeout."""

    at: float
    run: int
    task: int
    index: int  # type: ignore[assignment]  # hides tuple.index
    kind: str  # "resume" | "deadline" | "group" | "timeout"
    group: str = ""


def still_matters(alarm: Alarm, run: Run | None) -> bool:
    """Whether what the alarm was set for is still due then."""
    if run is None:
        return False
    if alarm.kind == "timeout":
        return run.state is RunState.RUNNING and run.wish is None and timeout_at(run) == alarm.at
    if alarm.kind == "deadline":
        return run.base_at is not None and alarm.task not in run.judged
    if alarm.kind == "group":
        row = run.groups.get(alarm.group)
        return row is not None and row.resume_at == alarm.at
    instance = run.find(alarm.task, alarm.index)
    return instance is not None and instance.due_at == alarm.at


def timeout_at(run: Run) -> float | None:
    """When the run has taken too long."""
    if run.started_at is None or run.graph.timeout_s is None:
        return None
    return run.started_at + run.graph.timeout_s
