"""The list of DAGs: last runs, the state of the newest, how long it took, when the next is due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from flowlite.tui.format import length, when
from flowlite.tui.glyphs import glyph
from flowlite.tui.model.world import Dag, Run
from flowlite.tui.picture import Row
from flowlite.tui.places import Place
from flowlite.tui.rows import Column, Piece, Table, joined
from flowlite.tui.widgets.listing import Listing

COLUMNS = (
    Column("dag", 16, 40),
    Column("runs", 14, 30, rank=1, title="last runs"),
    Column("run", 8, 8, rank=4),
    Column("state", 13, 15),
    Column("took", 6, 7, "right", rank=3),
    Column("next", 6, 8, "right", rank=2),
)
WORST_FIRST = ("failed", "running", "queued", "cancelled", "success", "")


class DagList(Listing):
    """One line a DAG."""

    scopes: ClassVar[tuple[str, ...]] = ("dags", "list")
    what = "DAGs"
    nothing = "no DAG yet: put a file into the DAG folder, or run `flowlite init`"
    facts: ClassVar[tuple[str, ...]] = ("name", "dag", "state", "tag", "owner", "took", "is", "in_a_row")
    orders: ClassVar[tuple[str, ...]] = ("name", "state", "newest", "took", "next")

    def items(self) -> Sequence[str]:
        """By name."""
        return list(self.ui.world.dags)

    def facts_of(self, key: Any) -> Mapping[str, Any]:
        """For filters."""
        dag = self.ui.world.dags[key]
        last = dag.last
        is_ = [word for word, holds in (("paused", dag.is_paused), ("gone", not dag.is_declared)) if holds]
        return {
            "name": dag.id, "dag": dag.id, "state": last.state if last else "none", "tag": dag.tags, "owner": dag.owner,
            "took": last.length_s(self.ui.now()) if last else None, "is": is_ or ["active"],
            "in_a_row": len(dag.failing()),
        }  # fmt: skip

    def rank(self, key: Any, order: str) -> Any:
        """For sorting."""
        dag = self.ui.world.dags[key]
        last = dag.last
        match order:
            case "state":
                return WORST_FIRST.index(last.state if last else ""), key
            case "newest":
                return -(last.id if last else 0)
            case "took":
                return -((last.length_s(self.ui.now()) if last else None) or 0.0)
            case "next":
                return dag.next_due_at or 1e18 if not dag.is_paused else 1e19
        return key

    def heads(self, width: int) -> list[Row]:
        """The columns."""
        return [Table(COLUMNS, width).head()]

    def item(self, key: Any, width: int) -> Row:
        """A DAG."""
        dag, table, now = self.ui.world.dags[key], Table(COLUMNS, width), self.ui.now()
        last = dag.last
        if last is not None and last.state == "running":
            self.is_ticking = True
        due = "paused" if dag.is_paused else when(dag.next_due_at, now, self.ui.zone)
        return joined(
            table.cell("dag", dag.id, "dim" if dag.is_paused or not dag.is_declared else "text", is_name=True),
            table.pieces("runs", *last_runs(dag, table.wide("runs"))),
            table.cell("run", when(last.logical_date, now, self.ui.zone) if last else "", "dim"),
            table.pieces("state", *state_of(dag, last)),
            table.cell("took", length(last.length_s(now)) if last else ""),
            table.cell("next", due, "dim"),
        )

    def opened(self, key: Any) -> None:
        """Into the DAG."""
        self.ui.go(Place("dag", key))


def last_runs(dag: Dag, width: int) -> list[Piece]:
    """A sign for each, the newest at the right."""
    shown = dag.runs[:width][::-1]
    blank: list[Piece] = [(" " * (width - len(shown)), "text")] if len(shown) < width else []
    found: list[Piece] = []
    for run in shown:
        sign, role = glyph(run.state), f"state-{run.state}"
        if found and found[-1][1] == role:
            found[-1] = (found[-1][0] + sign, role)
        else:
            found.append((sign, role))
    return [*blank, *found]


def state_of(dag: Dag, last: Run | None) -> list[Piece]:
    """Of its last run."""
    if last is None:
        return [("never ran", "dim")] if dag.is_declared else [("gone", "dim")]
    sign: Piece = (glyph(last.state), f"state-{last.state}")
    if last.state == "failed":
        times = len(dag.failing())
        return [sign, (f" {times} in a row" if times > 1 else " failed", "state-failed")]
    if last.state == "success":
        return [sign, (" with failures", "warn")] if last.had_failures else [sign]
    return [sign, (f" {last.state}", f"state-{last.state}")]
