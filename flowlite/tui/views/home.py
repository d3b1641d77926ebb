"""Home: every DAG with its last runs, and what needs a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal

from flowlite.tui.model.needs import Failing, needs
from flowlite.tui.places import Place
from flowlite.tui.rows import Piece
from flowlite.tui.views.view import View
from flowlite.tui.widgets.canvas import Canvas
from flowlite.tui.widgets.dag_list import DagList
from flowlite.tui.widgets.needs_list import NeedsList
from flowlite.tui.widgets.preview import Preview

WIDE = 100


class HomeList(DagList):
    """Whose preview stands beside it. At first the cursor is on what needs a person most."""

    _is_fresh = True

    def items(self) -> Sequence[str]:
        """By name."""
        found = super().items()
        if found and self._is_fresh:
            self._is_fresh = False
            worst = next((need.dag.id for need in needs(self.ui.world) if isinstance(need, Failing)), None)
            if worst is not None:
                self.picking.find(worst)
        return found

    def moved(self) -> None:
        """The preview is about what is under the cursor."""
        preview = self.screen.query_one(Preview)
        preview.about = self.picking.key
        preview.renew()


class Home(View):
    """The list and the preview above, what needs a person below."""

    scopes: ClassVar[tuple[str, ...]] = ("home",)

    def compose(self) -> ComposeResult:
        """Three panes."""
        with Horizontal():
            yield HomeList("dags")
            yield Preview("preview")
        yield NeedsList("needs")

    def show(self, place: Place) -> None:
        """There is but one."""
        super().show(place)
        self.set_sizes(self.app.size.width, self.app.size.height)

    def on_resize(self, event: events.Resize) -> None:
        """What has room."""
        self.set_sizes(self.app.size.width, self.app.size.height)

    def set_sizes(self, width: int, height: int) -> None:
        """The preview is there from 100 columns on; the strip grows with the screen."""
        preview = self.query_one(Preview)
        preview.display = width >= WIDE
        preview.styles.width = max(38, width * 2 // 5)
        self.query_one(NeedsList).most = 2 if height < 30 else 4 if height < 50 else 8

    def crumbs(self) -> list[Piece]:
        """Home is where `flowlite` stands."""
        return []

    def canvases(self) -> list[Canvas]:
        """In the order of tab."""
        return [canvas for canvas in super().canvases() if canvas.can_focus]
