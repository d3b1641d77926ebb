"""The first and the last line of the screen: where one is and how the daemon is; what the keys do here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from flowlite.tui.format import clock, length, plural
from flowlite.tui.keymap import shown
from flowlite.tui.picture import Row
from flowlite.tui.rows import Line, Piece
from flowlite.tui.widgets.canvas import Canvas

if TYPE_CHECKING:
    from flowlite.tui.app import FlowliteApp

PALETTE, HELP = "action:everywhere.palette", "action:everywhere.help"


class Header(Canvas):
    """`flowlite › sales › run 17            ● live · 6/16 slots`."""

    DEFAULT_CSS = "Header { height: 1; dock: top; }"

    def draw(self, width: int, height: int) -> Sequence[Row]:
        """One line."""
        app = self.ui
        line = Line(width).put("flowlite", "strong", "place:home")
        for text, role, *key in app.crumbs():
            line.put(" › ", "faint").put(text, role, *key)
        return [line.right(*self.health(app, width)).row]

    def health(self, app: FlowliteApp, width: int) -> list[Piece]:
        """How the daemon is."""
        reader = app.reader
        found: list[Piece] = [("read-only · ", "warn")] if app.is_read_only or app.viewer else []
        if not reader.is_live:
            return found + self.gone(app, width)
        used, size = app.world.slots
        found.append(("● ", "good"))
        if width >= 60:
            found += [(f"{used}/{size} slots", "dim", "place:pools")]
        if app.world.questions:
            found += [(" · ", "faint"), (plural(len(app.world.questions), "approval"), "warn", "place:approvals")]
        if app.world.problems:
            found += [(" · ", "faint"), (plural(len(app.world.problems), "bad file"), "error", "place:problems")]
        return found

    def gone(self, app: FlowliteApp, width: int) -> list[Piece]:
        """Since when there is no daemon."""
        if app.reader.lost_at is None:
            return [("◌ asking the daemon…", "dim")]
        self.is_ticking = True
        said = f" ◌ daemon gone since {clock(app.reader.lost_at, app.zone)} "
        if app.reader.was_live and width >= 100:
            said += f"· data {length(app.clock() - app.reader.lost_at)} old · trying again "
        return [(said, "banner")]

    def clicked(self, key: str, x: int, y: int, *, times: int) -> None:
        """Go where a crumb leads."""
        if key.startswith("place:"):
            self.ui.go(key.removeprefix("place:"))


def hints(app: FlowliteApp) -> Iterator[list[Piece]]:
    """Key and word of each action that is worth a hint here and can be carried out; the help has the others, too."""
    for action, here in sorted(app.offered(), key=lambda offer: offer[0].rank):
        if action.hint and not app.refusal(action, here):
            key = f"action:{action.id}"
            yield [(shown(action.keys[0]), "key", key), (f" {action.hint}", "hint", key)]


class Footer(Canvas):
    """`enter open  t trigger  r retry      : palette  ? help`; for some seconds after an action what became of it."""

    DEFAULT_CSS = "Footer { height: 1; dock: bottom; }"

    def draw(self, width: int, height: int) -> Sequence[Row]:
        """One line."""
        app = self.ui
        if app.message is not None:
            text, role = app.message
            return [Line(width).put(text, role).row]
        last: list[Piece] = [(":", "key", PALETTE), ("  ", "hint"), ("?", "key", HELP)]
        line = Line(width)
        for pieces in hints(app):
            if line.x + sum(len(piece[0]) for piece in pieces) > width - 6:
                break
            line.pieces(*pieces).skip(2)
        return [line.right(*last).row]

    def clicked(self, key: str, x: int, y: int, *, times: int) -> None:
        """The same as the key."""
        if key.startswith("action:"):
            self.ui.carry_out_named(key.removeprefix("action:"))
