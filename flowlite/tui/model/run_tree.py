"""A run as rows: groups, tasks, the elements of maps that are open, and what tasks tell below themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from flowlite.tui.model.run import Instance, Node, RunModel, Task
from flowlite.tui.model.tree import Tree

FEW_NODES = 12  # that are shown without being asked for
MANY = 24  # rows: beyond them, groups in which all is well are folded at first


class TreeRow(NamedTuple):
    """`kind` is group, task, element or node; `id` that of the group or task."""

    kind: str
    id: str
    at: int = -1  # of an element: its map index
    node: str = ""
    depth: int = 0

    @property
    def name(self) -> str:
        """`load[3]`, as people and places say it."""
        return self.id if self.at < 0 else f"{self.id}[{self.at}]"


def rows_of(model: RunModel, tree: Tree, folded: Collection[str], opened: Collection[str]) -> Iterator[TreeRow]:
    """From the top down. `folded`: groups; `opened`: tasks whose elements and nodes are all shown."""
    for branch in tree.shown(folded):
        if branch.is_group:
            yield TreeRow("group", branch.id, depth=branch.depth)
            continue
        task = model.by_id[branch.id]
        yield TreeRow("task", branch.id, depth=branch.depth)
        if task.elements is not None:
            if branch.id in opened:
                yield from _elements(task, branch.depth + 1)
        else:
            yield from _nodes(task, -1, branch.depth + 1, is_open=branch.id in opened)


def _elements(task: Task, depth: int) -> Iterator[TreeRow]:
    for index in range(task.width or 0):
        yield TreeRow("element", task.id, index, depth=depth)
        if index in task.nodes:
            yield from _nodes(task, index, depth + 1, is_open=False)


def _nodes(task: Task, index: int, depth: int, *, is_open: bool) -> Iterator[TreeRow]:
    found = task.nodes.get(index)
    if not found:
        return
    for node in found.values():
        if is_open or len(found) <= FEW_NODES or node.state in ("failed", "error", "running"):
            yield TreeRow("node", task.id, index, node.id, depth)


def node_of(model: RunModel, row: TreeRow) -> Node | None:
    """What a row of kind node stands for."""
    task = model.by_id.get(row.id)
    return None if task is None else task.nodes.get(row.at, {}).get(row.node)


def first_folded(model: RunModel, tree: Tree) -> set[str]:
    """In a large run, the groups in which all is well or nothing has begun."""
    if len(tree.rows) <= MANY:
        return set()
    quiet = {"success", "skipped", "pending"}
    return {
        group for group, inside in tree.inside.items() if all(model.by_id[id_].state in quiet for id_ in inside)
    }  # fmt: skip


def first_failure(model: RunModel) -> Instance | None:
    """The one that failed first; None: none has."""
    failed = model.in_state("failed")
    return min(failed, key=lambda one: (one.since or 0.0, one.task.number, one.index), default=None)


def at_work(model: RunModel) -> Instance | None:
    """The first that runs, else the first that waits for its turn."""
    for states in (("running",), ("retrying", "queued", "waiting")):
        if (found := next(model.in_state(*states), None)) is not None:
            return found
    return None
