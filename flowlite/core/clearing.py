"""Clearing: finished work is made to run again. Attempts are kept, numbers go on, budgets are fresh."""

from __future__ import annotations

from flowlite.core.attempts import abandon_attempt, stop
from flowlite.core.instances import Instance, Node
from flowlite.core.memory import Memory
from flowlite.core.reach import Reach, is_cleared
from flowlite.core.states import LEFT, State, Wish


def clear(memory: Memory, reach: Reach) -> list[Instance]:
    """Clear what is reached; answers with what was really cleared. Maps collapse last: until then elements count."""
    cleared = [instance for instance in reach.instances if is_cleared(instance, reach.maps)]
    for instance in cleared:
        if instance is not instance.node.own or instance.node.width is None:
            clear_one(memory, instance)
    for node in reach.maps:
        if node.width is not None and node.own.state is State.SUCCESS:
            collapse(memory, node)
    return cleared


def clear_one(memory: Memory, instance: Instance) -> None:
    """Back to pending; an attempt that is running has to be gone first."""
    if instance.state is State.RUNNING:
        stop(memory, instance, Wish.CLEAR)
        return
    abandon_attempt(memory, instance)
    instance.forgive()
    memory.move(instance, State.PENDING)


def collapse(memory: Memory, node: Node) -> None:
    """Back to a map of unknown length. Its elements keep their attempts, for the next list may have them again."""
    node.own.forgive()
    memory.move(node.own, State.PENDING)
    for number in node.run.graph.down[node.number] if node.width else ():
        node.run.nodes[number].tally[LEFT] -= (node.width or 0) - 1
    node.width = None


def unsettle(memory: Memory, instance: Instance) -> None:
    """Ready, but not begun, and something upstream of it has changed: judge it anew."""
    if instance.state is State.QUEUED and instance.started_at is None:
        memory.move(instance, State.PENDING)
