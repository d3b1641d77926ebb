"""Reach: which instances a clear would touch. Looks, and changes nothing; so a person can see the list first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from flowlite.core.graph import Graph
from flowlite.core.instances import Instance, Node, Run
from flowlite.core.rows import InstanceRow, RunRow
from flowlite.core.states import FAILURES, FINISHED, State
from flowlite.core.tasks import Fact


class Reach(NamedTuple):
    """Instances in the order in which they were found, and the maps whose list will be made anew."""

    instances: dict[Instance, None]
    maps: dict[Node, None]


def named(run: Run, names: Sequence[str], index: int | None) -> list[Instance]:
    """What people mean by these names of tasks and groups (none: everything): the instances that count."""
    numbers = (
        dict.fromkeys(number for name in names for number in run.graph.select(name))
        if names
        else range(len(run.graph.tasks))
    )
    nodes = [run.nodes[number] for number in numbers] if run.nodes else []
    return [one for node in nodes for one in node.counted() if index is None or one.index == index]


def clear_reach(
    run: Run, names: Sequence[str], index: int | None, *, with_downstream: bool, only_failed: bool = False
) -> Reach:
    """What a clear by these names touches."""
    wanted = FAILURES if only_failed else FINISHED
    start = [instance for instance in named(run, names, index) if instance.state in wanted]
    if with_downstream:
        return affected(start)
    return Reach(dict.fromkeys(start), {one.node: None for one in start if one.node.width == 0})


def affected(start: Iterable[Instance]) -> Reach:
    """These and everything downstream of them."""
    seen, maps = dict.fromkeys(start), {one.node: None for one in start if one.node.width == 0}
    stack = list(seen)
    while stack:
        instance = stack.pop()
        fresh = [other for other in downstream(instance, maps) if other not in seen]
        seen.update(dict.fromkeys(fresh))
        stack += fresh
    return Reach(seen, maps)


def downstream(instance: Instance, maps: dict[Node, None]) -> list[Instance]:
    """The instances that wait for this one; maps that take their list from it are added to `maps`."""
    run, number = instance.node.run, instance.node.number
    reached: list[Instance] = []
    for down in run.graph.down[number]:
        node = run.nodes[down]
        if makes_list_of(instance.node, node) or node.width == 0:
            maps[node] = None
        reached += node.everything()
    for down in run.graph.pair_down[number]:
        node = run.nodes[down]
        if instance.index < 0 or not node.width:
            maps[node] = None
            reached += node.everything()
        elif instance.index < node.width:
            reached.append(node.elements[instance.index])
    return reached


def makes_list_of(up: Node, node: Node) -> bool:
    """The node is mapped over a result of this one."""
    return any(isinstance(source, Fact) and source.task == up.task.id for source in node.task.over or ())


def is_cleared(instance: Instance, maps: dict[Node, None]) -> bool:
    """Whether a clear that reaches it changes it: it has begun, and it counts or will count."""
    node = instance.node
    if instance.state is State.PENDING or (instance is node.own and node.width):
        return False  # a map whose list stays the same stays expanded; the others collapse, after their elements
    return node.counts(instance) or node in maps


def clear_preview(
    graph: Graph,
    run_row: RunRow,
    instance_rows: Iterable[InstanceRow],
    names: Sequence[str],
    index: int | None = None,
    with_downstream: bool = True,
    *,
    only_failed: bool = False,
) -> list[tuple[int, int]]:
    """Task numbers and indexes of the instances that a clear would make run again, from the rows of the run."""
    run = Run(run_row, graph)
    run.restore(instance_rows)
    reach = clear_reach(run, names, index, with_downstream=with_downstream, only_failed=only_failed)
    return sorted((one.node.number, one.index) for one in reach.instances if is_cleared(one, reach.maps))
