"""What a graph of many tasks is folded into: groups, and families: tasks of one depth whose ids differ in numbers."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from flowlite.tui.layout.task_graph import TaskGraph

MANY = 40  # tasks from which on folds are folded to begin with
FAMILY = 3  # members from which on tasks are a family
DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Fold:
    """Tasks that may be shown as one box, and the fold around it."""

    key: str
    label: str
    tasks: tuple[int, ...]
    inside: str | None


def folds_of(graph: TaskGraph) -> dict[str, Fold]:
    """By key, each after the one around it. What holds all tasks, or the same as the one around it, is no fold."""
    members: dict[str, list[int]] = {}
    around: dict[str, str | None] = {}
    for number in range(len(graph.ids)):
        outer = None
        for key in _keys(graph, number):
            members.setdefault(key, []).append(number)
            around.setdefault(key, outer)
            outer = key
    return _worth_having(graph, members, around)


def _keys(graph: TaskGraph, number: int) -> list[str]:
    """Of all that could be folded around a task, from the outside in."""
    parts = graph.group(number).split(".")
    groups = [f"group:{'.'.join(parts[: end + 1])}" for end in range(len(parts)) if parts[end]]
    stem = DIGITS.sub("*", graph.name(number))
    if "*" not in stem:
        return groups
    return [*groups, f"family:{graph.group(number)}:{graph.depth[number]}:{stem}"]


def _worth_having(graph: TaskGraph, members: dict[str, list[int]], around: dict[str, str | None]) -> dict[str, Fold]:
    found: dict[str, Fold] = {}
    said = ""  # by the group that holds everything, if there is one
    for key, tasks in sorted(members.items(), key=lambda item: (item[0].startswith("family:"), item[0].count("."))):
        outer = around[key]
        while outer is not None and outer not in found:
            outer = around[outer]
        if len(tasks) == len(graph.ids):
            said = max(said, key, key=len)
            continue
        room = len(graph.ids) if outer is None else len(found[outer].tasks)
        least = FAMILY if key.startswith("family:") else 2
        if least <= len(tasks) < room:
            found[key] = Fold(key, _label(key, outer or said), tuple(tasks), outer)
    return found


def _label(key: str, outer: str) -> str:
    """A group by the part of its name that the one around it does not say; a family by the pattern of its ids."""
    if key.startswith("family:"):
        return key.split(":", 3)[3]
    return key[len(outer) + 1 :] if outer else key[len("group:") :]


def folded_at_first(graph: TaskGraph, folds: Collection[str]) -> frozenset[str]:
    """The keys of what is folded before anybody has said so."""
    return frozenset(folds) if len(graph.ids) > MANY else frozenset()


def families(graph: TaskGraph) -> dict[int, str]:
    """By task the name of its family, group and all; none where there are few tasks."""
    members: dict[str, list[int]] = {}
    for number in range(len(graph.ids)) if len(graph.ids) > MANY else ():
        for key in _keys(graph, number):
            if key.startswith("family:"):
                members.setdefault(key, []).append(number)
    found: dict[int, str] = {}
    for key, tasks in members.items():
        if len(tasks) >= FAMILY:
            _, group, _, stem = key.split(":", 3)
            found |= dict.fromkeys(tasks, f"{group}.{stem}" if group else stem)
    return found


def box_of(folds: Mapping[str, Fold], folded: Collection[str]) -> dict[int, str]:
    """For each task that is folded away the key of the outermost fold around it that is folded."""
    hidden: dict[int, str] = {}
    for key, fold in folds.items():
        if key in folded:
            for number in fold.tasks:
                hidden.setdefault(number, key)
    return hidden
