"""Where lengths lie, a row for each task on one scale: `├──[▒▒│▒▒▒]────┤ ·`.

From the smallest to what 19 of 20 stay below, the middle half in the box with the median; a dot is the longest.
"""

from __future__ import annotations

from math import log
from typing import NamedTuple

from flowlite.tui.layout.history import Spread
from flowlite.tui.layout.line import Line
from flowlite.tui.layout.words import round_length, round_steps
from flowlite.tui.picture import Row

FAR_APART = 20.0  # how many times the smallest the largest is, from which on the scale is logarithmic
LEAST_S = 0.01
APART = 7  # cells between two marks
POWERS = (
    0.01, 0.1, 1.0, 10.0, 60.0, 600.0, 3_600.0, 36_000.0, 86_400.0, 864_000.0,
    0.02, 0.05, 0.2, 0.5, 2.0, 5.0, 30.0, 120.0, 300.0, 1_200.0, 1_800.0, 7_200.0, 18_000.0, 43_200.0, 172_800.0,
)  # fmt: skip


class Scale(NamedTuple):
    """Seconds from `low` to `high` in so many cells."""

    low: float
    high: float
    cells: int
    is_log: bool

    def x(self, seconds: float) -> int:
        """The cell of a length; what lies outside is put to the end that is nearer."""
        if self.is_log:
            part = log(max(seconds, self.low) / self.low) / log(self.high / self.low)
        else:
            part = (seconds - self.low) / (self.high - self.low)
        return round(min(max(part, 0.0), 1.0) * (self.cells - 1))

    def row(self) -> Row:
        """Lengths above the boxes."""
        line = Line(self.cells)
        taken: list[range] = []
        for seconds in self._marks():
            text, x = round_length(seconds), self.x(seconds)
            place = range(x - 1, x + len(text) + 1)
            if place.stop - 1 <= self.cells and not any(
                one.start < place.stop and place.start < one.stop for one in taken
            ):
                line.put(x, text, "dim")
                taken.append(place)
        return line.row()

    def _marks(self) -> list[float]:
        """Those to be shown first in front."""
        if self.is_log:
            return [mark for mark in POWERS if self.low <= mark <= self.high]
        count = max(self.cells // APART, 1)
        step = next(step for step in round_steps() if step * count >= self.high - self.low)
        return [number * step for number in range(int(self.high / step) + 1)]


def scale_of(spreads: list[Spread], cells: int) -> Scale:
    """One for all of them: from zero, or in powers where some are very short and others very long."""
    high = max((one.most for one in spreads), default=1.0)
    low = max(min((one.least for one in spreads), default=LEAST_S), LEAST_S)
    if high / low > FAR_APART:
        return Scale(low, max(high, low * 2), cells, True)
    return Scale(0.0, max(high, LEAST_S), cells, False)


def box_plot(spread: Spread, scale: Scale) -> Row:
    """One row of the scale's cells."""
    line = Line(scale.cells)
    least, p25, p50, p75, p95, most = (
        scale.x(one) for one in (spread.least, spread.p25, spread.p50, spread.p75, spread.p95, spread.most)
    )
    line.put(most, "·", "dim")
    line.put(least, "─" * (p95 - least + 1), "chart-axis")
    line.put(least, "├", "chart-axis")
    line.put(p95, "┤", "chart-axis")
    if p75 - p25 > 1:
        line.put(p25, "[" + "▒" * (p75 - p25 - 1) + "]", "chart")
    line.put(p50, "│", "strong")
    return line.row()
