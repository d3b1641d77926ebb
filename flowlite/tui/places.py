"""Places: where somebody is in the terminal UI, as a text that can be typed, kept and gone back to: `run/17`,
`dag/sales/grid`, `pools`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote, unquote

from flowlite.core.errors import FlowliteError

# What can be said after the name of each.
SHAPES: Mapping[str, str] = {
    "home": "",
    "dag": "DAG[/TAB]",
    "run": "RUN[/TASK]",
    "pools": "[/POOL]",
    "backfills": "",
    "backfill": "NUMBER",
    "sla": "",
    "events": "",
    "assets": "",
    "approvals": "[/QUESTION]",
    "problems": "[/FILE]",
}
LONE = tuple(name for name, shape in SHAPES.items() if not shape or shape.startswith("["))


class NoSuchPlace(FlowliteError):
    """It is not on the map."""

    def __init__(self, text: str) -> None:
        known = ", ".join(f"{name}/{shape}".rstrip("/").replace("/[/", "[/") for name, shape in SHAPES.items())
        super().__init__(f"there is no place {text!r} in the terminal UI; there are: {known}")


class Place(NamedTuple):
    """A view, what it is about, and which part of that."""

    view: str
    of: str = ""
    part: str = ""

    def __str__(self) -> str:
        said = [self.view, *(quote(one, safe="[]. ") for one in (self.of, self.part) if one)]
        return "/".join(said)


HOME = Place("home")


def place_of(text: str) -> Place:
    """From its text; a number alone is a run. Raises NoSuchPlace."""
    parts = [unquote(part) for part in text.strip().strip("/").split("/", 2)]
    if parts == [""]:
        return HOME
    if len(parts) == 1 and parts[0].isdigit():
        parts = ["run", *parts]
    view, of, part = (*parts, "", "")[:3]
    if view not in SHAPES or bool(of) < (view not in LONE) or (of and not SHAPES[view]):
        raise NoSuchPlace(text)
    if view in ("run", "backfill") and not of.isdigit():
        raise NoSuchPlace(text)
    return Place(view, of, part)


class History:
    """Where somebody has been, like that of a browser: going somewhere forgets what was ahead."""

    LONGEST = 100

    def __init__(self, first: Place) -> None:
        self._behind: list[Place] = []
        self.here = first
        self._ahead: list[Place] = []

    def go(self, place: Place) -> None:
        """To a new place."""
        if place != self.here:
            self._behind = [*self._behind[-self.LONGEST :], self.here]
            self._ahead.clear()
            self.here = place

    def become(self, place: Place) -> None:
        """The same visit, at another part of it."""
        self.here = place

    def back(self) -> bool:
        """To where one was before; whether there is such a place."""
        if not self._behind:
            return False
        self._ahead.append(self.here)
        self.here = self._behind.pop()
        return True

    def forward(self) -> bool:
        """To where one went back from."""
        if not self._ahead:
            return False
        self._behind.append(self.here)
        self.here = self._ahead.pop()
        return True
