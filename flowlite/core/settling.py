"""Settling: what follows for those who wait once something upstream has changed. Only who is concerned is looked at."""

from __future__ import annotations

import json

from flowlite.core.attempts import close_attempt, open_attempt, queue, update_assets
from flowlite.core.instances import Instance, Node
from flowlite.core.memory import Memory
from flowlite.core.outcomes import is_tried_in_group
from flowlite.core.progress import ENDS, Uneven, map_verdict, may_matter, verdict
from flowlite.core.rows import Evidence
from flowlite.core.states import FINISHED, LEFT, Outcome, RunState, State
from flowlite.core.timing import set_resume
from flowlite.core.trigger_rules import Verdict


def settle(memory: Memory) -> None:
    """Work off the agenda until nothing follows any more."""
    while memory.agenda:
        agenda, memory.agenda = memory.agenda, {}
        for concerned in agenda:
            if type(concerned) is Node:
                consider(memory, concerned)
            elif type(concerned) is Instance:
                consider_instance(memory, concerned)


def consider(memory: Memory, node: Node) -> None:
    """Whatever of this task is pending: may it go on?"""
    run = node.run
    if not node.idle or run.wish or run.state is not RunState.RUNNING:
        return
    if node.is_unexpanded_map():
        consider_map(memory, node)
    elif node.width is None:
        consider_instance(memory, node.own)
    elif may_matter(node):
        for instance in node.elements:
            consider_instance(memory, instance)


def consider_map(memory: Memory, node: Node) -> None:
    """A map that does not know its list yet."""
    own = node.own.state
    if own is not State.PENDING:
        if own in FINISHED:
            end_pending(memory, node, State.UPSTREAM_FAILED if own is State.FAILED else own)
        return
    answer = map_verdict(node)
    if isinstance(answer, int):
        expand(memory, node, answer)
    elif isinstance(answer, Uneven):
        fail_expansion(memory, node, answer)
    elif answer in ENDS:
        end_pending(memory, node, ENDS[answer])


def end_pending(memory: Memory, node: Node, to: State) -> None:
    """A map that never got its list ends as one; elements of an earlier list end with it."""
    for instance in node.everything():
        if instance.state is State.PENDING:
            memory.move(instance, to)


def consider_instance(memory: Memory, instance: Instance) -> None:
    """One pending instance: start, end, or wait on."""
    node = instance.node
    if instance.state is not State.PENDING or node.run.wish or node.is_unexpanded_map():
        return
    if instance.index >= 0 and instance.index >= (node.width or 0):
        memory.move(instance, State.SKIPPED)  # the map was made anew and is shorter than it was
        return
    answer = verdict(instance)
    if answer is Verdict.RUN:
        begin(memory, instance)
    elif answer is not Verdict.WAIT:
        memory.move(instance, ENDS[answer])


def begin(memory: Memory, instance: Instance) -> None:
    """Its rule says run: into the line, or, if a person has to decide, straight into the wait."""
    if not instance.node.task.is_approval:
        queue(memory, instance)
        return
    open_attempt(memory, instance)
    memory.move(instance, State.WAITING)
    set_resume(memory, instance)


def expand(memory: Memory, node: Node, width: int) -> None:
    """The map knows its list: a row for each element. With none it succeeds itself."""
    for old in node.elements[:width]:
        if old.state in FINISHED:  # of an earlier list, and ended with it
            old.forgive()
            memory.move(old, State.PENDING)
    for _ in range(len(node.elements), width):
        memory.dirty[node.add_element(memory.now)] = None
        node.idle += 1
        node.run.open += 1
    if width:
        for number in node.run.graph.down[node.number]:
            node.run.nodes[number].tally[LEFT] += width - 1
    node.width = width
    memory.move(node.own, State.SUCCESS)
    if not width:
        update_assets(memory, node.own)
    memory.agenda[node] = None


def fail_expansion(memory: Memory, node: Node, uneven: Uneven) -> None:
    """Lists that go together are not equally long: the map fails, and its attempt says why."""
    own = node.own
    own.attempt += 1
    own.started_at = memory.now
    close_attempt(memory, own, Outcome.FAILED, Evidence(error=expansion_error(node.task.id, uneven)))
    if is_tried_in_group(memory, own):
        return
    memory.move(own, State.FAILED)
    end_pending(memory, node, State.UPSTREAM_FAILED)


def expansion_error(task_id: str, uneven: Uneven) -> str:
    """What the attempt of a map with uneven lists says, as JSON."""
    first, *others = [f"{name} has {count}" for name, count in uneven.lengths]
    lengths = ", ".join([f"{first} elements", *others])
    message = f"cannot map {task_id!r}: {lengths}; make them equally long"
    return json.dumps({"type": "ExpansionError", "message": message, "class": "expansion"})
