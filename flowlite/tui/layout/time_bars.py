"""Bars over a time axis: one task instance with its attempts, or how many elements of a map ran at a time."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor

from flowlite.tui.glyphs import glyph
from flowlite.tui.layout.course import Course, phases
from flowlite.tui.layout.line import Line
from flowlite.tui.layout.time_axis import Axis
from flowlite.tui.rows import EIGHTHS, LEVELS

LOOK = {  # of a phase: its sign, its role
    "queued": ("░", "bar-rest"), "between": ("╌", "state-retrying"), "waiting": ("┄", "state-waiting"),
    "running": ("█", "state-running"), "success": ("█", "state-success"), "failed": ("█", "state-failed"),
}  # fmt: skip
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


def draw_crowd(line: Line, courses: Sequence[Course], axis: Axis, first: int, now: float) -> None:
    """Many at a time: the more of them ran, the higher; the row's highest is full."""
    steps = [0.0] * (axis.columns + 2)
    failed = set[int]()
    for course in courses:
        for attempt in course.attempts:
            start, end = axis.x(attempt.started_at), axis.x(now if attempt.ended_at is None else attempt.ended_at)
            _add(steps, start, max(end, start + 1 / 8))
        if course.state == "failed":
            failed.add(min(floor(axis.x(course.since)), axis.columns - 1))
    most = max(steps, default=0.0)
    role = "state-running" if any(one.state == "running" for one in courses) else "state-success"
    for column, much in enumerate(steps[: axis.columns]):
        if much > 0:
            line.put(column - first, LEVELS[min(int(much / most * 8), 7)], role)
        if column in failed:
            line.put(column - first, glyph("failed"), "state-failed")


def _add(steps: list[float], start: float, end: float) -> None:
    """What part of each column lies between two places on the axis."""
    for column in range(floor(start), min(floor(end), len(steps) - 1) + 1):
        steps[column] += min(end, column + 1) - max(start, column)
