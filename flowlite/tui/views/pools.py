"""Pools: all of them, who holds the one under the cursor, and the line in front of it."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from flowlite.tui.places import Place
from flowlite.tui.rows import Piece
from flowlite.tui.views.view import View
from flowlite.tui.widgets.pool_list import Holders, PoolList, QueueList
from flowlite.tui.widgets.vrule import VRule

WIDE = 120


class Pools(View):
    """Beside each other where there is room."""

    scopes: ClassVar[tuple[str, ...]] = ()
    DEFAULT_CSS = """
    Pools #pools-left { width: 1fr; height: 1fr; }
    Pools #pools-body { height: 1fr; }
    Pools.-narrow #pools-body { layout: vertical; }
    Pools.-narrow #pools-rule { display: none; }
    """

    def compose(self) -> ComposeResult:
        """Three panes."""
        with Horizontal(id="pools-body"):
            with Vertical(id="pools-left"):
                yield PoolList("pool-list")
                yield Holders("holders")
            yield VRule("pools-rule")
            yield QueueList("queue-list")

    def show(self, place: Place) -> None:
        """At a pool."""
        super().show(place)
        self.set_class(self.app.size.width < WIDE, "-narrow")
        if place.of:
            self.query_one(PoolList).picking.find(place.of)

    def on_resize(self, event: events.Resize) -> None:
        """What has room."""
        self.set_class(self.app.size.width < WIDE, "-narrow")

    def crumbs(self) -> list[Piece]:
        """Its name."""
        return [("pools", "strong")]
