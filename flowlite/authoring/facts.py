"""Facts: the little that the machine must know of a result that it never sees."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from flowlite.authoring.decode import described, picked
from flowlite.core.errors import FlowliteError


class ResultUnfit(FlowliteError):
    """A result from which nothing downstream can go on: a map over no list, a branch to nowhere."""


def facts_of(
    text: str | None, wanted: Collection[str], task: str, choices: Sequence[str] = ()
) -> Mapping[str, Any] | None:
    """The wanted facts of a result as JSON text. `choices`: the direct downstream of a branch. Raises ResultUnfit."""
    if not wanted:
        return None
    result = None if text is None else json.loads(text)
    return {key: fact(result, key, task, choices) for key in wanted}


def fact(result: Any, key: str, task: str, choices: Sequence[str]) -> Any:
    """One fact; its key is `kind:path`."""
    kind, _, path = key.partition(":")
    value = picked(result, tuple(json.loads(path)), task) if path else result
    if kind == "length":
        return length(value, task, path)
    return chosen(value, task, choices) if kind == "chosen" else bool(value)


def length(value: Any, task: str, path: str) -> int:
    """How many elements a map over it has."""
    if isinstance(value, list):
        return len(value)
    part = f" at {path}" if path else ""
    raise ResultUnfit(f"{task} is mapped over, but its result{part} is {described(value)}; return a list")


def chosen(value: Any, task: str, choices: Sequence[str]) -> list[str]:
    """The direct downstream tasks that a branch goes on with; a group's id stands for those inside it."""
    names = [] if value is None else [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ResultUnfit(f"branch {task} returned {described(value)}; return a task id, a list of them, or None")
    return list(dict.fromkeys(id_ for name in names for id_ in meant(name, task, choices)))


def meant(name: str, task: str, choices: Sequence[str]) -> list[str]:
    """The choices that one name stands for."""
    found = [id_ for id_ in choices if id_ == name or id_.startswith(f"{name}.")]
    if not found:
        ways = ", ".join(choices) or "none"
        close = get_close_matches(name, choices, n=1)
        near = f" (did you mean {close[0]!r}?)" if close else ""
        raise ResultUnfit(
            f"branch {task} chose {name!r}, which is not directly downstream{near}; its choices are: {ways}"
        )
    return found
