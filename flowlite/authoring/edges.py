"""From `>>` between tasks and groups to edges between tasks, once the DAG is complete."""

from __future__ import annotations

from collections.abc import Iterable

from flowlite.authoring.bindings import upstream
from flowlite.authoring.building import Builder, Node
from flowlite.authoring.groups import Group
from flowlite.authoring.problems import DeclarationError, Place
from flowlite.core.graph import Each, Fact

Edge = tuple[Node | Group, Node | Group, Place]


def resolve(builder: Builder) -> None:
    """Fill every node's `after`. What is deepest inside goes first: the ends of a group are known once its inner edges
    are."""
    for node in builder.nodes.values():
        node.after.update(dict.fromkeys(argument_upstream(node)))
    for edge in sorted(builder.edges, key=depth_of_common_group, reverse=True):
        add_edge(builder, edge)


def argument_upstream(node: Node) -> list[str]:
    """The tasks whose results it takes, other than those that the machine knows from `over` and `when`."""
    known = {source.task for source in node.over or () if isinstance(source, Fact | Each)}
    known |= {fact.task for fact in node.when}
    needed = (source.task for bound in node.arguments.values() for source in upstream(bound))
    return [task for task in dict.fromkeys(needed) if task not in known]


def add_edge(builder: Builder, edge: Edge) -> None:
    """One `>>`, with groups taken apart."""
    before, after, place = edge
    refuse_overlap(before, after, place)
    for first in heads_or_tails(builder, before, place, wants_tails=True):
        for second in heads_or_tails(builder, after, place, wants_tails=False):
            if first is second:
                raise DeclarationError(f"{first.id} can't wait for itself", "take this edge out", place)
            second.after[first.id] = None


def refuse_overlap(before: Node | Group, after: Node | Group, place: Place) -> None:
    """A group can't wait for what is inside it."""
    for outer, inner in ((before, after), (after, before)):
        if isinstance(outer, Group) and (outer is inner or outer.holds(inner.id)):
            raise DeclarationError(
                f"{inner.id} lies inside group {outer.id}, they can't wait for each other", "take this edge out", place
            )


def heads_or_tails(builder: Builder, end: Node | Group, place: Place, *, wants_tails: bool) -> list[Node]:
    """A task itself; of a group those that nothing inside it comes after (tails) or before (heads)."""
    if isinstance(end, Node):
        return [end]
    inside = [node for id_, node in builder.nodes.items() if end.holds(id_)]
    if not inside:
        raise DeclarationError(
            f"group {end.id!r} has no tasks", "put tasks into it, or take it out of this edge", place
        )
    if not wants_tails:
        return [node for node in inside if not any(end.holds(up) for up in all_upstream(node))]
    has_downstream = {up for node in inside for up in all_upstream(node)}
    return [node for node in inside if node.id not in has_downstream]


def all_upstream(node: Node) -> Iterable[str]:
    """Every task it waits for, whichever way that was said."""
    yield from node.after
    yield from (source.task for source in node.over or () if isinstance(source, Fact | Each))
    yield from (fact.task for fact in node.when)


def depth_of_common_group(edge: Edge) -> int:
    """How many groups both ends lie in."""
    left, right = (end.id.split(".")[:-1] for end in edge[:2])
    common = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        common += 1
    return common
