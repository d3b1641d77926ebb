"""A column of text beside a pane: a thin line at its left, and what it says cut to what has room."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from flowlite.tui.picture import Row, Span
from flowlite.tui.rows import BLANK, beside, cropped

MARGIN = 2


def column(rows: Iterable[Row], width: int, height: int) -> list[Row]:
    """Exactly `height` rows."""
    shown = list(islice(rows, height))
    shown += [BLANK] * (height - len(shown))
    return [beside((Span(0, "│", "rule"),), cropped(row, 0, width - MARGIN), MARGIN) for row in shown]
