"""Cancelling: a run or a part of it is asked to end early; what runs has to be gone before it is cancelled."""

from __future__ import annotations

from flowlite.core.attempts import abandon_attempt, stop
from flowlite.core.instances import Instance, Run
from flowlite.core.memory import Memory
from flowlite.core.messages import CancelAsked
from flowlite.core.reach import named
from flowlite.core.runs import let_go
from flowlite.core.states import FINISHED, RunState, State, Wish


def cancel_asked(memory: Memory, asked: CancelAsked) -> None:
    """A whole run, or what the name and the index pick from it."""
    run = memory.runs.get(asked.run)
    if run is None or run.wish:
        return
    place = "" if asked.index is None else f"[{asked.index}]"
    memory.audit(asked.by, "cancel", f"run {run.id} {asked.name or ''}{place}".rstrip(), asked.why)
    if asked.name is None:
        cancel_run(memory, run, Wish.CANCEL)
        return
    for instance in picked(run, asked.name, asked.index):
        cancel(memory, instance)


def picked(run: Run, name: str, index: int | None) -> list[Instance]:
    """Without an index also the elements of a map that waits for a new list."""
    if index is not None or not run.nodes:
        return named(run, (name,), index)
    return [one for number in run.graph.select(name) for one in run.nodes[number].everything()]


def cancel_run(memory: Memory, run: Run, wish: Wish) -> None:
    """All of it. A run in line is cancelled at once; any other when the last of its attempts is gone."""
    run.wish = wish
    memory.dirty_runs[run] = None
    for instance in run.instances():
        cancel(memory, instance)
    if run.state is RunState.QUEUED:
        run.ended_at, run.to_do = memory.now, None
        memory.move_run(run, RunState.CANCELLED)
        let_go(memory, run)


def cancel(memory: Memory, instance: Instance) -> None:
    """One instance, unless it is finished."""
    if instance.state is State.RUNNING:
        stop(memory, instance, Wish.CANCEL)
    elif instance.state not in FINISHED:
        abandon_attempt(memory, instance)
        instance.resume_at = None
        memory.move(instance, State.CANCELLED)
