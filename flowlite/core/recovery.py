"""Recovery: the whole machine from the rows of the unfinished runs. Nothing is decided here, and nothing may be left to
decide: what could follow from a commit was part of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from flowlite.core.attempts import stop
from flowlite.core.instances import Instance, Run
from flowlite.core.memory import Memory
from flowlite.core.messages import Command, RequestRun
from flowlite.core.rows import DeadlineRow, GroupRow, InstanceRow, IntentRow, RunRow
from flowlite.core.runs import line_up
from flowlite.core.states import RunState, State, Wish
from flowlite.core.timing import set_deadlines, set_group, set_resume, set_timeout


def load(
    memory: Memory,
    runs: Iterable[RunRow],
    instances: Mapping[int, Sequence[InstanceRow]],
    groups: Iterable[GroupRow],
    intents: Iterable[IntentRow],
    deadlines: Iterable[DeadlineRow],
    now: float,
) -> list[Command]:
    """Build everything; answers with the commands that may not have been carried out."""
    memory.now = now
    memory.open_books()
    for row in runs:
        memory.runs[row.id] = Run(row, memory.graph_of(row.version, row.id), memory.priorities.get(row.dag_id))
    remember_deadlines(memory, deadlines)
    tried = by_run(groups)
    for run in memory.runs.values():
        if run.state is RunState.QUEUED:
            line_up(memory, run)
        else:
            take_up_run(memory, run, instances.get(run.id, ()), tried.get(run.id, []))
    return memory.commands + [RequestRun(*intent) for intent in intents]


def remember_deadlines(memory: Memory, deadlines: Iterable[DeadlineRow]) -> None:
    """Which deadlines are over, and whether one was missed."""
    for row in deadlines:
        run = memory.runs.get(row.run)
        if run is not None:
            run.judged.add(row.task)
            run.has_missed |= not row.was_met


def by_run(groups: Iterable[GroupRow]) -> dict[int, list[GroupRow]]:
    """The rows of each run."""
    found: dict[int, list[GroupRow]] = {}
    for row in groups:
        found.setdefault(row.run, []).append(row)
    return found


def take_up_run(memory: Memory, run: Run, rows: Iterable[InstanceRow], groups: Iterable[GroupRow]) -> None:
    """A run that was running runs on."""
    run.restore(rows, groups)
    set_deadlines(memory, run)
    set_timeout(memory, run)
    for row in run.groups.values():
        set_group(memory, row)
    memory.lane_of_run(run).active.add(run.id)
    for instance in run.instances():
        take_up(memory, instance)


def take_up(memory: Memory, instance: Instance) -> None:
    """Back to its slot, its place in line, or its alarm."""
    pool = memory.pool_of(instance.node)
    if instance.state is State.RUNNING:
        pool.running[instance] = pool.wants(instance)
        wish = instance.wish or (Wish.CANCEL if instance.node.run.wish else None)
        if wish:
            stop(memory, instance, wish)
    elif instance.state is State.QUEUED:
        pool.push(instance)
    elif instance.state is State.RETRYING and instance.resume_at is None:
        instance.resume_at = memory.now  # it waited for a thread to return, and that thread is gone
    set_resume(memory, instance)
