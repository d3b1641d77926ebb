"""Parts of a DAG worth seeing by themselves: what surrounds a task, and what a failure has to do with."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from flowlite.tui.layout.folds import Fold
from flowlite.tui.layout.task_graph import TaskGraph, reached
from flowlite.tui.layout.view import Box, View, joined

CROWD = 40  # tasks around one from which on families among them are folded
BLOCKED = ("upstream_failed", "cancelled")


def around(graph: TaskGraph, folds: Mapping[str, Fold], centre: Collection[int], hops: int) -> View:
    """Some tasks with all that is up to so many steps upstream or downstream; what lies beyond is told by stubs."""
    tasks = reached(graph.upstream, centre, hops) | reached(graph.downstream, centre, hops)
    fold_of: dict[int, str] = {}
    if len(tasks) > CROWD:
        away = [fold for fold in folds.values() if not set(fold.tasks) & set(centre)]
        fold_of = {task: fold.key for fold in reversed(away) for task in fold.tasks if fold.key.startswith("family:")}
    return _with_stubs(graph, joined(graph, tasks, fold_of, folds))


def of_failure(graph: TaskGraph, folds: Mapping[str, Fold], states: Sequence[str]) -> View | None:
    """The tasks that failed with their direct upstream and all that they hold up, folded; None: nothing failed."""
    failed = [number for number, state in enumerate(states) if state == "failed"]
    if not failed:
        return None
    held_up = reached(graph.downstream, failed) - set(failed)
    direct = {up for number in failed for up in graph.upstream[number]} - set(failed)
    fold_of = {task: fold.key for fold in reversed(list(folds.values())) for task in fold.tasks if task in held_up}
    return _with_stubs(graph, joined(graph, {*failed, *direct, *held_up}, fold_of, folds))


def _with_stubs(graph: TaskGraph, view: View) -> View:
    """Where a box has nothing before it any more, or nothing behind it, a stub says how many tasks lie there; where
    it has, it says itself how many of its direct neighbours are not shown."""
    shown = set(view.box_of_task)
    boxes = list(view.boxes)
    up = [list(before) for before in view.up]
    for number, box in enumerate(view.boxes):
        more_up = _hidden(graph.upstream, box.tasks, shown)
        more_down = _hidden(graph.downstream, box.tasks, shown)
        if more_up and not view.up[number]:
            up[number].append(len(boxes))
            boxes.append(_stub("up", box, reached(graph.upstream, more_up)))
            up.append([])
        elif more_up:
            boxes[number] = replace(boxes[number], more_up=len(more_up))
        if more_down and not view.down[number]:
            boxes.append(_stub("down", box, reached(graph.downstream, more_down)))
            up.append([number])
        elif more_down:
            boxes[number] = replace(boxes[number], more_down=len(more_down))
    return View(tuple(boxes), tuple(map(tuple, up)))


def _hidden(links: Sequence[Sequence[int]], tasks: Iterable[int], shown: Collection[int]) -> set[int]:
    return {other for task in tasks for other in links[task] if other not in shown}


def _stub(side: str, box: Box, tasks: Collection[int]) -> Box:
    label = f"{len(tasks):,} {'upstream' if side == 'up' else 'downstream'}"
    return Box(key=f"stub:{side}:{box.key}", label=label, tasks=tuple(sorted(tasks)), kind="stub")
