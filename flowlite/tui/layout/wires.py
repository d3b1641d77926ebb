"""Lines on cells: each cell knows in which directions it has a line, and its glyph follows from that.

A level line that passes an upright one goes below it, with a gap on either side, and a line that joins another curves
into its direction: a crossing or a meeting of lines is never taken for a fork.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

Point = tuple[int, int]

UP, DOWN, LEFT, RIGHT = 1, 2, 4, 8
UPRIGHT, LEVEL = UP | DOWN, LEFT | RIGHT
PASSED = 16  # a level line passes here
CORNER = 32  # an upright line has a corner here
ROUNDED = " ╵╷│╴╯╮┤╶╰╭├─┴┬┼"  # by the sum of the directions
_PASSED = bytes(mask & 63 | PASSED for mask in range(256))


def _sum(mask: int) -> int:
    """What is seen of a cell: at a corner, of a line that passes only its way on to the right; below an upright line,
    nothing."""
    if not mask & PASSED:
        return mask & 15
    if mask & CORNER:
        return mask & 15 | RIGHT
    return UPRIGHT if mask & UPRIGHT else mask & 15 | LEVEL


_GLYPHS = {mask: ord(ROUNDED[_sum(mask)]) for mask in range(64)}


class Wires:
    """The cells of some lines, by row."""

    def __init__(self, width: int, lines: Iterable[Sequence[Point]]) -> None:
        self._width = width
        self._rows: dict[int, bytearray] = {}
        pieces = dict[tuple[Point, Point], None]()
        for line in lines:
            pieces.update(dict.fromkeys(pairwise(line)))
            for x, y in (line[0], line[-1]):
                self._row(y)[x] |= LEVEL
        for (x, y), (end_x, end_y) in pieces:
            if y == end_y:
                self._draw_level(y, x, end_x)
            else:
                self._draw_upright(x, min(y, end_y), max(y, end_y))

    def text(self, y: int) -> str:
        """A row of glyphs, blank where there is no line."""
        row = self._rows.get(y)
        return "" if row is None else row.decode("latin-1").translate(_GLYPHS)

    def rows(self) -> Iterable[int]:
        """Those that have lines."""
        return self._rows

    def crossings(self) -> int:
        """How often a line passes below another."""
        return sum(
            bool(mask & PASSED and mask & UPRIGHT and not mask & CORNER) for row in self._rows.values() for mask in row
        )

    def _row(self, y: int) -> bytearray:
        row = self._rows.get(y)
        if row is None:
            row = self._rows[y] = bytearray(self._width)
        return row

    def _draw_level(self, y: int, start: int, end: int) -> None:
        row = self._row(y)
        row[start] |= RIGHT
        row[start + 1 : end] = row[start + 1 : end].translate(_PASSED)
        row[end] |= LEFT

    def _draw_upright(self, x: int, top: int, bottom: int) -> None:
        self._row(top)[x] |= CORNER | DOWN
        self._row(bottom)[x] |= CORNER | UP
        for y in range(top + 1, bottom):
            self._row(y)[x] |= UPRIGHT
