"""Making rows of spans: text put at columns, cut where it must be, laid on a ground, side by side, in tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from flowlite.tui.format import DOTS, FILLER, cells, fitted, middle, whole
from flowlite.tui.picture import Row, Span

BLANK: Row = ()
Piece = tuple[str, str] | tuple[str, str, str]
"""Text, its role, and what it stands for."""


class Line:
    """One row in the making: what is put later lies on the right of what was put before."""

    def __init__(self, width: int) -> None:
        self.width, self.x = width, 0
        self._spans: list[Span] = []

    def put(self, text: str, role: str = "text", key: str = "") -> Line:
        """At the place where the last one ended; what has no room is cut."""
        room = self.width - self.x
        if not (text.isascii() and text.isprintable()) and FILLER not in text:
            text = cells(text)
        if text and room > 0:
            shown = text if len(text) <= room else fitted(text, room)
            self._spans.append(Span(self.x, shown, role, key))
            self.x += len(shown)
        return self

    def pieces(self, *pieces: Piece) -> Line:
        """One after the other."""
        for piece in pieces:
            self.put(*piece)
        return self

    def to(self, x: int) -> Line:
        """Go on at a column; one that is passed already is not gone back to."""
        self.x = max(self.x, x)
        return self

    def skip(self, cells: int = 1) -> Line:
        """Leave some blank."""
        self.x += cells
        return self

    def right(self, *pieces: Piece, margin: int = 0) -> Line:
        """At the right end. Where there is no room for all of it, what was put before is cut."""
        wide = sum(len(piece[0]) for piece in pieces)
        start = max(0, self.width - margin - wide)
        if self.x > start - 1:
            self._cut(max(0, start - 1))
        self.x = start
        return self.pieces(*pieces)

    def _cut(self, x: int) -> None:
        kept = list(cropped(tuple(self._spans), 0, x))
        if kept and kept[-1].x + len(kept[-1].text) == x:
            kept[-1] = kept[-1]._replace(text=whole(kept[-1].text[:-1]) + DOTS)
        self._spans, self.x = kept, x

    @property
    def row(self) -> Row:
        """As it is now."""
        return tuple(self._spans)


def row_of(width: int, *pieces: Piece) -> Row:
    """A row of these pieces."""
    return Line(width).pieces(*pieces).row


def cropped(row: Row, start: int, end: int) -> Row:
    """The cells from column `start` to before `end`, where they stand."""
    found = []
    for span in row:
        stop = span.x + len(span.text)
        if stop <= start or span.x >= end:
            continue
        if span.x >= start and stop <= end:
            found.append(span)
        else:
            first = max(start, span.x)
            text = whole(span.text[first - span.x : min(end, stop) - span.x])
            found.append(span._replace(x=first, text=text))
    return tuple(found)


def moved(row: Row, by: int) -> Row:
    """Further right."""
    return tuple(span._replace(x=span.x + by) for span in row) if by else row


def beside(left: Row, right: Row, at: int) -> Row:
    """`right` begins in column `at`; of `left`, what lies before."""
    return (*cropped(left, 0, at), *moved(right, at))


def grounded(row: Row, width: int, ground: str) -> Row:
    """All its cells, also the blank ones, on a ground of the themes. What has a ground keeps it."""
    found: list[Span] = []
    x = 0
    for span in row:
        if span.x > x:
            found.append(Span(x, " " * (span.x - x), f"text.{ground}"))
        role = span.role if "." in span.role else f"{span.role}.{ground}"
        found.append(span._replace(role=role))
        x = span.x + len(span.text)
    if x < width:
        found.append(Span(x, " " * (width - x), f"text.{ground}"))
    return tuple(found)


def rule(width: int, *, has_focus: bool = False) -> Row:
    """A thin line across."""
    return (Span(0, "─" * width, "rule-focus" if has_focus else "rule"),)


def on_rule(row: Row, width: int, *, has_focus: bool = False) -> Row:
    """A title on a thin line: the line goes on where the row is blank for three cells and more."""
    role = "rule-focus" if has_focus else "rule"
    found: list[Span] = []
    x = 0
    for span in (*row, Span(width + 1, "")):
        start = x + (1 if x else 0)
        if span.x - 1 - start >= 2:
            found.append(Span(start, "─" * (span.x - 1 - start), role))
        found.append(span)
        x = span.x + len(span.text)
    return tuple(found[:-1])


def filled(rows: Iterable[Row], height: int) -> list[Row]:
    """Exactly so many rows."""
    found = list(rows)[:height]
    return found + [BLANK] * (height - len(found))


# --- tables -----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Column:
    """`least` cells wide, up to `most` where there is room. Where there is not, those of the highest `rank` go first;
    one of rank 0 stays."""

    name: str
    least: int
    most: int = 0
    align: Literal["left", "right"] = "left"
    rank: int = 0
    title: str | None = None

    @property
    def head(self) -> str:
        """What stands over it."""
        return self.name if self.title is None else self.title


GAP = 2


class Table:
    """Columns with their places for a width."""

    def __init__(self, columns: Sequence[Column], width: int, *, margin: int = 2) -> None:
        self.width = width
        width -= 1  # one blank before what stands at the right
        kept = list(columns)
        while kept and self._needed(kept) + margin > width and any(one.rank for one in kept):
            kept.remove(max(kept, key=lambda one: one.rank))
        room = max(0, width - margin - self._needed(kept))
        hunger = sum(max(0, column.most - column.least) for column in kept)
        self.places: dict[str, tuple[int, int, Column]] = {}
        x = margin
        for column in kept:
            wants = max(0, column.most - column.least)
            more = wants if hunger <= room else wants * room // hunger  # what is left goes to those that want most
            room, hunger = room - more, hunger - wants
            wide = min(column.least + more, max(0, width - x))
            self.places[column.name] = (x, wide, column)
            x += wide + GAP

    @staticmethod
    def _needed(columns: Sequence[Column]) -> int:
        return sum(one.least for one in columns) + GAP * max(0, len(columns) - 1)

    def wide(self, name: str) -> int:
        """How many cells a column has; 0: it is not shown."""
        return self.places[name][1] if name in self.places else 0

    def cell(
        self, name: str, text: str, role: str = "text", key: str = "", *, is_name: bool = False
    ) -> tuple[Span, ...]:
        """What stands in a column; nothing if that is not shown. A name is cut in its middle."""
        if name not in self.places or not text:
            return ()
        x, wide, column = self.places[name]
        shown = middle(text, wide) if is_name else fitted(text, wide)
        if column.align == "right":
            x += wide - len(shown)
        return (Span(x, shown, role, key),)

    def pieces(self, name: str, *pieces: Piece) -> tuple[Span, ...]:
        """Several in one column, from its left."""
        if name not in self.places:
            return ()
        x, wide, _ = self.places[name]
        return moved(row_of(wide, *pieces), x)

    def head(self) -> Row:
        """The titles."""
        cells = [self.cell(name, column.head, "dim") for name, (_, _, column) in self.places.items()]
        return tuple(span for cell in cells for span in cell)


def joined(*cells: tuple[Span, ...]) -> Row:
    """Cells of a table as a row, by column."""
    return tuple(sorted((span for cell in cells for span in cell), key=lambda span: span.x))


# --- small pictures ---------------------------------------------------------------------------------------------------
LEVELS = "▁▂▃▄▅▆▇█"
EIGHTHS = " ▏▎▍▌▋▊▉█"


def spark(values: Sequence[float], width: int, most: float | None = None) -> str:
    """The last values as bars of eighths, newest at the right."""
    shown = list(values)[-width:] if width > 0 else []
    top = most or max(shown, default=0.0)
    if top <= 0:
        return LEVELS[0] * len(shown)
    return "".join(LEVELS[min(7, max(0, int(8 * value / top - 1e-9)))] for value in shown)


def bar(part: float, of: float, width: int) -> tuple[str, str]:
    """What is filled of a bar, to an eighth of a cell, and the rest of it."""
    share = min(1.0, max(0.0, part / of)) if of > 0 else 0.0
    eighths = round(share * width * 8)
    full, rest = divmod(eighths, 8)
    done = "█" * full + (EIGHTHS[rest] if rest else "")
    return done, "─" * (width - len(done))
