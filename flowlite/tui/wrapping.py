"""Text in lines of a width."""

from __future__ import annotations

import textwrap

from flowlite.tui.format import DOTS, cells, fitted, whole


def wrapped(text: str, width: int, most: int = 1_000) -> list[str]:
    """At blanks, in at most so many lines; where something is left out, dots say so."""
    found: list[str] = []
    for paragraph in text.splitlines():
        found += textwrap.wrap(cells(paragraph), max(1, width), break_on_hyphens=False) or ([""] if found else [])
    if len(found) <= most:
        return [whole(line) for line in found]
    last = found[most - 1]
    return [*found[: most - 1], fitted(last, width - 1) + DOTS]
