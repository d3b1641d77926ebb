"""The runs of a DAG in a list, the newest first; older ones come when the cursor nears the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from flowlite.tui.format import length, moment, when
from flowlite.tui.glyphs import glyph
from flowlite.tui.model.grid import GridModel
from flowlite.tui.picture import Row
from flowlite.tui.places import Place
from flowlite.tui.rows import Column, Piece, Table, joined
from flowlite.tui.widgets.listing import Listing

COLUMNS = (
    Column("run", 6, 8, "right"),
    Column("date", 16, 16),
    Column("state", 16, 18),
    Column("took", 7, 8, "right", rank=1),
    Column("kind", 9, 9, rank=2),
    Column("started", 8, 8, "right", rank=3),
    Column("ended", 8, 8, "right", rank=4),
)
NEAR_END = 20


class RunList(Listing):
    """`about` is the id of the DAG."""

    scopes: ClassVar[tuple[str, ...]] = ("runs", "list")
    what = "Runs"
    nothing = "no run yet; t starts one"
    has_title = False
    facts: ClassVar[tuple[str, ...]] = ("name", "run", "state", "kind", "date", "took")
    orders: ClassVar[tuple[str, ...]] = ("date", "took", "state")
    about = ""

    @property
    def model(self) -> GridModel:
        """What is known."""
        return self.ui.reader.grid(self.about)

    def items(self) -> Sequence[int]:
        """By logical date, the newest first."""
        return [cell.run.id for cell in reversed(self.model.columns)]

    def facts_of(self, key: Any) -> Mapping[str, Any]:
        """For filters."""
        run = self.model.by_id[key].run
        date = moment(run.logical_date, self.ui.zone)
        took = run.length_s(self.ui.now())
        return {
            "name": f"{run.id} {date}",
            "run": run.id,
            "state": run.state,
            "kind": run.kind,
            "date": date,
            "took": took,
        }

    def rank(self, key: Any, order: str) -> Any:
        """The longest first, or by state."""
        run = self.model.by_id[key].run
        return -(run.length_s(self.ui.now()) or 0.0) if order == "took" else (run.state, -run.id)

    def heads(self, width: int) -> list[Row]:
        """The columns."""
        return [Table(COLUMNS, width).head()]

    def item(self, key: Any, width: int) -> Row:
        """A run."""
        run, table, now, zone = self.model.by_id[key].run, Table(COLUMNS, width), self.ui.now(), self.ui.zone
        if run.state == "running":
            self.is_ticking = True
        state: list[Piece] = [(glyph(run.state), f"state-{run.state}"), (f" {run.state}", f"state-{run.state}")]
        if run.state == "success" and run.had_failures:
            state.append((" !", "warn"))
        return joined(
            table.cell("run", str(run.id), "dim"),
            table.cell("date", moment(run.logical_date, zone)),
            table.pieces("state", *state),
            table.cell("took", length(run.length_s(now))),
            table.cell("kind", run.kind, "dim"),
            table.cell("started", when(run.started_at, now, zone), "dim"),
            table.cell("ended", when(run.ended_at, now, zone), "dim"),
        )

    def moved(self) -> None:
        """Near the end, older ones are asked for."""
        model = self.model
        if self.picking.at > len(self.picking.keys) - NEAR_END and not model.has_all and not model.wants_more:
            model.wants_more = True
            self.ui.reader.wake()

    def opened(self, key: Any) -> None:
        """Into the run."""
        self.ui.go(Place("run", str(key)))
