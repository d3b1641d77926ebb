"""The grid: a column for each run, the newest at the right; a row for each task, in the groups that it is in. The
cursor is a cross: a run and a task."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from flowlite.tui.format import length, middle, when
from flowlite.tui.glyphs import glyph
from flowlite.tui.model.grid import NOTHING, Cell, GridModel
from flowlite.tui.model.run import STATES
from flowlite.tui.model.tree import Branch
from flowlite.tui.picking import Picking
from flowlite.tui.picture import Row, Span
from flowlite.tui.places import Place
from flowlite.tui.rows import LEVELS, Line, grounded, row_of
from flowlite.tui.telling import Told
from flowlite.tui.widgets.canvas import Canvas

SIGNS = [glyph(state) for state in STATES]
ROLES = ["cell-failed" if state == "failed" else f"state-{state}" for state in STATES]
K = TypeVar("K")
EDGE = 8  # columns from the left at which older runs are asked for


class RunGrid(Canvas, can_focus=True):
    """`about` is the id of the DAG."""

    scopes: ClassVar[tuple[str, ...]] = ("grid",)

    def __init__(self, name: str | None = None) -> None:
        super().__init__(name)
        self.about = ""
        self.tasks: Picking[str] = Picking()
        self.runs: Picking[int] = Picking()
        self.folded: set[str] = set()
        self.marks: dict[tuple[int, str], None] = {}  # run, task or group
        self.range_from: tuple[int, str] | None = None
        self.is_only_failed = False
        self._cells: tuple[int, int, int] = (0, 0, 1)  # x of the first cell, y of the first row, cells of a column
        self._columns: list[Cell] = []
        self._is_fresh = True
        self._moved_to: tuple[int, str] | None = None

    @property
    def model(self) -> GridModel:
        """What is known."""
        return self.ui.reader.grid(self.about)

    def show(self, dag_id: str) -> None:
        """Be about this DAG."""
        if dag_id != self.about:
            self.about, self.tasks, self.runs, self.folded = dag_id, Picking(), Picking(), set()
            self.marks, self.range_from = {}, None
            self.is_only_failed, self._is_fresh = False, True
        self.renew()

    # --- what is under the cursor -------------------------------------------------------------------------------------
    @property
    def run(self) -> Cell | None:
        """The run."""
        return self.model.by_id.get(self.runs.key) if self.runs.key is not None else None

    @property
    def row(self) -> Branch | None:
        """The task or group."""
        return next((row for row in self.model.tree.rows if row.id == self.tasks.key), None)

    # --- drawing ------------------------------------------------------------------------------------------------------
    def draw(self, width: int, height: int) -> Sequence[Row]:
        """Dates, lengths, then the tasks."""
        model = self.model
        if not model.is_known:
            return [row_of(width, ("  ", "text"), (model.trouble or "asking the daemon…", "dim"))]
        shown = self.take_rows(model)
        if not model.columns:
            return [row_of(width, (f"  {self.about} has not run yet; t starts it", "dim"))]
        wide, with_stats = label_width(shown, width), width >= 100
        x = wide + (16 if with_stats else 2)
        columns, size = self.take_columns(model, width - x)
        self._cells, self._columns = (x, 2, size), columns
        if self._moved_to != self.here():
            self._moved_to = self.here()
            self.ui.heard()  # what stands beside it tells of what is under the cross
        stats = self.stats() if with_stats else {}
        room = max(1, height - 2)
        first = self.tasks.scrolled(room)
        heads = [self.dates(columns, x, width, size), self.lengths(columns, x, size)]
        body = [
            self.task_row(model, row, columns, (wide, x, width, size), stats) for row in shown[first : first + room]
        ]
        return [*heads, *body]

    def take_rows(self, model: GridModel) -> list[Branch]:
        """The tasks and groups that are not folded away."""
        rows = list(model.tree.shown(self.folded))
        if self.is_only_failed:
            failed = set(model.failed_tasks())
            rows = [
                row
                for row in rows
                if row.id in failed or any(id_ in failed for id_ in model.tree.inside.get(row.id, ()))
            ]
        self.tasks.take([row.id for row in rows])
        return rows

    def take_columns(self, model: GridModel, room: int) -> tuple[list[Cell], int]:
        """The runs that have room, and how wide each is. At first the cursor is on the newest."""
        cells = [cell for cell in model.columns if not self.is_only_failed or cell.run.state == "failed"]
        self.runs.take([cell.run.id for cell in cells])
        if self._is_fresh and cells:
            self.runs.go(len(cells) - 1)
            self._is_fresh = False
            states = {id_: model.state(cells[-1], id_) for id_ in self.tasks.keys}
            self.tasks.go(next((n for n, id_ in enumerate(self.tasks.keys) if states[id_] == "failed"), 0))
        size = 2 if len(cells) * 2 <= room else 1
        number = max(1, room // size)
        first = self.runs.scrolled(number)
        if first + number > len(cells):
            first = self.runs.top = max(0, len(cells) - number)
        if first < EDGE and not model.has_all and not model.wants_more:
            model.wants_more = True
            self.ui.reader.wake()
        return cells[first : first + number], size

    def stats(self) -> Mapping[str, Told]:
        """How long each task takes, by its id."""
        found = self.ui.stats_of(self.about)
        return {one["name"]: one for one in found["tasks"]} if found else {}

    def dates(self, columns: Sequence[Cell], x: int, width: int, size: int) -> Row:
        """Where a day begins, and the run under the cursor."""
        now, zone = self.ui.now(), self.ui.zone
        line, last, free = Line(width), "", 0
        here = self.runs.key
        at = next((place for place, cell in enumerate(columns) if cell.run.id == here), None)
        said = when(columns[at].run.logical_date, now, zone) if at is not None else ""
        mine = (x + at * size, x + at * size + len(said) + 1) if at is not None else (0, 0)
        for place, cell in enumerate(columns):
            column = x + place * size
            if place == at:
                line.to(min(column, width - len(said))).put(said, "strong")
                free = mine[1]
                last = day_of(cell, now, zone)
            day = day_of(cell, now, zone)
            is_free = column >= free and not (at is not None and place < at and column + len(day) + 1 > mine[0])
            if day != last and is_free and column + len(day) <= width:
                line.to(column).put(day, "dim")
                last, free = day, column + len(day) + 1
        return line.row

    def lengths(self, columns: Sequence[Cell], x: int, size: int) -> Row:
        """A bar for each run: how long it took."""
        now = self.ui.now()
        taken = [cell.run.length_s(now) or 0.0 for cell in columns]
        top = max(taken, default=0.0)
        spans = []
        for place, (cell, seconds) in enumerate(zip(columns, taken, strict=True)):
            if cell.run.state == "running":
                self.is_ticking = True
            level = LEVELS[min(7, int(8 * seconds / top))] if top > 0 and seconds else " "
            role = {"failed": "bar-bad", "running": "bar"}.get(cell.run.state, "dim")
            spans.append(Span(x + place * size, level, f"{role}.trace" if cell.run.id == self.runs.key else role))
        return tuple(spans)

    def task_row(
        self, model: GridModel, row: Branch, columns: Sequence[Cell], at: tuple[int, int, int, int],
        stats: Mapping[str, Told],
    ) -> Row:  # fmt: skip
        """Name, usual lengths, cells."""
        wide, x, width, size = at
        is_here = row.id == self.tasks.key
        line = Line(wide).put("▌" if is_here else "", "accent" if self.has_focus else "faint").to(2 + 2 * row.depth)
        line.put(("+ " if row.id in self.folded else "- ") if row.is_group else "", "dim")
        line.put(middle(row.name, max(1, wide - line.x)), "strong" if row.is_group or is_here else "text")
        if row.is_group:
            line.right((f"{len(model.tree.inside[row.id])}", "dim"))
        found = [*line.row, *self.usual(stats.get(row.id), x, wide), *self.cells(model, row, columns, (x, size))]
        return grounded(tuple(found), width, "cursor" if self.has_focus else "trace") if is_here else tuple(found)

    def usual(self, stats: Told | None, x: int, wide: int) -> Row:
        """How long it takes."""
        if stats is None:
            return ()
        return Line(x).to(wide + 1).put(f"{length(stats['p50_s']):>6} {length(stats['p95_s']):>6}", "dim").row

    def cells(self, model: GridModel, row: Branch, columns: Sequence[Cell], at: tuple[int, int]) -> Iterator[Span]:
        """One for each run, those that look the same together."""
        x, size = at
        text, role, start = "", "", x
        inside = model.tree.inside.get(row.id, ()) if row.is_group else ()
        is_here, marks = row.id == self.tasks.key, self.marks | self.ranged()
        for cell in columns:
            sign, look = group_sign(model, cell, inside) if row.is_group else task_sign(model, cell, row.id)
            if marks and (cell.run.id, row.id) in marks:
                look += ".mark" if not (is_here and cell.run.id == self.runs.key) else ".here"
            elif cell.run.id == self.runs.key:
                look += ".trace" if not is_here else ".here" if self.has_focus else ""
            if look != role:
                if text:
                    yield Span(start, text, role)
                text, role, start = "", look, start + len(text)
            text += sign.ljust(size)
        if text:
            yield Span(start, text, role)

    # --- moving -------------------------------------------------------------------------------------------------------
    def step(self, tasks: int = 0, runs: int = 0) -> None:
        """The cursor, by rows and columns."""
        self.tasks.move(tasks)
        self.runs.move(runs)
        self.renew_now()

    def jump(self, *, task: int | None = None, run: int | None = None) -> None:
        """To the first (0) or the last (-1)."""
        for picking, place in ((self.tasks, task), (self.runs, run)):
            if place is not None:
                picking.go(len(picking.keys) - 1 if place < 0 else place)
        self.step()

    def fold(self) -> None:
        """The group under the cursor, or that of the task under it; open it if it is folded."""
        row = self.row
        if row is None:
            return
        group = row.id if row.is_group else row.id.rpartition(".")[0]
        if group:
            self.folded.symmetric_difference_update({group})
            self.tasks.find(group)
            self.step()

    def fold_all(self) -> None:
        """Every group, or none if all are folded."""
        groups = set(self.model.tree.groups)
        self.folded = set() if self.folded >= groups else groups
        self.step()

    # --- marks --------------------------------------------------------------------------------------------------------
    def here(self) -> tuple[int, str] | None:
        """What the cross is on."""
        return None if self.runs.key is None or self.tasks.key is None else (self.runs.key, self.tasks.key)

    def mark(self) -> None:
        """The cell under the cross, or no longer."""
        if (here := self.here()) is not None:
            if here in self.marks:
                del self.marks[here]
            else:
                self.marks[here] = None
            self.step(tasks=1)

    def mark_range(self) -> None:
        """Begin a rectangle; the second time, mark what it holds."""
        if self.range_from is None:
            self.range_from = self.here()
        else:
            self.marks |= self.ranged()
            self.range_from = None
        self.step()

    def ranged(self) -> dict[tuple[int, str], None]:
        """The rectangle from where it was begun to the cross."""
        here = self.here()
        if self.range_from is None or here is None:
            return {}
        runs = between(self.runs.keys, self.range_from[0], here[0])
        rows = between(self.tasks.keys, self.range_from[1], here[1])
        return {(run, row): None for run in runs for row in rows}

    def unmark(self) -> bool:
        """Nothing; whether anything was."""
        had = bool(self.marks) or self.range_from is not None
        self.marks, self.range_from = {}, None
        self.renew_now()
        return had

    def only_failed(self) -> None:
        """Rows and columns with a failure, or all again."""
        self.is_only_failed = not self.is_only_failed
        self.step()

    def enter(self) -> None:
        """Into the run, at the task."""
        if self.runs.key is not None:
            row = self.row
            self.ui.go(Place("run", str(self.runs.key), "" if row is None or row.is_group else row.id))

    def clicked(self, key: str, x: int, y: int, *, times: int) -> None:
        """The cross goes there; twice: into it."""
        start, top, size = self._cells
        place = self.tasks.top + y - top
        if y < top or place >= len(self.tasks.keys):
            return
        if place == self.tasks.at and x < start and (row := self.row) is not None and row.is_group:
            self.fold()
            return
        self.tasks.go(place)
        if x >= start and (x - start) // size < len(self._columns):
            self.runs.find(self._columns[(x - start) // size].run.id)
        self.step()
        if times == 2:
            self.enter()

    def wheeled(self, lines: int) -> None:
        """Up and down."""
        self.tasks.scroll(lines, max(1, self.size.height - 2))
        self.renew_now()


def between(keys: Sequence[K], one: K, other: K) -> Sequence[K]:
    """From one to the other, both among them."""
    if one not in keys or other not in keys:
        return ()
    start, end = sorted((keys.index(one), keys.index(other)))
    return keys[start : end + 1]


def label_width(rows: Sequence[Branch], width: int) -> int:
    """As wide as the names need, within a third."""
    wanted = max((4 + 2 * row.depth + len(row.name) + (4 if row.is_group else 0) for row in rows), default=12)
    return max(12, min(wanted, width // 3 if width >= 60 else width // 2))


def task_sign(model: GridModel, cell: Cell, task_id: str) -> tuple[str, str]:
    """How a task of a run looks."""
    number = model.numbers[cell.version].get(task_id, -1)
    code = cell.cells[number] if 0 <= number < len(cell.cells) else NOTHING
    return (SIGNS[code], ROLES[code]) if code != NOTHING else (" ", "text")


def group_sign(model: GridModel, cell: Cell, inside: Sequence[str]) -> tuple[str, str]:
    """How those of a group look together."""
    state = model.together(cell, inside)
    return (glyph(state), f"state-{state}") if state else (" ", "text")


def day_of(cell: Cell, now: float, zone: Any) -> str:
    """`21 Nov`, `today`, or the month of one long ago."""
    said = when(cell.run.logical_date, now, zone)
    return "today" if ":" in said else said
