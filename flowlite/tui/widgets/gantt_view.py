"""A run over time: a bar for each task, which grows while it runs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import ClassVar

from flowlite.tui.layout.course import Course
from flowlite.tui.layout.crowd import Crowd
from flowlite.tui.layout.gantt import ORDERS, Bar, Gantt
from flowlite.tui.layout.time_axis import Axis
from flowlite.tui.picking import Picking
from flowlite.tui.picture import Row
from flowlite.tui.places import Place
from flowlite.tui.rows import BLANK, Line, grounded, moved, row_of
from flowlite.tui.widgets.of_run import OfRun

ZOOMS = (1, 2, 4, 8, 16, 32, 64)
HEADS = 3  # lines above the bars
REST = 20  # how much longer than it took to make a chart it is shown before it is made anew


class GanttView(OfRun, can_focus=True):
    """Rows can be ordered, maps unfolded, time stretched."""

    scopes: ClassVar[tuple[str, ...]] = ("gantt",)

    def __init__(self, name: str | None = None) -> None:
        super().__init__(name)
        self.picking: Picking[str] = Picking()
        self.order = ORDERS[0]
        self.unfolded: frozenset[str] = frozenset()
        self.is_only_critical = False
        self.zoom = 0
        self.first = 0  # column of the axis at the left
        self._gantt: Gantt | None = None
        self._made: tuple[object, ...] = ()
        self._good_until = 0.0
        self._begun: int | None = None  # the run in which the cursor has found its first row

    # --- the chart ----------------------------------------------------------------------------------------------------
    def gantt(self) -> Gantt | None:
        """As of now; one of very many rows is made anew less often than the screen is drawn."""
        model = self.model
        if model is None or not model.is_known:
            return None
        wanted = (model.id, self.order, self.unfolded, self.is_only_critical)
        is_same = wanted == self._made[:-1]
        if is_same and (time.monotonic() < self._good_until or (model.is_finished and model.version == self._made[-1])):
            return self._gantt
        begun = time.monotonic()
        story = self.story(model, self.unfolded)
        if story is None:
            return self._gantt if is_same else None
        self._gantt = Gantt(story, order=self.order, unfolded=self.unfolded, is_only_critical=self.is_only_critical)
        self._made = (*wanted, model.version)
        self._good_until = time.monotonic() + REST * (time.monotonic() - begun)
        return self._gantt

    @property
    def bar(self) -> Bar | None:
        """The row under the cursor."""
        found = () if self._gantt is None else self._gantt.bars
        return next((bar for bar in found if bar.key == self.picking.key), None)

    def aimed(self) -> list[tuple[str, int]]:
        """The task, the element, or the tasks of the family."""
        bar = self.bar
        if bar is None or self._gantt is None:
            return []
        index = bar.what.index if isinstance(bar.what, Course) else -1
        return [(self._gantt.story.ids[task], index) for task in bar.tasks]

    # --- drawing ------------------------------------------------------------------------------------------------------
    def draw(self, width: int, height: int) -> Sequence[Row]:
        """Title, time, bars, what the signs mean."""
        gantt, model = self.gantt(), self.model
        if gantt is None:
            return [Line(width).skip().right(*self.of_run(), margin=1).row, BLANK, self._nothing(width)]
        if model is not None and not model.is_finished:
            self.is_ticking = True
        bars = gantt.bars
        self.picking.take([bar.key for bar in bars])
        if self._begun != self.run:
            self._begun = self.run
            self.picking.go(next((place for place, bar in enumerate(bars) if bar.state == "failed"), 0))
        inside = width - 3
        _, chart = gantt.widths(inside)
        axis = gantt.axis(chart * ZOOMS[self.zoom])
        self.first = min(max(self.first, 0), axis.columns - chart)
        room = max(height - HEADS - 1, 1)
        top = self.picking.scrolled(room)
        rows = [self._row(gantt, bar, axis, width) for bar in bars[top : top + room]]
        rows += [BLANK] * (room - len(rows))
        return [
            self._title(gantt, axis, width), BLANK, moved(gantt.scale(axis, inside, self.first), 1), *rows,
            moved(gantt.legend(inside), 1),
        ]  # fmt: skip

    def _nothing(self, width: int) -> Row:
        model = self.model
        if model is None and self.ui.reader.was_live:
            return row_of(width, (f"  {self.about} has not run yet; t starts it", "dim"))
        said = "asking the daemon…"
        if model is not None and (model.trouble or (model.is_known and model.started_at is None)):
            said = model.trouble or "it has not begun"
        return row_of(width, (f"  {said}", "dim"))

    def _row(self, gantt: Gantt, bar: Bar, axis: Axis, width: int) -> Row:
        row = moved(gantt.row(bar, axis, width - 3, self.first), 1)
        if bar.key != self.picking.key:
            return row
        return grounded(row, width, "cursor" if self.has_focus else "trace")

    def _title(self, gantt: Gantt, axis: Axis, width: int) -> Row:
        line = Line(width).skip().put("Gantt", "title" if self.has_focus else "title-idle")
        total, rows = len(gantt.story.ids), sum(not bar.indent for bar in gantt.bars)
        said = f"{total:,} tasks" if rows == total else f"{total:,} tasks in {rows:,} rows"
        line.put(
            f"  critical path  {len(gantt.path)} of {total:,} tasks" if self.is_only_critical else f"  {said}", "dim"
        )
        line.put(f"  by {self.order}  {axis.s_per_column:.2g} s a cell", "dim")
        return line.right(*self.of_run(), margin=1).row

    # --- what keys do -------------------------------------------------------------------------------------------------
    def step(self, by: int) -> None:
        """The cursor, by rows."""
        self.picking.move(by)
        self.renew_now()

    def page(self, pages: float) -> None:
        """By what is seen at once."""
        self.step(int(pages * max(1, self.size.height - HEADS - 2)))

    def jump(self, place: int) -> None:
        """To the first row (0) or the last (-1)."""
        self.picking.go(len(self.picking.keys) - 1 if place < 0 else place)
        self.renew_now()

    def sort(self) -> None:
        """By the next order."""
        self.order = ORDERS[(ORDERS.index(self.order) + 1) % len(ORDERS)]
        self.renew_now()

    def stretch(self, by: int) -> None:
        """Time, twice as wide or half, around the middle of what is seen."""
        before = ZOOMS[self.zoom]
        self.zoom = min(max(self.zoom + by, 0), len(ZOOMS) - 1)
        chart = 1 if self._gantt is None else self._gantt.widths(self.size.width - 3)[1]
        middle = (self.first + chart / 2) / before
        self.first = int(middle * ZOOMS[self.zoom] - chart / 2)
        self.renew_now()

    def scroll(self, by: int) -> None:
        """Through time, by halves of what is seen."""
        chart = 2 if self._gantt is None else self._gantt.widths(self.size.width - 3)[1]
        self.first += by * chart // 2
        self.renew_now()

    def only_critical(self) -> None:
        """The tasks that the run had to wait for, or all again."""
        self.is_only_critical = not self.is_only_critical
        self.renew_now()

    def fold(self) -> None:
        """The elements of the map under the cursor, the tasks of the family, or none of them any more."""
        bar, around = self.bar, None
        for one in () if self._gantt is None else self._gantt.bars:
            around = one if not one.indent else around
            if one is bar and around is not None and isinstance(around.what, Crowd):
                self.unfolded ^= {around.key}
                self.picking.find(around.key)
        self.renew_now()

    def enter(self) -> None:
        """Into the run, at the task; a family is unfolded."""
        bar = self.bar
        if bar is not None and len(bar.tasks) > 1:
            self.fold()
        elif bar is not None and self.run is not None:
            self.ui.go(Place("run", str(self.run), bar.key.partition("[")[0]))

    # --- the mouse ----------------------------------------------------------------------------------------------------
    def clicked(self, key: str, x: int, y: int, *, times: int) -> None:
        """Once: the cursor goes there. Twice: into it."""
        place = self.picking.top + y - HEADS
        if y >= HEADS and place < len(self.picking.keys):
            self.picking.go(place)
            self.renew_now()
            if times == 2:
                self.enter()

    def wheeled(self, lines: int) -> None:
        """Scroll."""
        self.picking.scroll(lines, max(1, self.size.height - HEADS - 1))
        self.renew_now()
