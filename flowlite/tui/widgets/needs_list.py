"""The strip at the foot of Home: what is going on, and what needs a person. Enter goes there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from flowlite.tui.format import length, one_line, plural, when
from flowlite.tui.model.needs import Asking, Broken, Failing, Need, at_work, fullest, needs
from flowlite.tui.picture import Row
from flowlite.tui.places import Place
from flowlite.tui.rows import Line, Piece, rule
from flowlite.tui.telling import cause_pieces, often
from flowlite.tui.widgets.listing import Listing

LEAST = 12  # cells: what is said last is left out rather than cut to nothing
NOW = "now"


class NeedsList(Listing):
    """One line for now, then a line for each need."""

    has_title = False
    shows_trace = False
    scopes: ClassVar[tuple[str, ...]] = ("needs", "list")
    DEFAULT_CSS = "NeedsList { height: 3; }"
    most = 2  # lines

    def draw(self, width: int, height: int) -> Sequence[Row]:
        """As high as there is something to say."""
        rows = super().draw(width, height)
        wanted = 1 + min(self.most, self.total)
        if height != wanted:
            self.call_later(self.become, wanted)
        return rows

    def become(self, height: int) -> None:
        """Another height."""
        self.styles.height = height

    def items(self) -> Sequence[Any]:
        """The places that they lead to."""
        self._needs = {place_of(need): need for need in needs(self.ui.world)}
        return [NOW, *self._needs]

    def heads(self, width: int) -> list[Row]:
        """A rule."""
        return [rule(width, has_focus=self.has_focus)]

    def item(self, key: Any, width: int) -> Row:
        """What it is, where, since when."""
        line = Line(width).skip(2)
        now: list[Piece] = [("now     ", "dim")]
        *said, last = [*now, *self.at_work()] if key == NOW else self.told(self._needs[key])
        line.pieces(*said)
        return line.put(*last).row if line.x + LEAST <= width or last[1] != "dim" else line.row

    def at_work(self) -> list[Piece]:
        """How much is going on."""
        world = self.ui.world
        if not self.ui.reader.was_live:
            return []
        found = at_work(world)
        if not any(found.values()):
            due = min(
                (dag.next_due_at for dag in world.dags.values() if dag.next_due_at and not dag.is_paused), default=None
            )
            then = f", the next is due {when(due, self.ui.now(), self.ui.zone)}" if due else ""
            return [(f"nothing runs{then}", "dim")]
        said: list[Piece] = [(plural(found["running"], "run"), "state-running"), (" at work", "text")]
        if found["queued"]:
            said.append((f" · {found['queued']:,} in line", "text"))
        said.append((f" · {plural(found['tasks'], 'task')} running", "text"))
        if (full := fullest(world)) is not None:
            said.append((f" · {found['waiting']:,} wait for slots", "text"))
            said.append((f", most for pool {full[0]}", "dim"))
        return said

    def told(self, need: Need) -> list[Piece]:
        """One of them."""
        now, zone = self.ui.now(), self.ui.zone
        match need:
            case Failing(dag, run, times):
                stamp = (run.state, run.ended_at)
                why = self.ui.lookups.look("why", stamp=stamp, run=run.id).value
                found: list[Piece] = [("failed  ", "state-failed"), (dag.id, "strong")]
                found.append((f" {when(run.logical_date, now, zone)}", "dim"))
                if cause := cause_pieces(why):
                    found += [("  ", "text"), *cause]
                again = often((why or {}).get("cause") or {}) or (f"{times} in a row" if times > 1 else "")
                return [*found, (f"  {again}", "dim")] if again else found
            case Asking(one):
                self.is_ticking = True
                return [
                    ("asks    ", "warn"), (one.dag_id, "strong"), (f" {one.task_id}", "text"),
                    (f"  waits for an answer since {length(now - one.since)}", "dim"),
                ]  # fmt: skip
            case Broken(one):
                where = one.file.rpartition("/")[2] + (f":{one.line}" if one.line else "")
                return [("file    ", "error"), (where, "strong"), (f"  {one_line(one.message)}", "text")]

    def opened(self, key: Any) -> None:
        """Go there."""
        self.ui.go(Place("pools") if key == NOW else key)


def place_of(need: Need) -> Place:
    """Where more is said."""
    match need:
        case Failing(_, run, _):
            return Place("run", str(run.id))
        case Asking(one):
            return Place("approvals", f"{one.run_id} {one.task_id} {one.map_index}")
        case Broken(one):
            return Place("problems", one.file)
