"""What happens, the newest first: what ends, fails and is retried, deadlines, what people do. Fed by the stream that
feeds everything else, and by a look back at what was before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from flowlite.tui.format import clock, when
from flowlite.tui.glyphs import glyph
from flowlite.tui.model.feed import Item
from flowlite.tui.picture import Row
from flowlite.tui.places import Place
from flowlite.tui.rows import Column, Table, joined
from flowlite.tui.widgets.listing import Listing

COLUMNS = (
    Column("at", 8, 8, title="when"),
    Column("what", 12, 14, title=""),
    Column("dag", 14, 28),
    Column("task", 8, 28, rank=1),
    Column("text", 10, 60, rank=2, title=""),
)
ROLES = {"missed": "state-failed", "met": "state-success", "paused": "warn", "loaded": "dim"}


class EventList(Listing):
    """Enter goes to what it is about."""

    scopes: ClassVar[tuple[str, ...]] = ("events", "list")
    stays_on_top = True
    what = "Events"
    nothing = "nothing has happened yet"
    facts: ClassVar[tuple[str, ...]] = ("name", "kind", "state", "dag", "task", "run", "by")

    def items(self) -> Sequence[int]:
        """The numbers of the events, and of what people did."""
        reader = self.ui.reader
        if not reader.wants_history:
            reader.wants_history = True
            reader.wake()
        audit = self.ui.lookups.look("audit", stamp=self.ui.world.turns, every_s=2.0, limit=200).value
        reader.feed.take(audit or ())
        return reader.feed.keys()

    def facts_of(self, key: Any) -> Mapping[str, Any]:
        """For filters."""
        one = self.ui.reader.feed.items[key]
        return {
            "name": f"{one.dag_id} {one.task_id} {one.text}", "kind": one.kind, "state": one.state, "dag": one.dag_id,
            "task": one.task_id, "run": one.run_id, "by": one.by,
        }  # fmt: skip

    def heads(self, width: int) -> list[Row]:
        """The columns."""
        return [Table(COLUMNS, width).head()]

    def item(self, key: Any, width: int) -> Row:
        """One event."""
        one: Item = self.ui.reader.feed.items[key]
        table, now, zone = Table(COLUMNS, width), self.ui.now(), self.ui.zone
        said = when(one.at, now, zone)
        sign = glyph(one.state) or {"missed": "!", "met": "✓"}.get(one.state, "·")
        role = ROLES.get(one.state, f"state-{one.state}" if glyph(one.state) else "dim")
        return joined(
            table.cell("at", clock(one.at, zone) if ":" in said else said, "dim"),
            table.pieces("what", (f"{sign} ", role), (one.word, role)),
            table.cell("dag", one.dag_id, "text", is_name=True),
            table.cell("task", one.task_id, "text", is_name=True),
            table.cell("text", one.text, "dim"),
        )

    def opened(self, key: Any) -> None:
        """Go there."""
        one = self.ui.reader.feed.items[key]
        if one.run_id is not None:
            self.ui.go(Place("run", str(one.run_id), one.task_id))
        elif one.place:
            self.ui.go(one.place)
        elif one.dag_id:
            self.ui.go(Place("dag", one.dag_id))
