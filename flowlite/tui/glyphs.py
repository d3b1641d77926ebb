"""How a state looks: by shape first, so that it is read without colour; one cell wide in every terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Glyph(NamedTuple):
    """A mark for terminals that have Unicode, and one for those that have not."""

    mark: str
    letter: str


# Success is quiet: a good day looks empty. "running" is no triangle that a fold could be taken for: folds are + and -.
GLYPHS: Mapping[str, Glyph] = {
    "success": Glyph("✓", "."),
    "running": Glyph("▸", ">"),
    "queued": Glyph("○", "o"),
    "pending": Glyph("·", ","),
    "retrying": Glyph("↻", "r"),
    "failed": Glyph("✗", "X"),
    "upstream_failed": Glyph("⊘", "u"),
    "skipped": Glyph("–", "-"),
    "cancelled": Glyph("■", "#"),
    "waiting": Glyph("◌", "d"),
}
NOTHING = Glyph(" ", " ")


def glyph(state: str, *, is_ascii: bool = False) -> str:
    """Of a state of a run or a task instance; blank for none."""
    found = GLYPHS.get(state, NOTHING)
    return found.letter if is_ascii else found.mark
