"""Deadlines: those to come with what is to be expected, those that were met and missed."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, ClassVar

from flowlite.tui.format import length, when
from flowlite.tui.picture import Row
from flowlite.tui.places import Place
from flowlite.tui.rows import Column, Piece, Table, bar, joined
from flowlite.tui.widgets.asked_list import AskedList, Told

AHEAD, OVER = "ahead", "over"
ORDER = ("missed", "late", "at risk", "in time", "to come", "met")
ROLES = {
    "missed": "state-failed", "late": "state-failed", "at risk": "warn", "in time": "state-running", "to come": "dim",
    "met": "state-success",
}  # fmt: skip
SIGNS = {"missed": "✗", "late": "✗", "at risk": "!", "in time": "▸", "to come": "·", "met": "✓"}
BAR = 26


class SlaList(AskedList):
    """First what is to come, the soonest first; then what is over, the latest first."""

    scopes: ClassVar[tuple[str, ...]] = ("sla", "list")
    what = "Deadlines"
    nothing = "no deadline is known: sla= on a DAG or a task declares one"
    facts: ClassVar[tuple[str, ...]] = ("name", "dag", "state", "run")
    verb = "deadlines_ahead"
    columns = (
        Column("state", 9, 9), Column("dag", 14, 30), Column("task", 6, 20, rank=4), Column("due", 6, 8),
        Column("forecast", 12, 34, rank=2, title="expected"), Column("left", 8, 8, "right"),
        Column("why", 11, 40, rank=3, title=""),
    )  # fmt: skip

    def over(self) -> Sequence[Told]:
        """Those that were met or missed."""
        found = self.ui.lookups.look("deadlines", stamp=self.ui.world.turns, every_s=2.0, limit=100)
        return found.value or ()

    def answers(self) -> Sequence[Told]:
        """Both, each with its kind."""
        ahead = [{**one, "is": AHEAD} for one in super().answers()]
        over = [{**one, "is": OVER} for one in self.over()]
        return [*ahead, *over]

    def key_of(self, one: Told) -> Hashable:
        """DAG, run and task."""
        return one["is"], one["dag_id"], one["run_id"], one["task_id"]

    def state_of(self, one: Told) -> str:
        """In a word."""
        if one["is"] == OVER:
            return "met" if one["was_met"] else "missed"
        now = self.ui.now()
        if now > one["due_at"]:
            return "late"
        if one["run_id"] is None:
            return "at risk" if self.end(one, "p50_s") > one["due_at"] else "to come"
        return "at risk" if self.end(one, "p95_s") > one["due_at"] else "in time"

    def end(self, one: Told, quantile: str) -> float:
        """When it is likely to be done; now for what nobody has measured."""
        if one["starts_at"] is None or one[quantile] is None:
            return self.ui.now()
        return max(float(one["starts_at"]) + float(one[quantile]), self.ui.now() if one["run_id"] else 0.0)

    def facts_of(self, key: Any) -> Mapping[str, Any]:
        """For filters."""
        one = self.by_key[key]
        return {"name": one["dag_id"], "dag": one["dag_id"], "state": self.state_of(one), "run": one["run_id"]}

    def aside(self, width: int) -> list[Piece]:
        """How many of each."""
        counts: dict[str, int] = {}
        for one in self.by_key.values():
            state = self.state_of(one)
            counts[state] = counts.get(state, 0) + 1
        found: list[Piece] = []
        for state in ORDER:
            if state in counts:
                found += [(f"{counts[state]} ", ROLES[state]), (state, "dim"), (" · ", "faint")]
        return found[:-1]

    def cells(self, one: Told, table: Table) -> Row:
        """State, whose, when, what is to be expected."""
        now, zone, state = self.ui.now(), self.ui.zone, self.state_of(one)
        if one["is"] == AHEAD:
            self.is_ticking = True
        left = one["due_at"] - now
        text = f"{'-' if left < 0 else '+'}{length(abs(left))}" if one["is"] == AHEAD else ""
        return joined(
            table.pieces("state", (f"{SIGNS[state]} {state}", ROLES[state])),
            table.cell("dag", one["dag_id"], "strong" if state in ("late", "at risk") else "text", is_name=True),
            table.cell("task", one["task_id"] or "", "dim", is_name=True),
            table.cell("due", when(one["due_at"], now, zone)),
            table.pieces("forecast", *self.forecast(one, table.wide("forecast"))),
            table.cell("left", text, ROLES[state] if state in ("late", "at risk") else "text"),
            table.cell("why", self.because(one, state), "dim"),
        )

    def forecast(self, one: Told, width: int) -> list[Piece]:
        """`14:11 ├──●┈┈│┈┤ 14:19`: from p50 to p95, with the deadline."""
        if one["is"] == OVER or one["p50_s"] is None:
            return []
        now, zone = self.ui.now(), self.ui.zone
        first, last, due = self.end(one, "p50_s"), self.end(one, "p95_s"), one["due_at"]
        said = [(f"{when(first, now, zone):>6} ", "text")]
        room = min(BAR, width - 14)
        if room < 8:
            said_first, said_last = when(first, now, zone), when(last, now, zone)
            return [(said_first if said_first == said_last else f"{said_first}..{said_last}", "text")]
        start, end = min(first, due), max(last, due)
        span = max(1.0, end - start)
        cells = ["┈"] * room
        place = {
            name: int((at - start) / span * (room - 1)) for name, at in (("p50", first), ("p95", last), ("due", due))
        }
        for x in range(place["p50"], place["p95"] + 1):
            cells[x] = "─"
        cells[place["p50"]] = "├"
        cells[place["p95"]] = "┤"
        x, late = place["due"], "bar-bad" if last > due else "bar"
        line: list[Piece] = [("".join(cells[:x]), "bar"), ("│", "chart-sla"), ("".join(cells[x + 1 :]), late)]
        return [*said, *line, (f" {when(last, now, zone)}", "dim")]

    def because(self, one: Told, state: str) -> str:
        """What there is to say."""
        if one["run_id"] is None:
            return f"from {when(one['starts_at'], self.ui.now(), self.ui.zone)}"
        said = f"run {one['run_id']}"
        if state in ("late", "at risk") and one["starts_at"] and one["p50_s"]:
            taken = self.ui.now() - one["starts_at"]
            if taken > one["p50_s"]:
                said += f", {taken / one['p50_s']:.1f}× its usual {length(one['p50_s'])}"
        return said

    def opened(self, key: Any) -> None:
        """The run, or the DAG of one that is to come."""
        one = self.by_key[key]
        if one["run_id"] is None:
            self.ui.go(Place("dag", one["dag_id"]))
        else:
            self.ui.go(Place("run", str(one["run_id"]), one["task_id"] or ""))


class SlaReport(AskedList):
    """How often each deadline was kept in the last thirty days."""

    scopes: ClassVar[tuple[str, ...]] = ("list",)
    DEFAULT_CSS = "SlaReport { height: 9; }"
    what = "Last 30 days"
    nothing = "no deadline was due"
    verb = "sla"
    every_s = 10.0
    columns = (
        Column("dag", 14, 34), Column("task", 6, 20, rank=3), Column("kept", 20, 40, rank=2),
        Column("met", 9, 9, "right"), Column("worst", 9, 9, "right", title="worst"),
        Column("mean", 9, 9, "right", rank=1, title="mean late"),
    )  # fmt: skip

    def named(self) -> dict[str, Any]:
        """The days."""
        day = self.ui.now() // 86_400 * 86_400
        return {"since": day - 30 * 86_400, "until": day + 86_400}

    def key_of(self, one: Told) -> Hashable:
        """DAG and task."""
        return one["dag_id"], one["task_id"]

    def cells(self, one: Told, table: Table) -> Row:
        """How often, how late at worst."""
        full, rest = bar(one["met"], one["due"], table.wide("kept") or 1)
        return joined(
            table.cell("dag", one["dag_id"], is_name=True),
            table.cell("task", one["task_id"] or "", "dim", is_name=True),
            table.pieces("kept", (full, "bar-good" if one["met"] == one["due"] else "bar-warn"), (rest, "bar-rest")),
            table.cell("met", f"{one['met']} of {one['due']}"),
            table.cell("worst", length(one["worst_s"]), "warn"),
            table.cell("mean", length(one["mean_s"]), "dim"),
        )

    def opened(self, key: Any) -> None:
        """The DAG."""
        self.ui.go(Place("dag", key[0]))
