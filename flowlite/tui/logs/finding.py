"""Finding something in a whole log: the next line with a text, the error before this one, and how many there are."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from flowlite.tui.logs.line import Told

Ask = Callable[..., Awaitable[Any]]


@dataclass(slots=True)
class Search:
    """What is looked for and how far that is. `line`: where one is, None: nowhere yet; `place`: which of them that is.

    `share`: how much of the file was looked through for the number of all, 1.0: it is known.
    """

    text: str
    line: int | None = None
    place: int | None = None
    number: int = 0
    share: float = 0.0
    is_looking: bool = False
    has_turned: bool = False  # the search went on at the other end

    def told(self, told: Told) -> None:
        """As the daemon says."""
        self.number = told["passing"] if self.text else told["messages"]
        self.share = told["sifted_bytes"] / told["size_bytes"] if told["size_bytes"] else 1.0

    @property
    def is_counted(self) -> bool:
        """Whether it is known how many there are."""
        return self.share >= 1.0


async def found(
    ask: Ask, search: Search, from_line: int, *, is_backwards: bool, level: str, heard: Callable[[], None]
) -> int | None:
    """The line of the nearest one, from a line on or before it; at the end it goes on at the other end. None: there is
    none. The number of all is looked for at the same time."""
    search.is_looking, search.has_turned = True, False
    start: int | None = from_line
    try:
        while True:
            if start is None:
                if search.has_turned:
                    return None
                search.has_turned, start = True, -1 if is_backwards else 0
            told = await ask(text=search.text, level=level, from_line=start, limit=1, is_backwards=is_backwards)
            search.told(told)
            if told["hits"]:
                search.line, search.place = told["hits"][0]["line"], told["place"]
                return search.line
            start = told["next_line"]
            heard()
    finally:
        search.is_looking = False


async def counted(ask: Ask, search: Search, *, level: str, heard: Callable[[], None]) -> None:
    """Until it is known how many there are, and which one this is."""
    line = 0 if search.line is None else search.line
    while True:
        told = await ask(text=search.text, level=level, from_line=line, limit=1, is_backwards=False)
        search.told(told)
        if told["hits"] and told["hits"][0]["line"] == search.line:
            search.place = told["place"]
        heard()
        if search.is_counted:
            return
