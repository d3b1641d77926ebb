"""A run: why it failed on top, its tasks at the left, the log of the one under the cursor at the right. It opens on the
first failure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal

from flowlite.tui.format import length, when
from flowlite.tui.glyphs import glyph
from flowlite.tui.model.run import Instance
from flowlite.tui.picture import Row
from flowlite.tui.places import Place
from flowlite.tui.rows import Piece
from flowlite.tui.views.view import View
from flowlite.tui.widgets.canvas import Canvas
from flowlite.tui.widgets.log_view import LogView
from flowlite.tui.widgets.run_head import RunHead, tally
from flowlite.tui.widgets.task_tree import TaskTree

WIDE = 100


class RunTree(TaskTree):
    """Whose log stands beside it."""

    def moved(self) -> None:
        """The log is that of what is under the cursor."""
        self.screen.query_one(LogView).renew()

    def opened(self, key: Any) -> None:
        """Its log; a group is folded."""
        view = self.ui.view
        if key.kind == "group" or (key.kind == "task" and self.model.by_id[key.id].elements is not None):
            self.fold()
        elif isinstance(view, RunView):
            view.to_log()


class RunLog(LogView):
    """Of what is under the cursor of the tree."""

    def draw(self, width: int, height: int) -> Sequence[Row]:
        """As it is now."""
        tree = self.screen.query_one(RunTree)
        tree.keys()  # it may never have been drawn
        found = tree.instance
        self.show(tree.about, None if found is not None and is_map(found) else found)
        return super().draw(width, height)


class RunView(View):
    """`show` is at `run/NUMBER[/TASK]`."""

    scopes: ClassVar[tuple[str, ...]] = ("run",)
    is_zoomed = False

    def compose(self) -> ComposeResult:
        """Head, tree, log."""
        yield RunHead("run-head")
        with Horizontal():
            yield RunTree("tree")
            yield RunLog("log")

    def show(self, place: Place) -> None:
        """Be about this run."""
        super().show(place)
        run = int(place.of)
        tree = self.query_one(RunTree)
        if run != tree.about:
            self.is_zoomed = False
        self.query_one(RunHead).about = run
        tree.show(run, place.part)
        self.set_sizes(self.app.size.width, self.app.size.height)

    def on_resize(self, event: events.Resize) -> None:
        """What has room."""
        self.set_sizes(self.app.size.width, self.app.size.height)

    def set_sizes(self, width: int, height: int) -> None:
        """The log stands beside the tree from 100 columns on; the head grows with the screen."""
        tree, log = self.query_one(RunTree), self.query_one(RunLog)
        tree.display = not self.is_zoomed
        log.display = self.is_zoomed or width >= WIDE
        tree.styles.width = "1fr" if not log.display else max(44, min(72, width * 2 // 5))
        self.query_one(RunHead).most = 2 if height < 30 else 4

    def first(self) -> Canvas | None:
        """The tree, or the log where that is all there is."""
        return self.query_one(RunLog) if self.is_zoomed else self.query_one(RunTree)

    # --- the log ------------------------------------------------------------------------------------------------------
    def zoom(self, *, is_zoomed: bool) -> None:
        """The log over all of the view, or beside the tree."""
        self.is_zoomed = is_zoomed
        self.set_sizes(self.app.size.width, self.app.size.height)
        self.to_log()

    def no_log(self) -> str:
        """Why what is under the cursor has none; "": it may have one."""
        key = self.query_one(RunTree).picking.key
        if key is not None and key.kind == "group":
            return f"{key.id} is a group: put the cursor on one of its tasks to read its log"
        found = self.query_one(RunTree).instance
        if found is not None and is_map(found):
            return f"{found.name} is a map: ⏎ opens it, each of its elements has a log"
        return ""

    def to_log(self) -> None:
        """The keys go to the log; where it has no room beside the tree, it takes its place."""
        log = self.query_one(RunLog)
        if not log.display:
            self.is_zoomed = True
            self.set_sizes(self.app.size.width, self.app.size.height)
        log.focus(scroll_visible=False)

    def leave_log(self) -> None:
        """The keys go back to the tree."""
        self.is_zoomed = False
        self.set_sizes(self.app.size.width, self.app.size.height)
        self.query_one(RunTree).focus(scroll_visible=False)

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


def is_map(found: Instance) -> bool:
    """Whether it stands for elements, which have the logs."""
    return found.index < 0 and found.task.elements is not None


def short_state(view: RunView) -> list[Piece]:
    """For the first line: `✗ failed 14m31s 43✓ 1✗`."""
    model = view.ui.reader.run(int(view.place.of))
    taken = None if model.started_at is None else (model.ended_at or view.ui.now()) - model.started_at
    return [(f"{glyph(model.state)} {model.state} {length(taken)} ", f"state-{model.state}"), *tally(model)]
