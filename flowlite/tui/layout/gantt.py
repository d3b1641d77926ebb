"""A run over time: a row for each task, a bar for each attempt."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from flowlite.tui.format import length, middle
from flowlite.tui.glyphs import glyph
from flowlite.tui.layout.course import Course, critical_path
from flowlite.tui.layout.crowd import Crowd, crowd_of, idle, joined
from flowlite.tui.layout.line import Line
from flowlite.tui.layout.tally import together
from flowlite.tui.layout.time_axis import Axis, end_ahead
from flowlite.tui.layout.time_bars import draw_course, draw_crowd
from flowlite.tui.picture import Row

ORDERS = ("start", "end", "length", "graph")
WIDEST_NAME, NARROWEST_CHART = 34, 20
TOOK, TRIES, STAR = 7, 8, 2  # cells at the right: how long, how many attempts or elements, on the critical path


@dataclass(frozen=True, kw_only=True)
class Story:
    """A run as it is known now. Of a map there is a crowd, and a course for each element only where those are to be
    seen. `families`: by task the name of those that it is shown together with, until they are unfolded."""

    ids: Sequence[str]
    upstream: Sequence[Sequence[int]]
    courses: Sequence[Course]
    crowds: Mapping[int, Crowd] = field(default_factory=dict)
    families: Mapping[int, str] = field(default_factory=dict)
    started_at: float
    ended_at: float | None = None
    now: float
    usual_s: Mapping[int, float] = field(default_factory=dict)  # by task: what 19 of 20 runs stay below

    def ended(self) -> dict[int, float]:
        """When each task that has begun ended; now for those that go on."""
        ends = [(one.task, one.ended_at(self.now)) for one in self.courses if one.index < 0]
        ends += [(task, crowd.ended_at(self.now)) for task, crowd in self.crowds.items()]
        return {task: end for task, end in ends if end is not None}


@dataclass(frozen=True, slots=True)
class Bar:
    """A row: one task instance, or a crowd: a map with its elements, a family of tasks."""

    key: str  # the id of the task, with `[3]` for an element; the name of a family
    tasks: tuple[int, ...]
    what: Course | Crowd
    is_open: bool = False
    indent: int = 0
    name: str = ""  # where it is not the key

    @property
    def state(self) -> str:
        """Of one, or of many taken together."""
        return together(self.what.counts) if isinstance(self.what, Crowd) else self.what.state


class Gantt:
    """The rows of a run in an order. `unfolded`: maps and families whose members have rows of their own;
    `is_only_critical`: only what the run had to wait for, each task by itself."""

    def __init__(
        self, story: Story, *, order: str = "start", unfolded: Collection[str] = (), is_only_critical: bool = False
    ) -> None:
        self.story = story
        self.end = story.ended_at if story.ended_at is not None else end_ahead(story.started_at, story.now)
        self.path = critical_path(story.upstream, story.ended())
        self._critical = frozenset(self.path)
        self.bars = self._bars(order, unfolded, self._critical if is_only_critical else None)
        names = [len(bar.name or bar.key) + bar.indent + 2 for bar in self.bars]
        self._names = min(max(names, default=8), WIDEST_NAME)
        everything = joined([crowd_of(one for one in story.courses if one.index < 0), *story.crowds.values()])
        holes = idle(everything, story.started_at, min(self.end, story.now))
        # The hole that one is in may end at any moment: it is not folded yet.
        self._holes = [hole for hole in holes if story.ended_at is not None or hole[1] < story.now]

    def _bars(self, order: str, unfolded: Collection[str], only: Collection[int] | None) -> list[Bar]:
        singles = {one.task: one for one in self.story.courses if one.index < 0}
        families: dict[str, list[int]] = {}
        rows: list[Bar] = []
        for task, id_ in enumerate(self.story.ids):
            if only is not None and task not in only:
                continue
            if only is None and task in self.story.families:
                families.setdefault(self.story.families[task], []).append(task)
            elif (what := self.story.crowds.get(task) or singles.get(task)) is not None:
                rows.append(Bar(id_, (task,), what, is_open=id_ in unfolded))
        for name, tasks in families.items():
            members = [self.story.crowds.get(task) or singles.get(task) for task in tasks]
            parts = [one for one in members if isinstance(one, Crowd)]
            parts.append(crowd_of(one for one in members if isinstance(one, Course)))
            rows.append(Bar(name, tuple(tasks), joined(parts), is_open=name in unfolded))
        rows.sort(key=lambda bar: self._rank(order, bar))
        return [one for bar in rows for one in (bar, *(self._members(bar, singles) if bar.is_open else ()))]

    def _members(self, bar: Bar, singles: Mapping[int, Course]) -> Iterator[Bar]:
        """Of a crowd, each by itself; a map within a family stays one."""
        if len(bar.tasks) == 1:
            for one in self.story.courses:
                if one.task == bar.tasks[0] and one.index >= 0:
                    yield Bar(f"{bar.key}[{one.index}]", bar.tasks, one, indent=2, name=f"[{one.index}]")
            return
        for task in bar.tasks:
            what = self.story.crowds.get(task) or singles.get(task)
            if what is not None:
                id_ = self.story.ids[task]
                yield Bar(id_, (task,), what, indent=2, name=id_.rpartition(".")[2])

    def _rank(self, order: str, bar: Bar) -> tuple[float, ...]:
        """Where a row stands; what never ran stands below, where it would have run."""
        start, end, task = bar.what.started_at, bar.what.ended_at(self.story.now), bar.tasks[0]
        if order == "graph":
            return (task,)
        if start is None or end is None:
            return (1, 0, task)
        return (0, {"end": end, "length": start - end}.get(order, start), task)

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
        if isinstance(bar.what, Crowd):
            draw_crowd(cells, bar.what, axis, first, self.story.now)
        else:
            draw_course(cells, bar.what, axis, first, self.story.now)
        line = Line(width)
        self._draw_name(line, bar, names)
        for span in cells.row():
            line.put(span.x + names + 1, span.text, span.role, bar.key)
        self._draw_figures(line, bar, names + 1 + chart)
        return line.row()

    def _draw_name(self, line: Line, bar: Bar, names: int) -> None:
        if isinstance(bar.what, Crowd):
            line.put(bar.indent, "-" if bar.is_open else "+", "dim", bar.key)
        else:
            line.put(bar.indent, glyph(bar.state), f"state-{bar.state}", bar.key)
        role = "node-focus" if self._is_critical(bar) else "dim" if bar.what.started_at is None else "node"
        role = "state-failed" if bar.state == "failed" else role
        line.put(bar.indent + 2, middle(bar.name or bar.key, names - bar.indent - 2), role, bar.key)

    def _is_critical(self, bar: Bar) -> bool:
        return not self._critical.isdisjoint(bar.tasks) and "[" not in bar.key

    def _draw_figures(self, line: Line, bar: Bar, x: int) -> None:
        """How long, in how many attempts, of how many members, and whether the run had to wait for it."""
        start, end = bar.what.started_at, bar.what.ended_at(self.story.now)
        if start is not None and end is not None:
            usual = self.story.usual_s.get(bar.tasks[0]) if len(bar.tasks) == 1 and "[" not in bar.key else None
            is_slow = usual is not None and end - start > usual
            line.put(x, length(end - start).rjust(TOOK), "warn" if is_slow else "text", bar.key)
        if isinstance(bar.what, Crowd):
            line.put(x + TOOK, f"×{bar.what.size}".rjust(TRIES), "dim", bar.key)
        elif len(bar.what.attempts) > 1:
            line.put(x + TOOK, f"{len(bar.what.attempts)} tries".rjust(TRIES), "state-retrying", bar.key)
        if self._is_critical(bar):
            line.put(x + TOOK + TRIES + 1, "*", "accent", bar.key)

    def legend(self, width: int) -> Row:
        """What the signs mean, as far as there is room, and what of the run went by in queues."""
        waited, share = self.queued()
        said = f"queued on it {length(waited)} ({share:.0%})".replace("%", " %") if waited >= 1 else ""
        signs = [("░", "bar-rest", "queued"), ("✗", "state-failed", "failed try"), ("*", "accent", "critical path")]
        more = [("╌", "state-retrying", "between tries"), ("█", "state-success", "ran")]
        while more and sum(len(text) + 4 for _, _, text in (*signs, *more)) + len(said) > width:
            more.pop(0)
        line, x = Line(width), 0
        for sign, role, text in (*more[::-1], *signs):
            line.put(x, sign, role)
            line.put(x + 2, text, "dim")
            x += len(text) + 4
        line.put(max(x, width - len(said)), said, "dim")
        return line.row()

    def queued(self) -> tuple[float, float]:
        """What the tasks of the critical path spent in queues: seconds, and the part of the run."""
        story = self.story
        plain = [one for one in story.courses if one.task in self._critical and one.index < 0]
        waited = sum(one.queued_s(story.now) for one in plain)
        whole = (story.now if story.ended_at is None else story.ended_at) - story.started_at
        return waited, waited / whole if whole > 0 else 0.0
