"""Bars over a time axis: one task instance with its attempts, or how many elements of a map ran at a time."""

from __future__ import annotations

from math import floor

from flowlite.tui.glyphs import glyph
from flowlite.tui.layout.course import Course, phases
from flowlite.tui.layout.crowd import Crowd
from flowlite.tui.layout.line import Line
from flowlite.tui.layout.time_axis import Axis
from flowlite.tui.rows import EIGHTHS, LEVELS

LOOK = {  # of a phase: its sign, its role
    "queued": ("░", "bar-rest"), "between": ("╌", "state-retrying"), "waiting": ("┄", "state-waiting"),
    "running": ("█", "state-running"), "success": ("█", "state-success"), "failed": ("█", "state-failed"),
}  # fmt: skip
SAMPLES = 4  # of each column of a crowd
SAID = {"upstream_failed": "not run", "skipped": "skipped", "cancelled": "cancelled"}


def draw_course(line: Line, course: Course, axis: Axis, first: int, now: float) -> None:
    """One task instance; `first` is the column of the axis with which the line begins."""
    if not course.attempts and course.state in SAID:
        x = min(floor(axis.x(course.since)), axis.columns - len(SAID[course.state]) - 3)
        line.put(x - first, f"{glyph(course.state)}  ", f"state-{course.state}")
        line.put(x - first + 3, SAID[course.state], "dim")
    found = phases(course, now)
    for phase in found:
        start, end = axis.x(phase.start), axis.x(phase.end)
        begin = min(round(start), floor(end), axis.columns - 1)
        sign, role = LOOK[phase.what]
        text = _filled(end - begin) if sign == "█" else sign * (min(round(end), axis.columns) - begin)
        line.put(begin - first, text, role)
    for phase in found:  # over what comes after them
        if phase.what == "failed":
            line.put(min(floor(axis.x(phase.end)), axis.columns - 1) - first, glyph("failed"), "state-failed")


def _filled(cells: float) -> str:
    """Whole cells, and the last to an eighth; never nothing."""
    whole, rest = divmod(max(round(cells * 8), 1), 8)
    return "█" * whole + (EIGHTHS[rest] if rest else "")


def draw_crowd(line: Line, crowd: Crowd, axis: Axis, first: int, now: float) -> None:
    """Many at a time: the more of them ran, the higher; the row's highest is full."""
    end = crowd.ended_at(now)
    if crowd.started_at is None or end is None:
        return
    columns = range(floor(axis.x(crowd.started_at)), min(floor(axis.x(end)) + 1, axis.columns))
    much = {column: _much(crowd, axis, column, end) for column in columns}
    most = max(much.values(), default=0.0)
    role = "state-running" if crowd.counts.get("running") else "state-success"
    for column, value in much.items():
        if value > 0:
            line.put(column - first, LEVELS[min(int(value / most * 8), 7)], role)
    for at in crowd.failed_at:
        line.put(min(floor(axis.x(at)), axis.columns - 1) - first, glyph("failed"), "state-failed")


def _much(crowd: Crowd, axis: Axis, column: int, end: float) -> float:
    """How many ran in a column, on the average; a little if one that ran began in it."""
    start, stop = axis.at(column), axis.at(column + 1)
    width = (stop - start) / SAMPLES
    seen = [start + (part + 0.5) * width for part in range(SAMPLES)]
    found = sum(crowd.at(instant) for instant in seen if instant < end) / SAMPLES
    return found or (0.1 if crowd.began(start, stop) else 0.0)
