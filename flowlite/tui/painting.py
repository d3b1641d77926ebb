"""From rows of spans to what Textual paints: a strip of segments, every cell of it with its colours."""

from __future__ import annotations

from functools import lru_cache

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from flowlite.tui.ascii import TO_ASCII
from flowlite.tui.format import FILLER
from flowlite.tui.picture import Row
from flowlite.tui.themes import Look, Theme

UNKNOWN = "\ufffd"
ATTRIBUTES = {"b": "bold", "d": "dim", "i": "italic", "r": "reverse", "s": "strike", "u": "underline"}


class Painter:
    """Of one theme. `is_ascii`: for terminals that have nothing else, each cell becomes one that they have."""

    def __init__(self, theme: Theme, *, is_ascii: bool = False) -> None:
        self.theme, self.is_ascii = theme, is_ascii
        self.style = lru_cache(maxsize=None)(self._style)

    def _style(self, role: str) -> Style:
        return style_of(self.theme.look(role), self.theme.palette.ground)

    def strip(self, row: Row, width: int, blank: str = "text") -> Strip:
        """The whole row; what lies between and after its spans is blank."""
        style, x = self.style, 0
        segments = []
        for start, text, role, _ in row:
            if start > x:
                segments.append(Segment(" " * (start - x), style(blank)))
            segments.append(Segment(self._letters(text), style(role)))
            x = start + len(text)
        if x < width:
            segments.append(Segment(" " * (width - x), style(blank)))
        found = Strip(segments, max(width, x))
        return found if x <= width else found.crop(0, width)

    def _letters(self, text: str) -> str:
        """Whatever was drawn: nothing is painted that steers a terminal, and a cell stays a cell."""
        if text.isascii() and text.isprintable():
            return text
        if self.is_ascii:
            return "".join(TO_ASCII.get(letter, "?") for letter in text)
        text = text.replace(FILLER, "")
        return text if text.isprintable() else "".join(letter if letter.isprintable() else UNKNOWN for letter in text)


def style_of(look: Look, ground: str) -> Style:
    """Every style has a ground: a cell without one would show what was painted there before."""
    said = [ATTRIBUTES[letter] for letter in look.attributes]
    below = look.ground or ground
    return Style.parse(" ".join([*said, look.ink or "default", *([f"on {below}"] if below else [])]))
