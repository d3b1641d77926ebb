"""What of a DAG is shown: boxes that stand for tasks, and the edges between boxes.

Whatever is folded, the edges between boxes make no loop: a fold that others lie in the middle of is shown in pieces.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from flowlite.tui.layout.folds import Fold, box_of
from flowlite.tui.layout.layers import Links, in_order, turned
from flowlite.tui.layout.task_graph import TaskGraph


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One task, some tasks folded into one, or a stub that stands for tasks that are not shown."""

    key: str  # a task's id, a fold's key, or one that begins with `stub:`
    label: str
    tasks: tuple[int, ...]
    kind: str = "task"  # task, fold or stub
    more_up: int = 0  # direct upstream of a task that is not shown, where no stub says so
    more_down: int = 0


@dataclass(frozen=True)
class View:
    """Boxes by number, and for each the numbers of those before it."""

    boxes: tuple[Box, ...]
    up: tuple[tuple[int, ...], ...]

    @cached_property
    def down(self) -> Links:
        """The same edges the other way round."""
        return turned(self.up)

    @cached_property
    def number(self) -> dict[str, int]:
        """Of each key."""
        return {box.key: number for number, box in enumerate(self.boxes)}

    @cached_property
    def box_of_task(self) -> dict[int, int]:
        """The box that stands for each task that is shown."""
        return {task: number for number, box in enumerate(self.boxes) if box.kind != "stub" for task in box.tasks}


def whole(graph: TaskGraph, folds: Mapping[str, Fold], folded: Collection[str]) -> View:
    """All tasks, some of them folded."""
    return joined(graph, range(len(graph.ids)), box_of(folds, folded), folds)


def joined(graph: TaskGraph, tasks: Iterable[int], fold_of: Mapping[int, str], folds: Mapping[str, Fold]) -> View:
    """Some tasks, those with a fold in the box of that; a fold of one is that one."""
    tasks = sorted(tasks)
    sizes = Counter(fold_of[task] for task in tasks if task in fold_of)
    key_of = {task: fold_of[task] if sizes[fold_of.get(task, "")] > 1 else graph.ids[task] for task in tasks}
    parts = _without_loops(graph, tasks, key_of)
    members: dict[tuple[str, int], list[int]] = {}
    for task in tasks:
        members.setdefault(parts[task], []).append(task)
    pieces: dict[str, int] = {}
    for key, _ in members:
        pieces[key] = pieces.get(key, 0) + 1
    number = {part: index for index, part in enumerate(members)}
    boxes = [_box(graph, folds, part, found, pieces[part[0]]) for part, found in members.items()]
    up = [
        sorted(
            {number[parts[before]] for task in found for before in graph.upstream[task] if before in parts} - {index}
        )
        for index, found in enumerate(members.values())
    ]
    return View(tuple(boxes), tuple(map(tuple, up)))


def _box(graph: TaskGraph, folds: Mapping[str, Fold], part: tuple[str, int], tasks: list[int], pieces: int) -> Box:
    key, piece = part
    if key not in folds:
        return Box(key=key, label=graph.name(tasks[0]), tasks=tuple(tasks))
    if pieces == 1:
        return Box(key=key, label=folds[key].label, tasks=tuple(tasks), kind="fold")
    return Box(key=f"{key}#{piece}", label=f"{folds[key].label} {piece}/{pieces}", tasks=tuple(tasks), kind="fold")


# --- no loops ---------------------------------------------------------------------------------------------------------
Part = tuple[str, int]  # a key, and which piece of it, from 1


def _without_loops(graph: TaskGraph, tasks: Sequence[int], key_of: Mapping[int, str]) -> dict[int, Part]:
    """Folds cut into as few pieces as it takes for the edges between them to make no loop."""
    parts = {task: (key, 1) for task, key in key_of.items()}
    looped = {key for key, _ in _in_loops(graph, parts)}
    if not looped:
        return parts
    for task in tasks:  # one depth is never in the middle of anything: all edges go deeper
        if key_of[task] in looped:
            parts[task] = key_of[task], graph.depth[task]
    for key in sorted(looped):
        _rejoin(graph, parts, key)
    return parts


def _in_loops(graph: TaskGraph, parts: Mapping[int, Part]) -> list[Part]:
    """Those that lie on loops of the edges between parts, and between such loops."""
    up, names = _between(graph, parts)
    down = turned(up)
    ahead, behind = set(in_order(up, down)), set(in_order(down, up))
    return [name for index, name in enumerate(names) if index not in ahead and index not in behind]


def _between(graph: TaskGraph, parts: Mapping[int, Part]) -> tuple[list[list[int]], list[Part]]:
    names = list(dict.fromkeys(parts.values()))
    number = {name: index for index, name in enumerate(names)}
    up: list[set[int]] = [set() for _ in names]
    for task, part in parts.items():
        up[number[part]].update(number[parts[before]] for before in graph.upstream[task] if before in parts)
    return [sorted(before - {index}) for index, before in enumerate(up)], names


def _rejoin(graph: TaskGraph, parts: dict[int, Part], key: str) -> None:
    """The pieces of a fold from left to right, put together again where that makes no loop; then numbered from 1."""
    by_depth: dict[int, list[int]] = {}
    for task, (found, depth) in parts.items():
        if found == key:
            by_depth.setdefault(depth, []).append(task)
    pieces: list[list[int]] = []
    for depth in sorted(by_depth):
        if pieces:
            grown = {**parts, **dict.fromkeys([*pieces[-1], *by_depth[depth]], (key, depth))}
            if not _in_loops(graph, grown):
                parts.update(grown)
                pieces[-1] += by_depth[depth]
                continue
        pieces.append(by_depth[depth])
    for number, piece in enumerate(pieces, 1):
        parts.update(dict.fromkeys(piece, (key, number)))
