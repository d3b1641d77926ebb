"""Pools: how full each is, who waits; and for the one under the cursor who holds it and the line in front of it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, ClassVar

from flowlite.tui.format import clock, length, middle
from flowlite.tui.glyphs import glyph
from flowlite.tui.model.needs import fullest
from flowlite.tui.model.world import Pool
from flowlite.tui.picture import Row
from flowlite.tui.places import Place
from flowlite.tui.rows import Column, Line, Piece, Table, bar, joined, on_rule
from flowlite.tui.telling import instance_name
from flowlite.tui.widgets.asked_list import AskedList, Told
from flowlite.tui.widgets.canvas import Canvas
from flowlite.tui.widgets.listing import Listing

POOLS = (
    Column("pool", 10, 24), Column("bar", 12, 24, title="used"), Column("used", 7, 9, "right", title=""),
    Column("queued", 6, 8, "right", title="in line"), Column("by", 7, 7, rank=1, title=""),
)  # fmt: skip
MOST = 200


class PoolList(Listing):
    """Every pool, by name."""

    scopes: ClassVar[tuple[str, ...]] = ("pools", "list")
    what = "Pools"
    nothing = "no pool is known yet"
    facts: ClassVar[tuple[str, ...]] = ("name", "used", "queued")
    orders: ClassVar[tuple[str, ...]] = ("name", "used", "in line")

    _is_fresh = True

    def items(self) -> Sequence[str]:
        """Their names. At first the cursor is on that for which most wait."""
        found = sorted(self.ui.world.pools)
        if found and self._is_fresh:
            self._is_fresh = False
            if (full := fullest(self.ui.world)) is not None and not self.picking.is_touched:
                self.picking.find(full[0])
        return found

    @property
    def pool(self) -> Pool:
        """What is under the cursor. Raises KeyError."""
        return self.ui.world.pools[str(self.picking.key)]

    def facts_of(self, key: Any) -> Mapping[str, Any]:
        """For filters."""
        pool = self.ui.world.pools[key]
        return {"name": key, "used": pool.used, "queued": pool.queued}

    def rank(self, key: Any, order: str) -> Any:
        """The fullest first."""
        pool = self.ui.world.pools[key]
        return -(pool.used / pool.size if pool.size else 1.0) if order == "used" else -pool.queued

    def heads(self, width: int) -> list[Row]:
        """The columns."""
        return [Table(POOLS, width).head()]

    def item(self, key: Any, width: int) -> Row:
        """A pool."""
        pool, table = self.ui.world.pools[key], Table(POOLS, width)
        full, rest = bar(pool.used, pool.size, table.wide("bar"))
        is_full = pool.used >= pool.size
        return joined(
            table.cell("pool", key, is_name=True),
            table.pieces("bar", (full, "bar-warn" if is_full and pool.queued else "bar"), (rest, "bar-rest")),
            table.cell("used", f"{pool.used}/{pool.size}", "strong" if is_full else "text"),
            table.cell("queued", f"{pool.queued:,}" if pool.queued else "·", "warn" if pool.queued else "faint"),
            table.cell("by", "by hand" if pool.is_by_hand else "", "dim"),
        )

    def moved(self) -> None:
        """The line is about another."""
        self.ui.heard()

    def opened(self, key: Any) -> None:
        """Its line."""
        found = next(iter(self.screen.query(QueueList)), None)
        if found is not None and found.display:
            found.focus(scroll_visible=False)


class OfPool(Canvas):
    """What a pool list of the same view has under its cursor."""

    def pool(self) -> str | None:
        """Its name."""
        found = next(iter(self.screen.query(PoolList)), None)
        return None if found is None else found.picking.key

    def told(self) -> Told | None:
        """Holders and line; asked for again as tasks move."""
        name = self.pool()
        if name is None:
            return None
        found = self.ui.lookups.look("queue", stamp=self.ui.world.moves, every_s=1.0, name=name, limit=MOST)
        return found.value  # type: ignore[no-any-return]


class Holders(OfPool):
    """Who has the slots, the longest first."""

    def draw(self, width: int, height: int) -> Sequence[Row]:
        """A line for each."""
        told, now = self.told(), self.ui.now()
        holders = () if told is None else told["holders"]
        title = Line(width).skip().put(f"Slots of {self.pool() or ''}", "title-idle").put(f" {len(holders)}", "dim").row
        rows = [on_rule(title, width)]
        for one in holders[: height - 1]:
            self.is_ticking = True
            rows.append(self.holder(one, now, width))
        return rows

    def holder(self, one: Told, now: float, width: int) -> Row:
        """Who, since when, how long it usually takes."""
        name = f"{one['dag_id']}.{instance_name(one['task_id'], one['map_index'])}"
        taken, p95 = now - one["since"], one["p95_s"]
        line = Line(width).skip(2).put(f"{glyph('running')} ", "state-running").put(middle(name, max(8, width - 30)))
        is_slow = p95 is not None and taken > max(1.0, p95)
        right: list[Piece] = [(f"{length(taken):>7}", "warn" if is_slow else "text")]
        right.append((f"{length(p95):>8}" if p95 else " " * 8, "faint"))
        slots: list[Piece] = [(f"  {one['slots']} slots", "dim")] if one["slots"] > 1 else []
        return line.right(*slots, *right, margin=1).row


class QueueList(AskedList):
    """The line in front of a pool, in the order in which they start."""

    scopes: ClassVar[tuple[str, ...]] = ("queue", "list")
    what = "In line"
    nothing = "nobody waits for a slot"
    facts: ClassVar[tuple[str, ...]] = ("name", "dag", "task", "run", "priority", "waited")
    verb = "queue"
    columns = (
        Column("place", 4, 5, "right", title="#"), Column("task", 18, 60), Column("run", 5, 7, "right", rank=3),
        Column("priority", 4, 6, "right", rank=2, title="pri"), Column("waited", 7, 7, "right"),
        Column("start", 8, 8, "right", rank=1, title="start ~"),
    )  # fmt: skip

    def answers(self) -> Sequence[Told]:
        """Of the pool under the cursor of the other list."""
        found = next(iter(self.screen.query(Holders)), None)
        told = None if found is None else found.told()
        self.queued = 0 if told is None else told["queued"]
        return () if told is None else told["line"]

    def key_of(self, one: Told) -> Hashable:
        """Run, task, element."""
        return one["run_id"], one["task_id"], one["map_index"]

    def facts_of(self, key: Any) -> Mapping[str, Any]:
        """For filters."""
        one = self.by_key[key]
        return {
            "name": one["task_id"], "dag": one["dag_id"], "task": one["task_id"], "run": one["run_id"],
            "priority": one["priority"], "waited": self.ui.now() - one["since"],
        }  # fmt: skip

    def aside(self, width: int) -> list[Piece]:
        """Where not all are shown."""
        return (
            [(f"the first {len(self.by_key):,} of {self.queued:,}", "warn")] if self.queued > len(self.by_key) else []
        )

    def cells(self, one: Told, table: Table) -> Row:
        """Place, who, since when, until when."""
        self.is_ticking = True
        now, zone = self.ui.now(), self.ui.zone
        name = f"{one['dag_id']}.{instance_name(one['task_id'], one['map_index'])}"
        kind: list[Piece] = [(" backfill", "dim")] if one["is_backfill"] else []
        start = one["expected_at"]
        return joined(
            table.cell("place", str(one["place"]), "dim"),
            table.pieces("task", (middle(name, max(8, table.wide("task") - 9 * len(kind))), "text"), *kind),
            table.cell("run", str(one["run_id"]), "dim"),
            table.cell("priority", str(one["priority"])),
            table.cell("waited", length(now - one["since"])),
            table.cell("start", "" if start is None else "now" if start <= now else clock(start, zone)[:5], "text"),
        )

    def empty(self, width: int) -> Row:
        """Nobody."""
        return Line(width).skip(2).put(self.nothing, "dim").row

    def opened(self, key: Any) -> None:
        """The run, at the task."""
        self.ui.go(Place("run", str(key[0]), instance_name(key[1], key[2])))
