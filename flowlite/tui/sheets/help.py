"""The help: every key that means something here, found by a few letters, and carried out with enter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from flowlite.tui.actions import EVERYWHERE, Action
from flowlite.tui.filters import in_order
from flowlite.tui.keymap import shown
from flowlite.tui.rows import Piece
from flowlite.tui.sheets.palette import PaletteEntry
from flowlite.tui.sheets.parts import Gap, ItemList
from flowlite.tui.sheets.sheet import Sheet

if TYPE_CHECKING:
    from flowlite.tui.app import FlowliteApp

NAMES = {
    EVERYWHERE: "everywhere",
    "list": "in lists",
    "dag": "of the DAG",
    "grid": "in the grid",
    "tree": "in the tree",
}


class Help(Sheet[Callable[[], None]]):
    """Answers what to do, or nothing."""

    wide = 88

    def __init__(self, app: FlowliteApp) -> None:
        super().__init__()
        self._app = app
        self._all: list[tuple[Action, Any]] = [(action, here) for action, here in app.offered() if action.keys]
        self.entry = PaletteEntry("", changed=self.find)
        self.list = ItemList(most=18, is_menu=True)
        self.found: list[tuple[Action, Any]] = []
        self.parts = [self.entry, Gap(), self.list]
        self.find()

    def heading(self) -> list[Piece]:
        """What it is."""
        return [("What the keys do here", "strong")]

    def hints(self) -> list[Piece]:
        """What keys do."""
        return [
            ("type", "key"),
            (" to search  ", "hint"),
            ("⏎", "key"),
            (" do it  ", "hint"),
            ("esc", "key"),
            (" leave", "hint"),
        ]

    def find(self) -> None:
        """Those that hold what was typed: in their title, or as their key."""
        wanted = self.entry.text.strip()
        self.found = [
            (action, here) for action, here in self._all
            if not wanted or wanted in [shown(key) for key in action.keys] or wanted.lower() in action.title.lower()
            or (len(wanted) > 2 and in_order(wanted.lower(), action.title.lower()))
        ]  # fmt: skip
        self.list.become([self.shown(action, here) for action, here in self.found])
        self.list.picking.go(0)

    def shown(self, action: Action, here: Any) -> Sequence[Piece]:
        """Keys, title, where."""
        keys = "  ".join(shown(key) for key in action.keys)
        off = self._app.refusal(action, here)
        where = NAMES.get(action.scope, f"in {action.scope}")
        return [
            (f"{keys:<16}", "off" if off else "key"), (f"{action.title:<44}", "off" if off else "text"),
            (f"  {off or where}", "dim"),
        ]  # fmt: skip

    def pressed(self, key: str, character: str | None) -> None:
        """Letters look for, arrows choose, enter does."""
        if key == "enter":
            at = self.list.picking.at
            if at < len(self.found):
                action, here = self.found[at]
                self.dismiss(lambda: self._app.carry_out(action, here))
        elif key == "escape":
            self.leave()
        elif key in ("up", "down", "pageup", "pagedown", "tab", "shift+tab"):
            self.list.key({"tab": "down", "shift+tab": "up"}.get(key, key), None)
            self.page.renew_now()
        elif self.entry.key(key, character):
            self.changed()
