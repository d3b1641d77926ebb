"""A menu: one of a few things, with what each is."""

from __future__ import annotations

from collections.abc import Sequence

from flowlite.tui.format import fitted
from flowlite.tui.rows import Piece
from flowlite.tui.sheets.parts import ItemList
from flowlite.tui.sheets.sheet import Sheet


class Menu(Sheet[int]):
    """`items` are names and what they stand for. Answers the place of one, or nothing."""

    wide = 84

    def __init__(self, title: str, items: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._title = title
        self.list = ItemList(
            [[(f"  {name:<18}", "text"), (fitted(what, 56), "dim")] for name, what in items], is_menu=True, most=20
        )
        self.parts = [self.list]

    def heading(self) -> list[Piece]:
        """What it is for."""
        return [(self._title, "strong")]

    def hints(self) -> list[Piece]:
        """What keys do."""
        return [
            ("↑↓", "key"),
            (" choose  ", "hint"),
            ("⏎", "key"),
            (" take it  ", "hint"),
            ("esc", "key"),
            (" leave", "hint"),
        ]

    def pressed(self, key: str, character: str | None) -> None:
        """Arrows choose, enter takes."""
        if key == "enter":
            self.dismiss(self.list.picking.at)
        elif key in ("j", "k"):
            super().pressed({"j": "down", "k": "up"}[key], None)
        else:
            super().pressed(key, character)
