"""One row being drawn, cell by cell: what is drawn later lies over what was there."""

from __future__ import annotations

import re
from itertools import groupby

from flowlite.tui.format import whole
from flowlite.tui.picture import Row, Span

Cell = tuple[str, str, str]  # a character, its role, its key
MARKS = re.compile(r"[^ ]+")


class Line:
    """So many cells from column `start` on, blank at first; what is drawn outside of them is cut off."""

    def __init__(self, width: int, start: int = 0) -> None:
        self._start = start
        self._cells: list[Cell | None] = [None] * width

    def put(self, x: int, text: str, role: str = "text", key: str = "") -> None:
        """Text from a column on, its blanks too."""
        x -= self._start
        if x < 0:
            x, text = 0, text[-x:]
        text = text[: max(len(self._cells) - x, 0)]
        self._cells[x : x + len(text)] = [(one, role, key) for one in text]

    def put_marks(self, text: str, role: str) -> None:
        """Text from the first cell on, of which the blanks leave what is there."""
        for found in MARKS.finditer(text[: len(self._cells)]):
            self._cells[found.start() : found.end()] = [(one, role, "") for one in found.group()]

    def clear(self, x: int) -> None:
        """One cell, of whatever was there."""
        if 0 <= x - self._start < len(self._cells):
            self._cells[x - self._start] = None

    def row(self) -> Row:
        """As spans, one for each stretch of one role and key."""
        spans, x = [], self._start
        for about, run in groupby(self._cells, key=_about):
            cells = list(run)
            if about:
                text = "".join([cell[0] for cell in cells if cell])
                spans.append(Span(x, text if text.isascii() else whole(text), *about))
            x += len(cells)
        return tuple(spans)


def _about(cell: Cell | None) -> tuple[str, str] | None:
    return cell and cell[1:]
