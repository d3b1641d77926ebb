"""A thin line between two panes that stand beside each other."""

from __future__ import annotations

from collections.abc import Sequence

from flowlite.tui.picture import Row, Span
from flowlite.tui.widgets.canvas import Canvas


class VRule(Canvas):
    """From top to bottom."""

    DEFAULT_CSS = "VRule { width: 1; }"

    def draw(self, width: int, height: int) -> Sequence[Row]:
        """It."""
        return [(Span(0, "│", "rule"),)] * height
