"""Time from left to right: which column an instant is in. Long stretches in which nothing happens are folded."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from flowlite.tui.format import length
from flowlite.tui.layout.words import round_length, round_steps

HOLE = 0.2  # the part of all the time from which on a hole is folded
FOLD = 12  # columns of a folded hole, as `⋯ 23h59m ⋯`
NARROW = 40  # columns below which nothing is folded away: the folds would take most of them
GROWTH = 1.25  # by which the end of what still goes on is moved on at a time, so that not every second moves all
APART = 9  # columns between two labels at least


class Piece(NamedTuple):
    """From one instant and column to another."""

    start: float
    end: float
    x: float
    end_x: float
    is_folded: bool


class Axis:
    """So many columns from one instant to another."""

    def __init__(self, start: float, end: float, columns: int, holes: Iterable[tuple[float, float]] = ()) -> None:
        """`holes`: when nothing happens, in order; long ones are folded."""
        self.start, self.end, self.columns = start, max(end, start + 1e-3), columns
        total = self.end - start
        folds = [(a, b) for a, b in holes if b - a > HOLE * total] if columns >= NARROW else []
        open_s = total - sum(b - a for a, b in folds)
        self.s_per_column = max(open_s, 1e-3) / max(columns - FOLD * len(folds), 1)
        self.pieces = list(self._pieces(folds))
        self._starts = [piece.start for piece in self.pieces]
        self._columns = [piece.x for piece in self.pieces]

    def _pieces(self, folds: Iterable[tuple[float, float]]) -> Iterator[Piece]:
        at, x = self.start, 0.0
        for begin, stop in (*folds, (self.end, self.end)):
            if begin > at:
                end_x = x + (begin - at) / self.s_per_column
                yield Piece(at, begin, x, end_x, False)
                x = end_x
            if stop > begin:
                yield Piece(begin, stop, x, x + FOLD, True)
                at, x = stop, x + FOLD

    def x(self, at: float) -> float:
        """The column of an instant, with its fraction; what lies outside is put to the end that is nearer."""
        piece = self.pieces[max(bisect_right(self._starts, at) - 1, 0)]
        part = (at - piece.start) / (piece.end - piece.start)
        return piece.x + min(max(part, 0.0), 1.0) * (piece.end_x - piece.x)

    def at(self, column: float) -> float:
        """The instant with which a column begins."""
        piece = self.pieces[max(bisect_right(self._columns, column) - 1, 0)]
        return piece.start + (column - piece.x) / (piece.end_x - piece.x) * (piece.end - piece.start)

    def folds(self) -> list[tuple[int, str]]:
        """The column and the text of each fold."""
        return [(round(p.x), f"⋯ {length(p.end - p.start)} ⋯".center(FOLD)) for p in self.pieces if p.is_folded]

    def labels(self) -> list[tuple[int, str]]:
        """Columns and the time since the start, at round numbers."""
        step = next(step for step in round_steps() if step >= 1 and step / self.s_per_column >= APART)
        found: list[tuple[int, str]] = []
        for piece in self.pieces:
            if piece.is_folded:
                continue
            first = int(-(-(piece.start - self.start) // step))
            for number in range(first, int((piece.end - self.start) // step) + 1):
                x, text = int(self.x(self.start + number * step)), round_length(number * step)
                is_inside = piece.x <= x and x + len(text) <= piece.end_x
                if is_inside and (not found or x > found[-1][0] + len(found[-1][1])):
                    found.append((x, text))
        return found


def end_ahead(start: float, now: float) -> float:
    """Of what still goes on: a little later than now, and the same for a while."""
    span = 8.0
    while span < (now - start) * 1.02:
        span *= GROWTH
    return start + span
