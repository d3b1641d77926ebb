"""A view of a DAG as rows of spans. It is laid out once; what changes later (a state, the cursor, marked edges)
changes the rows that it is on: nothing else is drawn again, and nothing at all is laid out again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise, zip_longest

from flowlite.tui.layout.boxes import Boxes, Now
from flowlite.tui.layout.line import Line
from flowlite.tui.layout.part import Edge
from flowlite.tui.layout.placing import laid_out
from flowlite.tui.layout.view import View
from flowlite.tui.layout.wires import Wires
from flowlite.tui.picture import Row

FAILED = ("failed", "upstream_failed")
MARKS = ("edge-failed", "edge-critical", "edge-focus")  # each is drawn over those before it


class Drawing:
    """A view, the states of its tasks, a cursor, and edges that stand out."""

    def __init__(self, view: View, *, maps: Collection[int] = (), is_narrow: bool = False) -> None:
        self.view = view
        self._boxes = Boxes(maps=maps, is_narrow=is_narrow)
        self._sizes = [self._boxes.size(box) for box in view.boxes]
        self.placed = laid_out(self._sizes, view.up)
        self.width, self.height = self.placed.width, self.placed.height
        self.wires = Wires(self.width, self.placed.lines.values())
        self._on_row: dict[int, list[tuple[int, int]]] = {}
        for number in sorted(range(len(view.boxes)), key=self.placed.corners.__getitem__):
            for line in range(self._sizes[number].height):
                self._on_row.setdefault(self.placed.corners[number][1] + line, []).append((number, line))
        self._now = Now()
        self._failed: frozenset[int] | None = None
        self._cursor: int | None = None
        self._critical: frozenset[int] = frozenset()
        self._marked: dict[str, tuple[frozenset[Edge], Wires]] = {}
        self._rows: dict[int, Row] = {}
        self._columns = (0, 0)

    # --- what is seen -------------------------------------------------------------------------------------------------
    def row(self, y: int, start: int = 0, stop: int | None = None) -> Row:
        """Some columns of a row; empty beyond the picture. Rows are kept for as long as the same columns are asked."""
        columns = start, self.width if stop is None else min(stop, self.width)
        if columns != self._columns:
            self._columns = columns
            self._rows.clear()
        found = self._rows.get(y)
        if found is None:
            found = self._rows[y] = self._drawn(y, *columns)
        return found

    def box_at(self, x: int, y: int) -> int | None:
        """Which box is under a cell."""
        for number, _ in self._on_row.get(y, ()):
            left = self.placed.corners[number][0]
            if left <= x < left + self._sizes[number].width:
                return number
        return None

    def rectangle(self, number: int) -> tuple[int, int, int, int]:
        """Of a box: column, row, cells, rows."""
        return (*self.placed.corners[number], self._sizes[number].width, self._sizes[number].height)

    @property
    def failed(self) -> frozenset[int]:
        """The boxes in which a task has failed."""
        if self._failed is None:
            places = self.view.box_of_task
            self._failed = frozenset(
                places[task] for task, state in enumerate(self._now.states) if state == "failed" and task in places
            )
        return self._failed

    # --- what changes -------------------------------------------------------------------------------------------------
    def show(self, now: Now) -> set[int]:
        """New states; the answer is the rows that look different."""
        before, self._now, self._failed = self._now, now, None
        changed = {self.view.box_of_task[task] for task in _changed(before, now) if task in self.view.box_of_task}
        if not changed:
            return set()
        return self._forget(self._rows_of(changed)) | self._mark("edge-failed", self._failed_edges())

    def select(self, number: int | None) -> set[int]:
        """The cursor on a box, whose edges stand out; the answer is the rows that look different."""
        before, self._cursor = self._cursor, number
        edges: list[Edge] = []
        if number is not None:
            edges = [(up, number) for up in self.view.up[number]] + [(number, down) for down in self.view.down[number]]
        rows = self._rows_of(one for one in (before, number) if one is not None)
        return self._forget(rows) | self._mark("edge-focus", edges)

    def mark_critical(self, tasks: Sequence[int]) -> set[int]:
        """A path of tasks, one after the other; the answer is the rows that look different."""
        shown = [self.view.box_of_task[task] for task in tasks if task in self.view.box_of_task]
        before, self._critical = self._critical, frozenset(shown)
        edges = [edge for edge in pairwise(shown) if edge in self.placed.lines]
        return self._forget(self._rows_of(before ^ self._critical)) | self._mark("edge-critical", edges)

    # --- inside -------------------------------------------------------------------------------------------------------
    def _failed_edges(self) -> list[Edge]:
        """Over which a failure holds up what comes after it."""
        states = self._now.states
        held_up = {
            self.view.box_of_task[task] for task, state in enumerate(states)
            if state == "upstream_failed" and task in self.view.box_of_task
        }  # fmt: skip
        return [
            (up, number) for number in held_up for up in self.view.up[number]
            if any(task < len(states) and states[task] in FAILED for task in self.view.boxes[up].tasks)
        ]  # fmt: skip

    def _mark(self, role: str, edges: Iterable[Edge]) -> set[int]:
        wanted = frozenset(edges)
        before = self._marked.get(role)
        if wanted == (before[0] if before else frozenset()):
            return set()
        self._marked[role] = wanted, Wires(self.width, [self.placed.lines[edge] for edge in sorted(wanted)])
        return self._forget({*self._marked[role][1].rows(), *(before[1].rows() if before else ())})

    def _rows_of(self, numbers: Iterable[int]) -> set[int]:
        found = ((self.placed.corners[number][1], self._sizes[number].height) for number in numbers)
        return {top + line for top, height in found for line in range(height)}

    def _forget(self, rows: set[int]) -> set[int]:
        for y in rows:
            self._rows.pop(y, None)
        return rows

    def _drawn(self, y: int, start: int, stop: int) -> Row:
        line = Line(max(stop - start, 0), start)
        line.put_marks(self.wires.text(y)[start:stop], "edge")
        for role in MARKS:
            if role in self._marked:
                line.put_marks(self._marked[role][1].text(y)[start:stop], role)
        for number, part in self._on_row.get(y, ()):
            x = self.placed.corners[number][0]
            if x < stop and x + self._sizes[number].width >= start:
                self._draw_box(line, number, part)
        return line.row()

    def _draw_box(self, line: Line, number: int, part: int) -> None:
        box, (x, _) = self.view.boxes[number], self.placed.corners[number]
        if part == 0 and self.view.down[number]:
            # Room that is kept for counts: the line begins earlier as long as nothing is there.
            line.put(x, "─" * (self._sizes[number].width + 1), self._edge_role(number))
        spans = self._boxes.spans(box, part, x, self._now, is_critical=number in self._critical)
        ground = ".cursor" if number == self._cursor else ""
        end = max((span.x + len(span.text) for span in spans), default=x)
        if ground and box.kind == "fold":
            end = x + self._sizes[number].width  # the same in all its rows
        line.put(x, " " * (end - x), f"text{ground}", box.key)
        line.clear(end)
        for span in spans:
            line.put(span.x, span.text, f"{span.role}{ground}", span.key)

    def _edge_role(self, number: int) -> str:
        """Of the line that leaves a box."""
        over = [role for role in MARKS if any(start == number for start, _ in self._marked.get(role, ((),))[0])]
        return over[-1] if over else "edge"


def _changed(before: Now, now: Now) -> set[int]:
    """The tasks that are no longer as they were."""
    found = {task for task, (old, new) in enumerate(zip_longest(before.states, now.states)) if old != new}
    old_elements, new_elements = before.elements or {}, now.elements or {}
    if old_elements != new_elements:
        found |= {
            task
            for task in old_elements.keys() | new_elements.keys()
            if old_elements.get(task) != new_elements.get(task)
        }
    return found
