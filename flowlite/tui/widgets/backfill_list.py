"""The backfills, the newest first."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, ClassVar

from flowlite.tui.format import moment, percent
from flowlite.tui.glyphs import glyph
from flowlite.tui.picture import Row
from flowlite.tui.places import Place
from flowlite.tui.rows import Column, Piece, Table, bar, joined
from flowlite.tui.widgets.asked_list import AskedList, Told

SIGNS = {"paused": "skipped"}


class BackfillList(AskedList):
    """Enter goes to its board."""

    scopes: ClassVar[tuple[str, ...]] = ("backfill", "list")
    what = "Backfills"
    nothing = "no backfill yet; b on a DAG plans one"
    facts: ClassVar[tuple[str, ...]] = ("name", "dag", "state", "by")
    verb = "backfills"
    columns = (
        Column("id", 4, 5, "right", title="#"), Column("dag", 14, 32), Column("state", 11, 11),
        Column("bar", 18, 30, rank=1, title="done"), Column("runs", 9, 11, "right", rank=2),
        Column("range", 23, 23, rank=3), Column("by", 8, 12, rank=4),
    )  # fmt: skip

    def key_of(self, one: Told) -> Hashable:
        """Its number."""
        return int(one["id"])

    def facts_of(self, key: Any) -> Mapping[str, Any]:
        """For filters."""
        one = self.by_key[key]
        return {
            "name": f"{one['id']} {one['dag_id']}",
            "dag": one["dag_id"],
            "state": one["state"],
            "by": one["asked_by"],
        }

    def cells(self, one: Told, table: Table) -> Row:
        """Number, DAG, how far."""
        counts, zone = one["counts"], self.ui.zone
        total = sum(counts.values())
        done = total - counts.get("queued", 0) - counts.get("running", 0)
        full, rest = bar(done, total, max(4, table.wide("bar") - 6))
        name = str(one["state"])
        state: list[Piece] = [(f"{glyph(SIGNS.get(name, name))} {name}", role_of(name))]
        return joined(
            table.cell("id", str(one["id"]), "dim"),
            table.cell("dag", one["dag_id"], is_name=True),
            table.pieces("state", *state),
            table.pieces("bar", (full, bar_role(counts)), (rest, "bar-rest"), (f" {percent(done, total):>5}", "text")),
            table.cell("runs", f"{done:,}/{total:,}", "dim"),
            table.cell("range", f"{moment(one['starts_at'], zone)[:10]}..{moment(one['ends_at'], zone)[:10]}", "dim"),
            table.cell("by", one["asked_by"], "dim"),
        )

    def opened(self, key: Any) -> None:
        """Its board."""
        self.ui.go(Place("backfill", str(key)))


def role_of(state: str) -> str:
    """How the state of a backfill looks."""
    return "warn" if state == "paused" else f"state-{state}"


def bar_role(counts: Mapping[str, int]) -> str:
    """Something failed, or nothing has yet."""
    return "bar-bad" if counts.get("failed") else "bar"
