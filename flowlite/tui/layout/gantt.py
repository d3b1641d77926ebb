"""A run over time: a row for each task, a bar for each attempt."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from flowlite.tui.format import length, middle
from flowlite.tui.glyphs import glyph
from flowlite.tui.layout.course import Course, critical_path, idle
from flowlite.tui.layout.line import Line
from flowlite.tui.layout.tally import counted, together
from flowlite.tui.layout.time_axis import Axis, end_ahead
from flowlite.tui.layout.time_bars import LOOK, draw_course, draw_crowd
from flowlite.tui.picture import Row

ORDERS = ("start", "end", "length", "graph")
WIDEST_NAME, NARROWEST_CHART = 34, 20
TOOK, TRIES, STAR = 7, 8, 2  # cells at the right: how long, how many attempts or elements, on the critical path


@dataclass(frozen=True, kw_only=True)
class Story:
    """A run as it is known now; of a map there is a course for each element and none for the map itself."""

    ids: Sequence[str]
    upstream: Sequence[Sequence[int]]
    maps: Collection[int] = ()
    courses: Sequence[Course]
    started_at: float
    ended_at: float | None = None
    now: float
    usual_s: Mapping[int, float] = field(default_factory=dict)  # by task: what 19 of 20 runs stay below


@dataclass(frozen=True, slots=True)
class Bar:
    """A row: one task instance, or a map with its elements."""

    key: str  # the id of the task, with `[3]` for an element
    task: int
    courses: tuple[Course, ...]
    is_map: bool = False
    is_open: bool = False
    indent: int = 0


class Gantt:
    """The rows of a run in an order. `unfolded`: ids of maps whose elements have rows of their own."""

    def __init__(self, story: Story, *, order: str = "start", unfolded: Collection[str] = ()) -> None:
        self.story = story
        self.end = story.ended_at if story.ended_at is not None else end_ahead(story.started_at, story.now)
        self.path = critical_path(story.upstream, story.courses, story.now)
        self.bars = self._bars(order, set(unfolded))
        self._critical = frozenset(self.path)
        self._names = min(max((len(bar.key) + 2 for bar in self.bars if not bar.indent), default=8), WIDEST_NAME)
        holes = idle(story.courses, story.started_at, min(self.end, story.now), story.now)
        # The hole that one is in may end at any moment: it is not folded yet.
        self._holes = [hole for hole in holes if story.ended_at is not None or hole[1] < story.now]

    def _bars(self, order: str, unfolded: Collection[str]) -> list[Bar]:
        by_task: dict[int, list[Course]] = {}
        for course in self.story.courses:
            by_task.setdefault(course.task, []).append(course)
        found: list[Bar] = []
        for task in sorted(by_task, key=lambda task: self._rank(order, task, by_task[task])):
            courses, id_ = by_task[task], self.story.ids[task]
            is_map = task in self.story.maps
            is_open = is_map and id_ in unfolded
            found.append(Bar(id_, task, tuple(courses), is_map, is_open))
            if is_open:
                found += [Bar(f"{id_}[{one.index}]", task, (one,), indent=2) for one in courses]
        return found

    def _rank(self, order: str, task: int, courses: Sequence[Course]) -> tuple[float, ...]:
        """Where a task stands; what never ran stands below, where it would have run."""
        now = self.story.now
        starts = [one.started_at for one in courses if one.started_at is not None]
        if order == "graph":
            return (task,)
        if not starts:
            return (1, 0, task)
        if order == "end":
            return (0, max(one.ended_at(now) or 0.0 for one in courses), task)
        if order == "length":
            return (0, -max(one.ran_s(now) for one in courses), task)
        return (0, min(starts), task)

    # --- drawing ------------------------------------------------------------------------------------------------------
    def widths(self, width: int) -> tuple[int, int]:
        """Of the names and of the chart, in so many cells."""
        names = min(self._names, max(width // 3, 8))
        return names, max(width - names - 1 - TOOK - TRIES - STAR, NARROWEST_CHART)

    def axis(self, columns: int) -> Axis:
        """The time of the whole run in so many columns."""
        return Axis(self.story.started_at, self.end, columns, self._holes)

    def scale(self, axis: Axis, width: int, first: int = 0) -> Row:
        """The line above the bars: the time since the start, and how long what is folded took."""
        names, chart = self.widths(width)
        line = Line(chart)
        for x, text in axis.labels():
            line.put(x - first, text, "dim")
        for x, text in axis.folds():
            line.put(x - first, text, "faint")
        return tuple(span._replace(x=span.x + names + 1) for span in line.row())

    def row(self, bar: Bar, axis: Axis, width: int, first: int = 0) -> Row:
        """One bar between its name and its figures; `first`: the first column of the axis that is seen."""
        names, chart = self.widths(width)
        cells = Line(chart)
        if bar.is_map:
            draw_crowd(cells, bar.courses, axis, first, self.story.now)
        else:
            draw_course(cells, bar.courses[0], axis, first, self.story.now)
        line = Line(width)
        self._draw_name(line, bar, names)
        for span in cells.row():
            line.put(span.x + names + 1, span.text, span.role, bar.key)
        self._draw_figures(line, bar, names + 1 + chart)
        return line.row()

    def _draw_name(self, line: Line, bar: Bar, names: int) -> None:
        state = together(counted(one.state for one in bar.courses))
        if bar.is_map:
            line.put(0, "-" if bar.is_open else "+", "dim", bar.key)
        else:
            line.put(bar.indent, glyph(state or "pending"), f"state-{state}" if state else "dim", bar.key)
        role = f"state-{state}" if state == "failed" else "node-focus" if bar.task in self._critical else "node"
        name = bar.key[bar.key.rindex("[") :] if bar.indent else bar.key
        line.put(bar.indent + 2, middle(name, names - bar.indent - 2), role, bar.key)

    def _draw_figures(self, line: Line, bar: Bar, x: int) -> None:
        """How long, in how many attempts, of how many elements, and whether the run had to wait for it."""
        now = self.story.now
        starts = [one.started_at for one in bar.courses if one.started_at is not None]
        if starts:
            took = max(one.ended_at(now) or 0.0 for one in bar.courses) - min(starts)
            usual = self.story.usual_s.get(bar.task)
            is_slow = usual is not None and not bar.indent and took > usual
            line.put(x, length(took).rjust(TOOK), "warn" if is_slow else "text", bar.key)
        tries = max(len(one.attempts) for one in bar.courses)
        said = f"×{len(bar.courses)}" if bar.is_map else f"{tries} tries" if tries > 1 else ""
        line.put(x + TOOK, said.rjust(TRIES), "state-retrying" if tries > 1 and not bar.is_map else "dim", bar.key)
        if bar.task in self._critical and not bar.indent:
            line.put(x + TOOK + TRIES + 1, "*", "accent", bar.key)

    def legend(self, width: int) -> Row:
        """What the signs mean, and what of the run went by in queues."""
        line, x = Line(width), 0
        for what, text in (("queued", "queued"), ("success", "ran"), ("between", "between tries")):
            sign, role = LOOK[what]
            line.put(x, sign, role)
            line.put(x + 2, text, "dim")
            x += len(text) + 4
        line.put(x, "✗", "state-failed")
        line.put(x + 2, "failed try", "dim")
        line.put(x + 14, "*", "accent")
        line.put(x + 16, "critical path", "dim")
        waited, share = self.queued()
        if waited >= 1:
            text = f"queued on it {length(waited)} ({share:.0%})"
            line.put(max(x + 31, width - len(text)), text, "dim")
        return line.row()

    def queued(self) -> tuple[float, float]:
        """What the tasks of the critical path spent in queues: seconds, and the part of the run."""
        story = self.story
        plain = [one for one in story.courses if one.task in self._critical and one.task not in story.maps]
        waited = sum(one.queued_s(story.now) for one in plain)
        whole = (story.now if story.ended_at is None else story.ended_at) - story.started_at
        return waited, waited / whole if whole > 0 else 0.0
