"""A DAG: its grid, its graph, a run of it over time, its trends, its runs, its code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Container, Horizontal

from flowlite.tui.format import plural, when
from flowlite.tui.places import Place
from flowlite.tui.rows import Piece
from flowlite.tui.views.view import View
from flowlite.tui.widgets.canvas import Canvas
from flowlite.tui.widgets.code import Code
from flowlite.tui.widgets.dag_canvas import DagCanvas
from flowlite.tui.widgets.gantt_view import GanttView
from flowlite.tui.widgets.grid_aside import GridAside
from flowlite.tui.widgets.of_run import OfRun
from flowlite.tui.widgets.run_grid import RunGrid
from flowlite.tui.widgets.run_list import RunList
from flowlite.tui.widgets.tabs import Tabs
from flowlite.tui.widgets.trends_view import TrendsView

WIDE = 116


class DagView(View):
    """`show` is at `dag/ID[/TAB]`."""

    scopes: ClassVar[tuple[str, ...]] = ("dag",)
    TABS: ClassVar[Mapping[str, Callable[[], Canvas]]] = {
        "grid": lambda: RunGrid("grid"),
        "graph": lambda: DagCanvas("graph"),
        "gantt": lambda: GanttView("gantt"),
        "trends": lambda: TrendsView("trends"),
        "runs": lambda: RunList("runs"),
        "code": lambda: Code("code"),
    }

    def __init__(self) -> None:
        super().__init__()
        self.panes: dict[str, Canvas] = {}
        self.tab = "grid"

    def compose(self) -> ComposeResult:
        """The tabs, and below them what is chosen."""
        yield Tabs(tuple(self.TABS), self.choose, self.aside)
        with Horizontal():
            yield Container(id="tab")
            yield GridAside("grid-aside")

    def show(self, place: Place) -> None:
        """Be about this DAG, at this tab."""
        super().show(place)
        self.tab = place.part if place.part in self.TABS else self.tab
        self.query_one(Tabs).here = self.tab
        if self.tab not in self.panes:
            self.panes[self.tab] = self.TABS[self.tab]()
            self.query_one("#tab").mount(self.panes[self.tab])
        for name, pane in self.panes.items():
            pane.display = name == self.tab
            if isinstance(pane, Code | RunList):
                pane.about = place.of
        grid = self.panes.get("grid")
        if isinstance(grid, RunGrid):
            grid.show(place.of)
        pane = self.panes[self.tab]
        if isinstance(pane, OfRun):
            pane.show(place.of, self.run_in_grid(place.of))
        elif isinstance(pane, TrendsView):
            pane.show(place.of)
        self.set_sizes(self.app.size.width)
        self.call_after_refresh(self.panes[self.tab].focus, scroll_visible=False)

    def run_in_grid(self, dag_id: str) -> int | None:
        """The one under the cursor of the grid; None: the newest, or there is no grid yet."""
        grid = self.panes.get("grid")
        runs = self.ui.world.dags[dag_id].runs if dag_id in self.ui.world.dags else []
        chosen = grid.runs.key if isinstance(grid, RunGrid) and grid.about == dag_id else None
        return None if runs and chosen == runs[0].id else chosen

    def first(self) -> Canvas | None:
        """The tab."""
        return self.panes.get(self.tab)

    def choose(self, tab: str) -> None:
        """Another tab of the same DAG."""
        self.ui.history.become(Place("dag", self.place.of, tab))
        self.ui.run_worker(self.ui.show_place(), group="places")

    def on_resize(self, event: events.Resize) -> None:
        """What has room."""
        self.set_sizes(self.app.size.width)

    def set_sizes(self, width: int) -> None:
        """What is under the cross is told beside the grid."""
        aside = self.query_one(GridAside)
        aside.display = width >= WIDE and self.tab == "grid"
        aside.styles.width = max(40, width // 4)

    def crumbs(self) -> list[Piece]:
        """The DAG."""
        dag = self.ui.world.dags.get(self.place.of)
        found: list[Piece] = [(self.place.of, "strong")]
        if dag is not None and dag.is_paused:
            found.append((" paused", "warn"))
        return found

    def aside(self, room: int) -> list[Piece]:
        """How many runs, when the next is due."""
        dag = self.ui.world.dags.get(self.place.of)
        if dag is None:
            return []
        said = [plural(sum(dag.counts.values()), "run")]
        if dag.schedule and room > 50:
            said.append(dag.schedule)
        if dag.next_due_at and not dag.is_paused:
            said.append(f"next {when(dag.next_due_at, self.ui.now(), self.ui.zone)}")
        text = " · ".join(said)
        return [(text, "dim")] if len(text) <= room else []
