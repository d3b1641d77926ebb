"""Tasks as a tree of their groups: `silver.clean` is the task `clean` in the group `silver`. Groups stand where their
first task does."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Branch(NamedTuple):
    """A row of the tree: a group (`is_group`) or a task, by its full id, and how deep it stands."""

    id: str
    depth: int
    is_group: bool

    @property
    def name(self) -> str:
        """The last part of its id."""
        return self.id.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Tree:
    """`rows`: all of it, top down; `inside`: the tasks of each group, also of groups within."""

    rows: tuple[Branch, ...]
    inside: Mapping[str, tuple[str, ...]]

    def shown(self, folded: Collection[str]) -> Iterator[Branch]:
        """Without what is in groups that are folded."""
        hidden = ""
        for row in self.rows:
            if hidden and row.id.startswith(hidden):
                continue
            hidden = f"{row.id}." if row.is_group and row.id in folded else ""
            yield row

    @property
    def groups(self) -> list[str]:
        """All of them, top down."""
        return [row.id for row in self.rows if row.is_group]


def groups_of(task_id: str) -> list[str]:
    """Those that a task is in, the outermost first."""
    parts = task_id.split(".")[:-1]
    return [".".join(parts[: number + 1]) for number in range(len(parts))]


def tree_of(task_ids: Sequence[str]) -> Tree:
    """From ids in the order of the graph."""
    inside: dict[str, list[str]] = {}
    children: dict[str, list[tuple[str, bool]]] = {"": []}
    for id_ in task_ids:
        above = ""
        for group in groups_of(id_):
            if group not in inside:
                inside[group] = []
                children[above].append((group, True))
                children[group] = []
            inside[group].append(id_)
            above = group
        children[above].append((id_, False))
    rows = tuple(_walk(children, "", 0))
    return Tree(rows, {group: tuple(ids) for group, ids in inside.items()})


def _walk(children: Mapping[str, Sequence[tuple[str, bool]]], above: str, depth: int) -> Iterator[Branch]:
    for id_, is_group in children[above]:
        yield Branch(id_, depth, is_group)
        if is_group:
            yield from _walk(children, id_, depth + 1)
