"""A picture: rows of spans, each a text in a role. What draws knows no Textual, and what paints knows no graph."""

from __future__ import annotations

from typing import NamedTuple


class Span(NamedTuple):
    """Some cells of one row, from column `x` on. Every character of `text` is one cell wide."""

    x: int
    text: str
    role: str = "text"  # how it is painted: a name of `themes`, such as "state-failed", "edge", "dim"
    key: str = ""  # what it stands for, such as a task id: what a click and a change of state find it by


Row = tuple[Span, ...]
"""By `x`, without overlaps; what lies between is blank."""
