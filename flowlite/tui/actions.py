"""Actions: everything that a key, the palette, the help and the footer can do, each once.

An action belongs to a scope. The keys of what has the focus win, then those of its view, then those that hold
everywhere. `run` is given what the scope stands for: a canvas, a view, the application.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

EVERYWHERE = "everywhere"


def always(here: Any) -> str:
    """It can be done."""
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """`id` is `scope.verb`. `reason` says why it can't be done now, "": it can. `hint`: its word in the footer, "": it
    is not shown there; those of a low `rank` come first. `changes`: it changes something, so viewers can't do it.
    `is_for_the_named`: but they can, for what it is done to says who may, whatever their role."""

    id: str
    title: str
    keys: tuple[str, ...]
    run: Callable[[Any], Awaitable[None] | None]
    reason: Callable[[Any], str] = always
    hint: str = ""
    rank: int = 50
    changes: bool = False
    is_for_the_named: bool = False
    is_danger: bool = False
    is_silent: bool = False  # left out of the palette: moves, and what makes no sense there

    @property
    def scope(self) -> str:
        """Whom it belongs to."""
        return self.id.partition(".")[0]


class Registry:
    """All actions, by scope and key. Two with one key in one scope are an error at load."""

    def __init__(self, actions: Iterable[Action]) -> None:
        self.all: list[Action] = list(actions)
        self._by_key: dict[tuple[str, str], Action] = {}
        self._by_scope: dict[str, list[Action]] = {}
        for action in self.all:
            self._by_scope.setdefault(action.scope, []).append(action)
            for key in action.keys:
                taken = self._by_key.setdefault((action.scope, key), action)
                if taken is not action:
                    raise ValueError(f"key {key!r} of {action.id} is that of {taken.id} already; give one another key")

    def at(self, scopes: Sequence[str], key: str) -> Action | None:
        """Whose key it is here; the first scope wins."""
        for scope in scopes:
            if (found := self._by_key.get((scope, key))) is not None:
                return found
        return None

    def of(self, scopes: Sequence[str]) -> Iterator[Action]:
        """What can be asked for here, without those whose keys all mean something nearer."""
        for scope in scopes:
            for action in self._by_scope.get(scope, ()):
                if not action.keys or any(self.at(scopes, key) is action for key in action.keys):
                    yield action

    def named(self, id_: str) -> Action:
        """By its id. Raises KeyError."""
        return next(action for action in self.all if action.id == id_)
