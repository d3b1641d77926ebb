"""The list of backfills, and the board of one."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult

from flowlite.tui.places import Place
from flowlite.tui.rows import Piece
from flowlite.tui.views.view import View
from flowlite.tui.widgets.backfill_list import BackfillList
from flowlite.tui.widgets.board import Board


class Backfills(View):
    """All of them."""

    def compose(self) -> ComposeResult:
        """One list."""
        yield BackfillList("backfill-list")


class BackfillView(View):
    """`show` is at `backfill/NUMBER`."""

    scopes: ClassVar[tuple[str, ...]] = ()

    def compose(self) -> ComposeResult:
        """The board."""
        yield Board("board")

    def show(self, place: Place) -> None:
        """Be about this backfill."""
        super().show(place)
        self.query_one(Board).show(int(place.of))

    def crumbs(self) -> list[Piece]:
        """The list, the DAG, the number."""
        model = self.ui.reader.backfill(int(self.place.of))
        found: list[Piece] = [("backfills", "text", "place:backfills")]
        if model.is_known:
            found.append((model.told["dag_id"], "text", f"place:dag/{model.told['dag_id']}"))
        return [*found, (f"backfill {self.place.of}", "strong")]
