"""The assets: who makes each, when it was new last, which DAGs wait for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from flowlite.tui.format import length, when
from flowlite.tui.picture import Row
from flowlite.tui.places import Place
from flowlite.tui.rows import Column, Table, joined
from flowlite.tui.widgets.asked_list import Told
from flowlite.tui.widgets.listing import Listing

COLUMNS = (
    Column("asset", 16, 40),
    Column("new", 8, 8, title="new at"),
    Column("age", 7, 7, "right", rank=2),
    Column("by", 18, 40, rank=3, title="made by"),
    Column("waits", 14, 50, rank=1, title="starts"),
)


class AssetList(Listing):
    """Enter goes to the run that made it."""

    scopes: ClassVar[tuple[str, ...]] = ("assets", "list")
    what = "Assets"
    nothing = "no DAG makes or waits for an asset: outlets=[Asset(...)] makes one, schedule=Asset(...) waits for it"
    facts: ClassVar[tuple[str, ...]] = ("name", "by", "starts")

    def updates(self) -> Mapping[str, Told]:
        """The latest update of each."""
        found = self.ui.lookups.look("assets", stamp=self.ui.world.turns, every_s=1.0).value or ()
        return {one["asset"]: one for one in found}

    def items(self) -> Sequence[str]:
        """Every asset that is made, awaited or was updated, by name."""
        dags = self.ui.world.dags.values()
        self.makers = {name: [dag.id for dag in dags if name in dag.makes] for dag in dags for name in dag.makes}
        self.waiters = {
            name: [dag.id for dag in dags if name in dag.waits_for] for dag in dags for name in dag.waits_for
        }
        self.latest = self.updates()
        return sorted({*self.makers, *self.waiters, *self.latest})

    def facts_of(self, key: Any) -> Mapping[str, Any]:
        """For filters."""
        return {"name": key, "by": self.makers.get(key, ()), "starts": self.waiters.get(key, ())}

    def heads(self, width: int) -> list[Row]:
        """The columns."""
        return [Table(COLUMNS, width).head()]

    def item(self, key: Any, width: int) -> Row:
        """One asset."""
        table, now, zone, last = Table(COLUMNS, width), self.ui.now(), self.ui.zone, self.latest.get(key)
        if last is not None:
            self.is_ticking = True
            by = f"{last['dag_id']}.{last['task_id']}  run {last['run_id']}" if last["run_id"] else "by hand"
        else:
            by = ", ".join(self.makers.get(key, ())) or "nothing"
        return joined(
            table.cell("asset", key, is_name=True),
            table.cell("new", when(last["at"], now, zone) if last else "never", "text" if last else "dim"),
            table.cell("age", length(now - last["at"]) if last else "", "dim"),
            table.cell("by", by, "dim"),
            table.cell("waits", ", ".join(self.waiters.get(key, ())) or "–"),
        )

    def opened(self, key: Any) -> None:
        """The run that made it; else the DAG that does."""
        last = self.latest.get(key)
        if last is not None and last["run_id"]:
            self.ui.go(Place("run", str(last["run_id"]), last["task_id"] or ""))
        elif makers := self.makers.get(key):
            self.ui.go(Place("dag", makers[0]))
