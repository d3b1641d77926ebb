"""A run: why it failed on top, its tasks at the left, the log of the one under the cursor at the right. It opens on the
first failure."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Container, Horizontal

from flowlite.tui.format import length, when
from flowlite.tui.glyphs import glyph
from flowlite.tui.places import Place
from flowlite.tui.rows import Piece
from flowlite.tui.views.view import View
from flowlite.tui.widgets.run_head import RunHead, tally
from flowlite.tui.widgets.task_tree import TaskTree

WIDE = 100


class RunView(View):
    """`show` is at `run/NUMBER[/TASK]`."""

    scopes: ClassVar[tuple[str, ...]] = ("run",)

    def compose(self) -> ComposeResult:
        """Head, tree, log."""
        yield RunHead("run-head")
        with Horizontal():
            yield TaskTree("tree")
            yield Container(id="log")

    def show(self, place: Place) -> None:
        """Be about this run."""
        super().show(place)
        run = int(place.of)
        self.query_one(RunHead).about = run
        self.query_one(TaskTree).show(run, place.part)
        self.set_sizes(self.app.size.width, self.app.size.height)

    def on_resize(self, event: events.Resize) -> None:
        """What has room."""
        self.set_sizes(event.size.width, event.size.height)

    def set_sizes(self, width: int, height: int) -> None:
        """The log stands beside the tree from 100 columns on; the head grows with the screen."""
        log = self.query_one("#log")
        log.display = False
        self.query_one(RunHead).most = 2 if height < 30 else 4

    def crumbs(self) -> list[Piece]:
        """DAG and run; where there is little room, also how it is."""
        model = self.ui.reader.run(int(self.place.of))
        found: list[Piece] = []
        if model.dag_id:
            found.append((model.dag_id, "text", f"place:dag/{model.dag_id}"))
        found.append((f"run {self.place.of}", "strong"))
        if model.is_known:
            found[-1] = (f"run {self.place.of}  {when(model.logical_date, self.ui.now(), self.ui.zone)}", "strong")
        return found


def short_state(view: RunView) -> list[Piece]:
    """For the first line: `✗ failed 14m31s 43✓ 1✗`."""
    model = view.ui.reader.run(int(view.place.of))
    taken = None if model.started_at is None else (model.ended_at or view.ui.now()) - model.started_at
    return [(f"{glyph(model.state)} {model.state} {length(taken)} ", f"state-{model.state}"), *tally(model)]
