"""Timing: which alarms an instance, a group or a run sets, and how deadlines end. What they ring for is in ringing."""

from __future__ import annotations

from heapq import heappop, heappush

from flowlite.core.alarms import Alarm, still_matters, timeout_at
from flowlite.core.alerts import alert
from flowlite.core.instances import Instance, Run
from flowlite.core.memory import Memory
from flowlite.core.rows import DeadlineRow, GroupRow


def set_resume(memory: Memory, instance: Instance) -> None:
    """Wake the instance when its retry, its next poke or the end of its wait is due."""
    due_at = instance.due_at
    if due_at is not None:
        heappush(memory.alarms, Alarm(due_at, *instance.key, "resume"))


def set_group(memory: Memory, row: GroupRow) -> None:
    """Let a group that waits for its next try go on."""
    if row.resume_at is not None:
        heappush(memory.alarms, Alarm(row.resume_at, row.run, -1, -1, "group", row.group))


def set_timeout(memory: Memory, run: Run) -> None:
    """Stop a run that takes too long."""
    at = timeout_at(run)
    if at is not None:
        heappush(memory.alarms, Alarm(at, run.id, -1, -1, "timeout"))


def set_deadlines(memory: Memory, run: Run) -> None:
    """Judge the run's deadlines when they are due."""
    if run.base_at is None:
        return
    for number, sla_s in run.graph.deadlines:
        if number not in run.judged:
            heappush(memory.alarms, Alarm(run.base_at + sla_s, run.id, number, -1, "deadline"))


def next_alarm(memory: Memory) -> float | None:
    """When the next alarm that still matters is due; others are dropped here."""
    alarms = memory.alarms
    while alarms and not still_matters(alarms[0], memory.runs.get(alarms[0].run)):
        heappop(alarms)
    return alarms[0].at if alarms else None


def judge_deadline(memory: Memory, run: Run, number: int, due_at: float) -> None:
    """A deadline is due: met if its task is finished; the run itself is not, or it would be gone."""
    was_met = number >= 0 and bool(run.nodes) and run.nodes[number].is_finished()
    run.judged.add(number)
    memory.changes.deadlines.append(DeadlineRow(run.id, number, due_at, was_met))
    if not was_met:
        run.has_missed = True
        alert(memory, "sla", run, number)


def meet_deadlines(memory: Memory, run: Run) -> None:
    """The run has ended: what was not missed until now was met."""
    if run.base_at is None:
        return
    memory.changes.deadlines += [
        DeadlineRow(run.id, number, run.base_at + sla_s, was_met=True)
        for number, sla_s in run.graph.deadlines
        if number not in run.judged
    ]
