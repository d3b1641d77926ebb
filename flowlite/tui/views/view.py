"""A view: the panes of one kind of place."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.containers import Container
from textual.widget import Widget

from flowlite.tui.places import Place
from flowlite.tui.rows import Piece
from flowlite.tui.widgets.canvas import Canvas

if TYPE_CHECKING:
    from flowlite.tui.app import FlowliteApp


class View(Container):
    """`show` is called whenever somebody goes to a place of its kind, also when it is there already."""

    DEFAULT_CSS = """
    View { width: 1fr; height: 1fr; layout: vertical; }
    View > Horizontal { height: 1fr; }
    """
    scopes: ClassVar[tuple[str, ...]] = ()

    def __init__(self) -> None:
        super().__init__()
        self.place = Place("home")
        self._left: Canvas | None = None  # what the keys went to when it was left

    @property
    def ui(self) -> FlowliteApp:
        """The application."""
        return cast("FlowliteApp", self.app)

    def show(self, place: Place) -> None:
        """Be about this place."""
        self.place = place

    def crumbs(self) -> list[Piece]:
        """Where one is, for the first line."""
        return [(self.place.view, "text")]

    def canvases(self) -> list[Canvas]:
        """Those that can be seen."""
        return [canvas for canvas in self.query(Canvas) if canvas.is_shown]

    def first(self) -> Canvas | None:
        """What the keys go to at first."""
        return next((canvas for canvas in self.query(Canvas) if canvas.can_focus and canvas.display), None)

    def leave(self, focused: Widget | None) -> None:
        """Somebody goes elsewhere: keep what the keys went to."""
        if isinstance(focused, Canvas) and self in focused.ancestors:
            self._left = focused

    def begin(self) -> Canvas | None:
        """What the keys go to: where they went before, or at first."""
        is_there = self._left is not None and self._left.is_attached and self._left.display
        return self._left if is_there else self.first()
