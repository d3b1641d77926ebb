"""Home: every DAG with its last runs, and what needs a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual.app import ComposeResult

from flowlite.tui.format import length, when
from flowlite.tui.glyphs import glyph
from flowlite.tui.model.world import Dag, Run
from flowlite.tui.picture import Row
from flowlite.tui.places import Place
from flowlite.tui.rows import BLANK, Column, Line, Piece, Table, joined
from flowlite.tui.views.view import View
from flowlite.tui.widgets.listing import Listing

if TYPE_CHECKING:
    from flowlite.tui.app import FlowliteApp

COLUMNS = (
    Column("dag", 16, 44),
    Column("runs", 14, 14, rank=1, title="last runs"),
    Column("run", 6, 8, rank=4),
    Column("state", 11, 14),
    Column("dur", 6, 7, "right", rank=3),
    Column("next", 6, 8, "right", rank=2),
)


class DagList(Listing):
    """One line a DAG."""

    scopes: ClassVar[tuple[str, ...]] = ("home", "list")
    nothing = "no DAG yet: put a file into the DAG folder, or make one with `flowlite init`"

    @property
    def ui(self) -> FlowliteApp:
        """The application."""
        return cast("FlowliteApp", self.app)

    def keys(self) -> Sequence[str]:
        """By name."""
        return list(self.ui.world.dags)

    def title(self, width: int) -> Row:
        """How many."""
        return Line(width).skip().pieces(*self.counted("DAGs")).row

    def heads(self, width: int) -> list[Row]:
        """The columns."""
        return [Table(COLUMNS, width).head()]

    def item(self, key: Any, width: int) -> Row:
        """A DAG."""
        dag, table, now = self.ui.world.dags[key], Table(COLUMNS, width), self.ui.now()
        last = dag.last
        if last is not None and last.state == "running":
            self.is_ticking = True
        return joined(
            table.cell("dag", dag.id, "dim" if dag.is_paused else "text", is_name=True),
            table.pieces("runs", *last_runs(dag, table.wide("runs"))),
            table.cell("run", when(last.logical_date, now, self.ui.zone) if last else "", "dim"),
            table.pieces("state", *state_of(dag, last)),
            table.cell("dur", length(last.length_s(now)) if last else "", "text"),
            table.cell("next", "paused" if dag.is_paused else when(dag.next_due_at, now, self.ui.zone), "dim"),
        )

    def opened(self, key: Any) -> None:
        """Its last run if that has failed, else the DAG."""
        self.ui.go(Place("dag", key))


def last_runs(dag: Dag, width: int) -> list[Piece]:
    """A sign for each, the newest at the right."""
    shown = dag.runs[:width][::-1]
    blank: list[Piece] = [(" " * (width - len(shown)), "text")] if len(shown) < width else []
    return [*blank, *((glyph(run.state), f"state-{run.state}") for run in shown)]


def state_of(dag: Dag, last: Run | None) -> list[Piece]:
    """Of its last run."""
    if last is None:
        return [("never ran", "dim")]
    sign: Piece = (glyph(last.state), f"state-{last.state}")
    if last.state == "failed" and (number := len(dag.failing())) > 1:
        return [sign, (f" {number} in a row", "error")]
    if last.state == "success":
        return [sign, (" had failures", "warn")] if last.had_failures else [sign]
    return [sign, (f" {last.state}", f"state-{last.state}")]


class Needs(Listing):
    """What needs a person: the worst first."""

    has_title = False
    scopes: ClassVar[tuple[str, ...]] = ("list",)
    DEFAULT_CSS = "Needs { height: 3; }"

    def keys(self) -> Sequence[str]:
        """Nothing yet."""
        return ()

    def draw(self, width: int, height: int) -> Sequence[Row]:
        """Nothing yet."""
        return [BLANK]


class Home(View):
    """The list above, what needs a person below."""

    scopes: ClassVar[tuple[str, ...]] = ("view-home",)

    def compose(self) -> ComposeResult:
        """Two panes."""
        yield DagList("dags")

    def crumbs(self) -> list[Piece]:
        """Home is where `flowlite` stands."""
        return []
