"""Ringing: what happens when an alarm is due."""

from __future__ import annotations

from heapq import heappop

from flowlite.core.alarms import Alarm, still_matters
from flowlite.core.cancelling import cancel_run
from flowlite.core.groups import go_on
from flowlite.core.instances import Run
from flowlite.core.memory import Memory
from flowlite.core.outcomes import resume
from flowlite.core.states import Wish
from flowlite.core.timing import judge_deadline, next_alarm


def ring(memory: Memory) -> None:
    """Let everything happen that is due."""
    alarms = memory.alarms
    while alarms and alarms[0].at <= memory.now:
        alarm = heappop(alarms)
        run = memory.runs.get(alarm.run)
        if run is not None and still_matters(alarm, run):
            ring_one(memory, alarm, run)


def ring_one(memory: Memory, alarm: Alarm, run: Run) -> None:
    """One alarm, known to matter."""
    instance = run.find(alarm.task, alarm.index)
    if alarm.kind == "timeout":
        cancel_run(memory, run, Wish.TIMEOUT)
    elif alarm.kind == "deadline":
        judge_deadline(memory, run, alarm.task, alarm.at)
    elif alarm.kind == "group":
        go_on(memory, run, alarm.group)
    elif instance is not None:
        resume(memory, instance)


def next_wake(memory: Memory) -> float | None:
    """When to come back with a Tick: the next alarm, or the turn of a backfill that is passed over."""
    times = [next_alarm(memory)]
    if not memory.is_draining:
        times += [pool.due_at for pool in memory.pools.values()]
    return min((at for at in times if at is not None), default=None)
