"""A graph that is looked at: which part of it is shown, where the cursor is, what stands out.

It lays nothing out by itself: `job` is what is to be laid out next, for whoever has a thread to spare; until that is
there, what was shown before stays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from flowlite.tui.layout.boxes import Now
from flowlite.tui.layout.drawing import Drawing
from flowlite.tui.layout.folds import folded_at_first, folds_of
from flowlite.tui.layout.minimap import HEIGHT, WIDTH, minimap
from flowlite.tui.layout.partial import around, of_failure
from flowlite.tui.layout.task_graph import TaskGraph
from flowlite.tui.layout.view import Box, View, whole
from flowlite.tui.layout.viewport import Viewport
from flowlite.tui.layout.walking import Walk, first_box, found, worth_seeing
from flowlite.tui.picture import Row
from flowlite.tui.rows import beside, cropped

HOPS, MOST_HOPS = 2, 9
MARGIN = 2  # cells left of the picture
KEPT = 16  # pictures


class Part(NamedTuple):
    """What a picture is of, and for how much room."""

    room: int
    folded: frozenset[str] = frozenset()
    centre: tuple[int, ...] = ()  # only what is around these tasks
    hops: int = 0
    failed: tuple[int, ...] = ()  # only what these hold up


class GraphPane:
    """Of one DAG in one version."""

    def __init__(self, graph: TaskGraph) -> None:
        self.graph, self.folds = graph, folds_of(graph)
        self.folded = folded_at_first(graph, self.folds)
        self.centre: tuple[int, ...] = ()
        self.hops = HOPS
        self.is_only_failed = self.is_critical_marked = False
        self.now = Now()
        self.critical: Sequence[int] = ()
        self.drawing: Drawing | None = None
        self.cursor: int | None = None
        self._is_begun = False  # somebody has moved the cursor, or it stands where one wants to begin
        self.viewport = Viewport()
        self._walk: Walk | None = None
        self._part: Part | None = None
        self._known: dict[Part, Drawing] = {}
        self.room = 80

    # --- which part ---------------------------------------------------------------------------------------------------
    @property
    def wanted(self) -> Part:
        """What is to be shown."""
        if self.is_only_failed:
            return Part(self.room, failed=tuple(n for n, state in enumerate(self.now.states) if state == "failed"))
        if self.centre:
            return Part(self.room, centre=self.centre, hops=self.hops)
        return Part(self.room, self.folded)

    def job(self) -> Callable[[], tuple[Part, Drawing]] | None:
        """What lays out what is wanted, for `take`; None: it is there."""
        part = self.wanted
        if part in self._known:
            return None
        states = tuple(self.now.states)
        return lambda: (part, self._drawn(part, states))

    def take(self, part: Part, drawing: Drawing) -> None:
        """It has been laid out."""
        self._known[part] = drawing
        while len(self._known) > KEPT:
            del self._known[next(iter(self._known))]

    def _drawn(self, part: Part, states: Sequence[str]) -> Drawing:
        """Folds are made narrower where they would not all be seen side by side."""
        view = self._view(part, states)
        drawing = Drawing(view, maps=self.graph.maps)
        if drawing.width + MARGIN > part.room and any(box.kind == "fold" for box in view.boxes):
            return Drawing(view, maps=self.graph.maps, is_narrow=True)
        return drawing

    def _view(self, part: Part, states: Sequence[str]) -> View:
        if part.failed:
            return of_failure(self.graph, self.folds, states) or View((), ())
        if part.centre:
            return around(self.graph, self.folds, part.centre, part.hops)
        return whole(self.graph, self.folds, part.folded)

    def settle(self) -> None:
        """Show what is wanted, if it is there; the cursor stays on its task."""
        drawing = self._known.get(self.wanted)
        if drawing is None or drawing is self.drawing:
            return
        before, self.drawing, self._part = self.box, drawing, self.wanted
        self._walk = Walk(drawing.view, drawing.placed)
        drawing.show(self.now)
        drawing.mark_critical(self.critical if self.is_critical_marked else ())
        self.cursor = self._again(drawing.view, before)
        self._is_begun = self._is_begun or bool(self.now.states)
        drawing.select(self.cursor)
        self.viewport.resize(self.viewport.width, self.viewport.height, (drawing.width, drawing.height))
        if self.cursor is not None:
            self.viewport.centre(drawing.rectangle(self.cursor))

    def _again(self, view: View, before: Box | None) -> int | None:
        """The box that stands for what the cursor was on."""
        tasks = self.centre or (before.tasks if before is not None else ())
        if before is not None and before.key in view.number and not self.centre:
            return view.number[before.key]
        known = [task for task in tasks if task in view.box_of_task]
        if not known:
            return first_box(view, self.now.states)
        return view.box_of_task[min(known, key=lambda task: worth_seeing(self.now.states, task))]

    # --- what is known ------------------------------------------------------------------------------------------------
    def show(self, now: Now, critical: Sequence[int] = ()) -> None:
        """States as they are now, and the path that the run had to wait for."""
        self.now, self.critical = now, critical
        if self.drawing is not None:
            self.drawing.show(now)
            self.drawing.mark_critical(critical if self.is_critical_marked else ())
            self._begin(self.drawing)

    def _begin(self, drawing: Drawing) -> None:
        """Of a picture that was there before any state was known: the cursor to what is worth seeing."""
        if not self._is_begun and self.now.states:
            self._is_begun, self.cursor = True, first_box(drawing.view, self.now.states)
            drawing.select(self.cursor)
            if self.cursor is not None:
                self.viewport.centre(drawing.rectangle(self.cursor))

    @property
    def box(self) -> Box | None:
        """What is under the cursor."""
        return None if self.drawing is None or self.cursor is None else self.drawing.view.boxes[self.cursor]

    def said(self) -> str:
        """What part of the DAG is shown."""
        number = len(self.graph.ids)
        total = f"{number:,} task{'' if number == 1 else 's'}"
        if self.drawing is None or self._part is None:
            return total
        boxes, part = self.drawing.view.boxes, self._part
        tasks = sum(len(box.tasks) for box in boxes if box.kind != "stub")
        if part.failed:
            return f"what failed and what it holds up  {tasks:,} of {total}"
        if part.centre:
            name = self.graph.ids[part.centre[0]] if len(part.centre) == 1 else f"{len(part.centre)} tasks"
            return f"{part.hops} hop{'' if part.hops == 1 else 's'} around {name}  {tasks:,} of {total}"
        return f"{total} in {len(boxes):,} boxes" if any(box.kind == "fold" for box in boxes) else total

    # --- going about --------------------------------------------------------------------------------------------------
    def step(self, direction: str) -> None:
        """To the next box: left, right, up or down. Along an edge, what is shown around it comes along."""
        if self._walk is None or self.cursor is None:
            return
        ways = {"left": self._walk.left, "right": self._walk.right, "up": self._walk.up, "down": self._walk.down}
        self.go(ways[direction](self.cursor))
        box = self.box
        if self.centre and direction in ("left", "right") and box is not None and box.kind != "stub":
            self.centre = box.tasks

    def go(self, number: int) -> None:
        """The cursor onto a box, and that onto the screen."""
        if self.drawing is not None:
            self.cursor, self._is_begun = number, True
            self.drawing.select(number)
            self.viewport.show(self.drawing.rectangle(number))

    def find(self, text: str, *, after_here: bool, is_back: bool = False) -> tuple[int, int]:
        """To the next box that holds a task with this text in its id, or to the one before; which one of how many it
        is, from 1. (0, 0): there is none."""
        places = found(self.drawing.view, self.graph.ids, text) if self.drawing is not None and text else []
        if not places:
            return 0, 0
        here = -1 if self.cursor is None else self.cursor
        if is_back:
            goal = next((place for place in reversed(places) if place < here), places[-1])
        else:
            goal = next((place for place in places if place > here or (place == here and not after_here)), places[0])
        self.go(goal)
        return places.index(goal) + 1, len(places)

    # --- what is folded -----------------------------------------------------------------------------------------------
    def show_whole(self, *, is_folded: bool) -> None:
        """All of the DAG: by its groups and families, or every task."""
        self.centre, self.is_only_failed = (), False
        self.folded = frozenset(self.folds) if is_folded else frozenset()

    def fit(self) -> None:
        """Every task if there are few, else by groups and families."""
        self.show_whole(is_folded=bool(folded_at_first(self.graph, self.folds)))
        self.viewport.scroll(-self.viewport.left, -self.viewport.top)

    def only_failed(self) -> None:
        """What failed and what it holds up, or everything again."""
        self.is_only_failed, self.centre = not self.is_only_failed, ()

    def mark_critical(self) -> None:
        """The path that the run had to wait for, or no path any more."""
        self.is_critical_marked = not self.is_critical_marked

    def fold(self) -> None:
        """The box under the cursor is opened if it is folded; a task is folded with those around it."""
        box = self.box
        if box is None or box.kind == "stub":
            return
        if box.kind == "fold":
            self.folded -= {box.key.partition("#")[0]}
            return
        inside = [key for key, fold in self.folds.items() if box.tasks[0] in fold.tasks]
        if inside:
            self.folded |= {inside[-1]}

    def focus(self) -> None:
        """Only what is around the box under the cursor, or all again if that is shown already."""
        box = self.box
        if box is None or (self.centre and set(box.tasks) == set(self.centre)):
            self.centre = ()
            return
        self.centre, self.is_only_failed = box.tasks, False

    # --- what is seen -------------------------------------------------------------------------------------------------
    def draw(self, width: int, height: int) -> list[Row]:
        """Rows of the picture; a small map in a corner where not all of it is seen and there is room for one."""
        self.room = width
        self.viewport.width, self.viewport.height = max(width - MARGIN, 1), max(height, 1)
        self.settle()
        if self.drawing is None:
            return []
        self.viewport.resize(width - MARGIN, height, (self.drawing.width, self.drawing.height))
        rows = self.viewport.rows(self.drawing.row, MARGIN)
        if self.viewport.sees_all or height < 2 * HEIGHT:
            return rows
        first = 0 if self._cursor_row() >= height - HEIGHT else height - HEIGHT  # never over the cursor
        below = rows[first : first + HEIGHT]
        is_free = not any(cropped(row, width - WIDTH - MARGIN, width) for row in below)
        if not is_free and (width < 5 * WIDTH or height < 4 * HEIGHT):
            return rows
        small = minimap(self.drawing.placed, self.drawing.failed, self.viewport.seen)
        over = [beside(row, one, width - WIDTH) for row, one in zip(below, small, strict=True)]
        return [*rows[:first], *over, *rows[first + HEIGHT :]]

    def _cursor_row(self) -> int:
        """On the screen."""
        if self.drawing is None or self.cursor is None:
            return 0
        _, y, _, high = self.drawing.rectangle(self.cursor)
        return y + high - 1 - self.viewport.top
