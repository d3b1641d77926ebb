"""Marking: a person says how a task instance ended, and what ended without a run because of it is judged anew."""

from __future__ import annotations

from collections.abc import Iterator

from flowlite.core.attempts import abandon_attempt, stop
from flowlite.core.clearing import unsettle
from flowlite.core.instances import Instance
from flowlite.core.memory import Memory
from flowlite.core.states import FINISHED, MARKED, MARKS, State


def mark(memory: Memory, instance: Instance, to: State) -> None:
    """Set the state; a running attempt has to be gone first. What has the state already stays as it is."""
    if instance.state is to:
        return
    if instance.state is State.RUNNING:
        stop(memory, instance, MARKS[to])
        return
    was_finished = instance.state in FINISHED
    abandon_attempt(memory, instance)
    instance.resume_at = instance.facts = None
    instance.wish = MARKS[to]
    node = instance.node
    if instance is node.own and node.task.over is not None:
        node.width = 0 if to is State.SUCCESS else None  # a success without a list is an empty one
        memory.agenda[node] = None
    memory.mark(instance, to)
    if was_finished:
        judge_anew(memory, instance)


def judge_anew(memory: Memory, instance: Instance) -> None:
    """Put back to pending what lies downstream and ended, or got into line, without a run of its own."""
    stack = [instance]
    while stack:
        for down in waits_for(stack.pop()):
            if has_ended_without_a_run(down):
                down.forgive()
                memory.move(down, State.PENDING)
                stack.append(down)
            else:
                unsettle(memory, down)


def has_ended_without_a_run(instance: Instance) -> bool:
    """Its rule or a gate ended it, and no person has said so."""
    if instance.wish in MARKED:
        return False
    is_skip_by_rule = instance.state is State.SKIPPED and instance.started_at is None
    return instance.state is State.UPSTREAM_FAILED or is_skip_by_rule


def waits_for(instance: Instance) -> Iterator[Instance]:
    """The instances directly downstream that count."""
    run, number = instance.node.run, instance.node.number
    for down in run.graph.down[number]:
        yield from run.nodes[down].counted()
    for down in run.graph.pair_down[number]:
        node = run.nodes[down]
        if not node.width:
            yield node.own
        elif instance.index < 0:
            yield from node.counted()
        elif instance.index < node.width:
            yield node.elements[instance.index]
