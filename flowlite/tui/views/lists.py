"""Views that are one list, with a detail or a second one below."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult

from flowlite.tui.places import Place
from flowlite.tui.rows import Piece
from flowlite.tui.views.view import View
from flowlite.tui.widgets.approval_list import ApprovalList
from flowlite.tui.widgets.asset_list import AssetList
from flowlite.tui.widgets.event_list import EventList
from flowlite.tui.widgets.problem_list import ProblemDetail, ProblemList
from flowlite.tui.widgets.sla_list import SlaList, SlaReport


class Sla(View):
    """Deadlines to come and over; how often each was kept."""

    def compose(self) -> ComposeResult:
        """Two lists."""
        yield SlaList("sla-list")
        yield SlaReport("sla-report")

    def on_resize(self, event: events.Resize) -> None:
        """The second one where there is room."""
        self.query_one(SlaReport).display = self.app.size.height >= 28

    def crumbs(self) -> list[Piece]:
        """Its name."""
        return [("SLA", "strong")]


class Events(View):
    """What happens."""

    def compose(self) -> ComposeResult:
        """One list."""
        yield EventList("event-list")

    def crumbs(self) -> list[Piece]:
        """Its name."""
        return [("events", "strong")]


class Assets(View):
    """Data that DAGs make and wait for."""

    def compose(self) -> ComposeResult:
        """One list."""
        yield AssetList("asset-list")

    def crumbs(self) -> list[Piece]:
        """Its name."""
        return [("assets", "strong")]


class Approvals(View):
    """What waits for a person."""

    scopes: ClassVar[tuple[str, ...]] = ()

    def compose(self) -> ComposeResult:
        """One list."""
        yield ApprovalList("approval-list")

    def show(self, place: Place) -> None:
        """At the question that was gone to."""
        super().show(place)
        if place.of:
            self.query_one(ApprovalList).picking.find(place.of)

    def crumbs(self) -> list[Piece]:
        """Its name."""
        return [("approvals", "strong")]


class Problems(View):
    """DAG files that can't be loaded."""

    def compose(self) -> ComposeResult:
        """A list, and all about one of them."""
        yield ProblemList("problem-list")
        yield ProblemDetail("problem-detail")

    def show(self, place: Place) -> None:
        """At the file that was gone to."""
        super().show(place)
        listing = self.query_one(ProblemList)
        if place.of:
            wanted = next((key for key in listing.items() if key[0] == place.of), None)
            if wanted is not None:
                listing.picking.find(wanted)

    def crumbs(self) -> list[Piece]:
        """Its name."""
        return [("problems", "strong")]
