"""How a state looks: one mark and one colour for each, everywhere. The mark alone tells them apart, for those who
see no colour."""

from __future__ import annotations

MARKS = {
    "pending": ("·", "bright_black"),
    "queued": ("○", "bright_black"),
    "running": ("●", "cyan"),
    "retrying": ("↻", "yellow"),
    "waiting": ("◌", "blue"),
    "success": ("✓", "green"),
    "failed": ("✗", "red"),
    "skipped": ("–", "bright_black"),
    "upstream_failed": ("⊘", "magenta"),
    "cancelled": ("■", "yellow"),
    "timed_out": ("✗", "red"),
    "out_of_memory": ("✗", "red"),
    "interrupted": ("■", "yellow"),
    "lost": ("?", "red"),
}


def mark(state: str) -> str:
    """The mark of a state or an outcome."""
    return MARKS.get(state, ("?", "white"))[0]


def color(state: str) -> str:
    """Its colour."""
    return MARKS.get(state, ("?", "white"))[1]
