"""How long runs took, one after the other: a curve of dots over dates, with the lines that it is to be seen against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from itertools import pairwise
from typing import NamedTuple

from flowlite.tui.format import length
from flowlite.tui.glyphs import glyph
from flowlite.tui.layout.braille import Dots
from flowlite.tui.layout.history import Past, spread
from flowlite.tui.layout.line import Line
from flowlite.tui.layout.words import round_length, round_steps
from flowlite.tui.picture import Row

LEFT, RIGHT = 8, 12  # cells for lengths at the left, and for the names of lines at the right
ROWS_BETWEEN = 3  # two lengths at the left
CELLS_BETWEEN = 24  # two dates below
FLAT = 0.5  # where the smallest is at least this part of the largest, the axis does not begin at zero
DAY_S = 86_400.0


class Heights:
    """Which dot of how many an amount of seconds is at, from below."""

    def __init__(self, least: float, most: float, rows: int) -> None:
        steps = max(rows // ROWS_BETWEEN, 1)
        low = least if least >= FLAT * most else 0.0
        self.step = next(step for step in round_steps() if step * steps >= (most - low) * 1.02)
        self.low = low // self.step * self.step
        self.high = self.low + self.step * steps
        if self.high < most:
            self.high += self.step
        self._rows = rows

    def dot(self, seconds: float) -> int:
        """From above, as dots are counted."""
        part = (seconds - self.low) / (self.high - self.low)
        return round((1 - min(max(part, 0.0), 1.0)) * (self._rows * 4 - 1))

    def labels(self) -> dict[int, str]:
        """By row, from above."""
        count = round((self.high - self.low) / self.step)
        return {self.dot(at) // 4: round_length(at) for at in (self.low + n * self.step for n in range(count + 1))}


def curve(past: Past, width: int, height: int, zone: tzinfo | None = None) -> list[Row]:
    """So many rows; a line of text where there is nothing to draw.

    The axis is that of the runs that went well: a failure that took much longer stands at its end, and an SLA that is
    far away is only named.
    """
    if not past.runs:
        return _nothing(width, height)
    rows, columns = height - 1, width - LEFT - RIGHT
    lengths = past.lengths or [run.took_s for run in past.runs]
    heights = Heights(min(lengths), max(lengths), rows)
    lines = [_axis(width, heights.labels().get(row, "")) for row in range(rows)]
    marks = _marks(past)
    across = {heights.dot(one.seconds) // 4: one for one in marks if heights.low <= one.seconds <= heights.high}
    for one, row in zip(marks, _apart([heights.dot(one.seconds) // 4 for one in marks], rows), strict=True):
        lines[row].put(LEFT + columns + 1, f"{one.name} {length(one.seconds)}", one.role)
    _draw_runs(lines, past, heights, columns, across)
    return [*(line.row() for line in lines), _dates(past, columns, width, zone)]


class Mark(NamedTuple):
    """A line across."""

    name: str
    seconds: float
    sign: str
    role: str


def _marks(past: Past) -> list[Mark]:
    """The longest first."""
    usual, found = spread(past.lengths), []
    if usual is not None:
        found = [Mark("p95", usual.p95, "┈", "chart-p95"), Mark("p50", usual.p50, "╌", "chart-p50")]
    if past.sla_s is not None:
        found.append(Mark("SLA", past.sla_s, "─", "chart-sla"))
    return sorted(found, key=lambda one: -one.seconds)


def _apart(wanted: Sequence[int], rows: int) -> list[int]:
    """Rows as near to those wanted, from above, as there is one for each."""
    found: list[int] = []
    for row in wanted:
        found.append(max(row, found[-1] + 1) if found else row)
    last = rows
    for index in reversed(range(len(found))):
        last = found[index] = min(found[index], last - 1)
    return found


def _nothing(width: int, height: int) -> list[Row]:
    line = Line(width)
    line.put(2, "no run has ended yet", "dim")
    return [line.row(), *[()] * (height - 1)]


def _axis(width: int, label: str) -> Line:
    line = Line(width)
    line.put(0, label.rjust(LEFT - 2), "dim")
    line.put(LEFT - 1, "┤" if label else "│", "chart-axis")
    return line


def _draw_runs(lines: Sequence[Line], past: Past, heights: Heights, columns: int, across: Mapping[int, Mark]) -> None:
    """The curve through the runs that went well, and a mark for each that did not. What is drawn across keeps away
    from the curve."""
    dots = Dots(columns, len(lines))
    last = max(len(past.runs) - 1, 1)
    spots = [
        (round(index * (dots.width - 1) / last), heights.dot(run.took_s), run.is_success)
        for index, run in enumerate(past.runs)
    ]
    well = [(x, y) for x, y, is_success in spots if is_success]
    for (x, y), (end_x, end_y) in pairwise(well or [(0, 0)]):
        dots.line(x, y, end_x, end_y)
    for x, y in well:
        dots.set(x, y)
    for row, line in enumerate(lines):
        text = dots.text(row)
        if row in across:
            sign = across[row].sign
            apart = "".join(" " if text[max(x - 1, 0) : x + 2].strip() else sign for x in range(columns))
            line.put_marks(" " * LEFT + apart, across[row].role)
        line.put_marks(" " * LEFT + text, "chart")
    for x, y, is_success in spots:
        if not is_success:
            lines[y // 4].put(LEFT + x // 2, glyph("failed"), "state-failed")


def _dates(past: Past, columns: int, width: int, zone: tzinfo | None) -> Row:
    """Below the curve: when the runs began."""
    line = Line(width)
    line.put(LEFT - 1, "└" + "─" * columns, "chart-axis")
    count = max(min(columns // CELLS_BETWEEN, len(past.runs) - 1), 1)
    is_short = past.runs[-1].started_at - past.runs[0].started_at < 2 * DAY_S
    for number in range(count + 1):
        index = number * (len(past.runs) - 1) // count
        text = f" {_date(past.runs[index].started_at, zone, is_short=is_short)} "
        x = number * (columns - len(text)) // count
        line.put(LEFT + x, text, "dim")
    return line.row()


def _date(at: float, zone: tzinfo | None, *, is_short: bool) -> str:
    then = datetime.fromtimestamp(at, zone)
    return f"{then.day} {then:%b %H:%M}" if is_short else f"{then.day} {then:%b %Y}"
