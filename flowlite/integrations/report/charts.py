"""Charts in one look: one typeface, few lines, colours that people with any kind of sight can tell apart.

A chart's title, unit and source are text of the page, not part of the drawing: they are read by screen readers, found
by a search, and set as the rest of the report.
"""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any

from flowlite.integrations import library

LOOK = Path(__file__).parent / "look"

# From Okabe and Ito's palette. Use no more than three in a chart, and tell them apart by place or line, too.
BLUE, SKY, GREEN, AMBER, RED, GREY = "#0072B2", "#56B4E9", "#009E73", "#E69F00", "#D55E00", "#9AA3AD"
INK, FAINT = "#1F2933", "#D9DEE3"
CM = 1 / 2.54

STYLE: dict[str, Any] = {
    "font.family": "Inter",
    "font.size": 8,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": GREY,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "lines.linewidth": 1.6,
    "svg.hashsalt": "flowlite",  # the same chart, the same bytes
}


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart in a template: `{{ picture(chart) }}`."""

    title: str
    unit: str
    source: str
    says: str  # for those who can't see it
    data: str  # an address that holds the drawing itself


class Chart:
    """`with Chart(17, 6) as chart:` draw on `chart.axes` with Matplotlib's own words, in the report's look; then
    `chart.picture(...)`. Sizes are in cm. The look is a setting of the whole process while the block lasts."""

    def __init__(self, width_cm: float = 17.4, height_cm: float = 5.6) -> None:
        self._matplotlib = library("matplotlib", extra="report")
        self._figures = library("matplotlib.figure", extra="report")
        self._size = (width_cm * CM, height_cm * CM)

    def __enter__(self) -> Chart:
        know_typeface()
        self._context = self._matplotlib.rc_context(STYLE)
        self._context.__enter__()
        # No pyplot: it keeps every figure alive.
        self.figure: Any = self._figures.Figure(figsize=self._size, layout="constrained")
        self.axes: Any = self.figure.subplots()
        self.axes.xaxis.set_major_formatter(plain_number)
        self.axes.yaxis.set_major_formatter(plain_number)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            if not self.axes.has_data():
                middle = {"transform": self.axes.transAxes, "ha": "center", "va": "center"}
                self.axes.text(0.5, 0.5, "no figures", color=GREY, **middle)
            self._drawing = io.BytesIO()
            self.figure.savefig(self._drawing, format="svg", metadata={"Date": None}, transparent=True)
        self._context.__exit__(kind, error, trace)

    def picture(self, *, title: str, unit: str, source: str, says: str = "") -> Picture:
        """The drawing as it goes into a report. `says`: in a sentence, what one sees in it."""
        data = "data:image/svg+xml;base64," + base64.b64encode(self._drawing.getvalue()).decode()
        return Picture(title=title, unit=unit, source=source, says=says or title, data=data)


def plain_number(value: float, _: object = None) -> str:
    """`12,000`, and `0.5` where it has to be."""
    return (f"{value:,.0f}" if value == int(value) else f"{value:g}").replace("-", "\N{MINUS SIGN}")


@cache
def know_typeface() -> None:
    """Tell Matplotlib of the report's own typeface: it looks the same on every machine."""
    manager = library("matplotlib.font_manager", extra="report").fontManager
    for file in sorted(LOOK.glob("*.ttf")):
        manager.addfont(file)
