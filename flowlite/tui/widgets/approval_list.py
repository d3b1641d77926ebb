"""What waits for a person: the question, since when, who may answer."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, ClassVar

from flowlite.tui.format import length
from flowlite.tui.glyphs import glyph
from flowlite.tui.picture import Row
from flowlite.tui.places import Place
from flowlite.tui.rows import Column, Table, joined
from flowlite.tui.telling import instance_name
from flowlite.tui.widgets.asked_list import AskedList, Told


class ApprovalList(AskedList):
    """Enter goes to the run that waits."""

    scopes: ClassVar[tuple[str, ...]] = ("approvals", "list")
    what = "Approvals"
    nothing = "nothing waits for a person"
    facts: ClassVar[tuple[str, ...]] = ("name", "dag", "task", "run")
    verb = "approvals"
    columns = (
        Column("dag", 14, 28), Column("task", 12, 28, rank=3), Column("question", 20, 80),
        Column("run", 5, 7, "right", rank=2), Column("waits", 7, 7, "right"),
        Column("until", 9, 12, "right", rank=1, title="gives up"), Column("who", 10, 24, rank=4, title="may answer"),
    )  # fmt: skip

    def stamp(self) -> Hashable:
        """What waits is known by the world."""
        return tuple(self.ui.world.questions)

    def key_of(self, one: Told) -> Hashable:
        """As a place says it."""
        return f"{one['run_id']} {one['task_id']} {one['map_index']}"

    def facts_of(self, key: Any) -> Mapping[str, Any]:
        """For filters."""
        one = self.by_key[key]
        return {"name": one["question"], "dag": one["dag_id"], "task": one["task_id"], "run": one["run_id"]}

    def cells(self, one: Told, table: Table) -> Row:
        """Whose, what, since when."""
        self.is_ticking = True
        now = self.ui.now()
        until = one["wait_until"]
        return joined(
            table.cell("dag", one["dag_id"], is_name=True),
            table.pieces(
                "task",
                (f"{glyph('waiting')} ", "state-waiting"),
                (instance_name(one["task_id"], one["map_index"]), "text"),
            ),
            table.cell("question", one["question"] or "(its DAG file is gone)", "strong"),
            table.cell("run", str(one["run_id"]), "dim"),
            table.cell("waits", length(now - one["since"])),
            table.cell("until", f"in {length(max(0.0, until - now))}" if until else "never", "dim"),
            table.cell("who", ", ".join(one["approvers"]) or "anybody", "dim"),
        )

    def opened(self, key: Any) -> None:
        """The run."""
        one = self.by_key[key]
        self.ui.go(Place("run", str(one["run_id"]), instance_name(one["task_id"], one["map_index"])))
