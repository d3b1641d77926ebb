"""A DAG over its last runs: a curve of how long they took, and a row of figures for each task."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from flowlite.tui.layout.history import Past, slowness, slowness_said, spread
from flowlite.tui.layout.trends import ORDERS, Trends, summary
from flowlite.tui.model.past import past_of
from flowlite.tui.picking import Picking
from flowlite.tui.picture import Row
from flowlite.tui.rows import BLANK, Line, Piece, grounded, moved, row_of
from flowlite.tui.widgets.canvas import Canvas

LASTS = (30, 90, 365)  # runs
LEAST_CURVE, MOST_CURVE = 5, 14  # rows
SHORT = 100  # columns below which the curve alone says how long runs usually take


class TrendsView(Canvas, can_focus=True):
    """`about` is the id of the DAG."""

    scopes: ClassVar[tuple[str, ...]] = ("trends",)

    def __init__(self, name: str | None = None) -> None:
        super().__init__(name)
        self.about = self.trouble = ""
        self.last = LASTS[1]
        self.order = ORDERS[0]
        self.picking: Picking[str] = Picking()
        self._top = 0  # the first row of tasks
        self._past: tuple[object, Past] | None = None

    def show(self, dag_id: str) -> None:
        """Be about this DAG."""
        if dag_id != self.about:
            self.about, self.picking = dag_id, Picking()
            self.renew()

    def past(self) -> Past | None:
        """As the daemon told it; asked for again when a run has ended."""
        dag = self.ui.world.dags.get(self.about)
        ended = None if dag is None else next((run for run in dag.runs if run.is_finished), None)
        stamp = None if ended is None else (ended.id, ended.state)
        answer = self.ui.lookups.look("trends", stamp=stamp, every_s=5.0, dag_id=self.about, last=self.last)
        self.trouble, told = answer.error, answer.value
        if told is not None and (self._past is None or self._past[0] is not told):
            self._past = told, past_of(told)
        return None if self._past is None or self._past[1].dag_id != self.about else self._past[1]

    # --- drawing ------------------------------------------------------------------------------------------------------
    def draw(self, width: int, height: int) -> Sequence[Row]:
        """What one asks first, the curve, the tasks."""
        past = self.past()
        if past is None:
            return [row_of(width, (f"  {self.trouble or 'asking the daemon…'}", "dim"))]
        trends = Trends(past, width - 3, order=self.order, zone=self.ui.zone)
        self.picking.take([task.id for task in trends.tasks])
        curve = min(max(height * 2 // 5, LEAST_CURVE), MOST_CURVE)
        room = max(height - curve - 5, 1)
        top = self.picking.scrolled(room)
        self._top = curve + 4
        rows = [self._lit(moved(trends.row(task), 1), task.id, width) for task in trends.tasks[top : top + room]]
        rows += [BLANK] * (room - len(rows))
        chart = [*trends.curve(curve), BLANK, trends.heads()]
        return [self._title(past, width), BLANK, *(moved(row, 1) for row in chart), *rows, moved(trends.foot(), 1)]

    def _lit(self, row: Row, key: str, width: int) -> Row:
        if key != self.picking.key:
            return row
        return grounded(row, width, "cursor" if self.has_focus else "trace")

    def _title(self, past: Past, width: int) -> Row:
        line = Line(width).skip().put("Trends", "title" if self.has_focus else "title-idle")
        for text, role in summary(past, is_short=width < SHORT):
            line.skip(2).put(text, role)
        few = past.tasks_from < len(past.runs)
        said: list[Piece] = [(f"tasks of the last {past.tasks_from}", "dim")] if few else []
        return line.right(*(self._slow(past) or said), margin=1).row

    def _slow(self, past: Past) -> list[Piece]:
        """Whether the run that goes on takes longer than runs do."""
        dag = self.ui.world.dags.get(self.about)
        run = None if dag is None else dag.last
        if run is None or run.state != "running" or run.started_at is None:
            return []
        self.is_ticking = True
        said = slowness_said(slowness(self.ui.now() - run.started_at, spread(past.lengths)))
        return [(f"run {run.id} is at {said}", "warn", f"place:run/{run.id}")] if said else []

    # --- what keys do -------------------------------------------------------------------------------------------------
    def step(self, by: int) -> None:
        """The cursor, by rows."""
        self.picking.move(by)
        self.renew_now()

    def page(self, pages: float) -> None:
        """By what is seen at once."""
        self.step(int(pages * max(1, self.size.height - self._top - 1)))

    def jump(self, place: int) -> None:
        """To the first row (0) or the last (-1)."""
        self.picking.go(len(self.picking.keys) - 1 if place < 0 else place)
        self.renew_now()

    def sort(self) -> None:
        """By the next order."""
        self.order = ORDERS[(ORDERS.index(self.order) + 1) % len(ORDERS)]
        self.renew_now()

    def look_back(self, by: int) -> None:
        """Over more runs, or fewer below 0."""
        self.last = LASTS[min(max(LASTS.index(self.last) + by, 0), len(LASTS) - 1)]
        self.renew_now()

    # --- the mouse ----------------------------------------------------------------------------------------------------
    def clicked(self, key: str, x: int, y: int, *, times: int) -> None:
        """The cursor goes there."""
        if key in self.picking.keys:
            self.picking.find(key)
            self.renew_now()

    def wheeled(self, lines: int) -> None:
        """Scroll."""
        self.picking.scroll(lines, max(1, self.size.height - self._top - 1))
        self.renew_now()
