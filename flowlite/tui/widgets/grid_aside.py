"""What is under the cross of the grid, told in a column: the run, and the task in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flowlite.tui.format import length, moment, plural
from flowlite.tui.glyphs import glyph
from flowlite.tui.model.grid import Cell, GridModel
from flowlite.tui.model.tree import Branch
from flowlite.tui.picture import Row
from flowlite.tui.rows import BLANK, Line, Piece, row_of, spark
from flowlite.tui.telling import error_text, often, place_in_file
from flowlite.tui.widgets.canvas import Canvas
from flowlite.tui.widgets.column import column
from flowlite.tui.widgets.run_grid import RunGrid
from flowlite.tui.wrapping import wrapped


class GridAside(Canvas):
    """Beside a grid of the same view."""

    def draw(self, width: int, height: int) -> Sequence[Row]:
        """A thin line at the left, the rest beside it."""
        grid = next(iter(self.screen.query(RunGrid)), None)
        cell, row = (None, None) if grid is None else (grid.run, grid.row)
        return column([] if grid is None or cell is None else self.told(grid, cell, row, width - 3), width, height)

    def told(self, grid: RunGrid, cell: Cell, row: Branch | None, width: int) -> Iterator[Row]:
        """The run, then the task."""
        run = cell.run
        yield Line(width).put(f"run {run.id}", "strong").right((run.kind, "dim")).row
        yield row_of(width, (moment(run.logical_date, self.ui.zone), "dim"))
        if run.state == "running":
            self.is_ticking = True
        state: list[Piece] = [(glyph(run.state), f"state-{run.state}"), (f" {run.state}", f"state-{run.state}")]
        yield Line(width).pieces(*state).right((length(run.length_s(self.ui.now())), "text")).row
        yield row_of(width, *tally(grid.model, cell))
        yield BLANK
        if run.state == "failed" or run.had_failures:
            yield from self.cause(cell, width)
        if row is not None:
            yield from self.of_task(grid, cell, row, width)

    def cause(self, cell: Cell, width: int) -> Iterator[Row]:
        """Why it failed."""
        run = cell.run
        why = self.ui.lookups.look("why", stamp=(run.state, run.ended_at), run=run.id).value
        cause = None if why is None else why["cause"]
        if cause is None:
            return
        failure = cause["failure"]
        yield (
            Line(width)
            .put("✗ ", "state-failed")
            .put(failure["task_id"], "strong")
            .right((place_in_file(failure), "dim"))
            .row
        )
        for text in wrapped(error_text(failure), width - 2, 4):
            yield Line(width).skip(2).put(text, "bad").row
        blocked = len(cause["blocked"])
        said = [often(cause), plural(blocked, "task") + " did not run" if blocked else ""]
        yield Line(width).skip(2).put(" · ".join(one for one in said if one), "dim").row
        yield BLANK

    def of_task(self, grid: RunGrid, cell: Cell, row: Branch, width: int) -> Iterator[Row]:
        """The row of the cross."""
        inside = grid.model.tree.inside.get(row.id)
        state = grid.model.together(cell, inside) if inside is not None else grid.model.state(cell, row.id)
        yield row_of(width, (row.id, "strong"))
        if state:
            yield row_of(width, (glyph(state), f"state-{state}"), (f" {state.replace('_', ' ')}", f"state-{state}"))
        else:
            yield row_of(width, ("not part of this run", "dim"))
        stats = grid.stats().get(row.id)
        if stats is not None and stats["durations_s"]:
            yield row_of(width, (spark(stats["durations_s"][:width][::-1], width), "chart"))
            line = Line(width).put("p50 ", "dim").put(length(stats["p50_s"])).put("  p95 ", "dim")
            yield line.put(length(stats["p95_s"])).put(f"  {stats['succeeded']} of {stats['finished']} well", "dim").row


def tally(model: GridModel, cell: Cell) -> list[Piece]:
    """`6✓ 1✗ 1⊘`."""
    counts: dict[str, int] = {}
    for id_ in model.tasks[cell.version]:
        if state := model.state(cell, id_):
            counts[state] = counts.get(state, 0) + 1
    found: list[Piece] = []
    for state, number in counts.items():
        found += [(f"{number}", "text"), (f"{glyph(state)} ", f"state-{state}")]
    return found
