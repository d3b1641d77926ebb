"""One row being drawn, cell by cell: what is drawn later lies over what was there."""

from __future__ import annotations

from itertools import groupby

from flowlite.tui.picture import Row, Span

Cell = tuple[str, str, str]  # a character, its role, its key


class Line:
    """So many cells, blank at first; what is drawn outside of them is cut off."""

    def __init__(self, width: int) -> None:
        self._cells: list[Cell | None] = [None] * width

    def put(self, x: int, text: str, role: str = "text", key: str = "") -> None:
        """Text from a column on, its blanks too."""
        for column, one in enumerate(text, x):
            if 0 <= column < len(self._cells):
                self._cells[column] = one, role, key

    def put_marks(self, text: str, role: str) -> None:
        """Text over the whole row, of which the blanks leave what is there."""
        for column, one in enumerate(text):
            if one != " ":
                self._cells[column] = one, role, ""

    def clear(self, x: int) -> None:
        """One cell, of whatever was there."""
        if 0 <= x < len(self._cells):
            self._cells[x] = None

    def row(self) -> Row:
        """As spans, one for each stretch of one role and key."""
        spans, x = [], 0
        for about, run in groupby(self._cells, key=lambda cell: cell and cell[1:]):
            cells = list(run)
            if about:
                spans.append(Span(x, "".join(cell[0] for cell in cells if cell), *about))
            x += len(cells)
        return tuple(spans)
