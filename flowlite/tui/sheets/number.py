"""A number, and what it is for."""

from __future__ import annotations

from flowlite.tui.rows import Piece
from flowlite.tui.sheets.parts import Buttons, Entry, Gap, Words
from flowlite.tui.sheets.sheet import Sheet


class NumberSheet(Sheet[int]):
    """Answers a whole number from `least` on, or nothing."""

    wide = 64

    def __init__(self, title: str, label: str, number: int, note: str, *, least: int = 0) -> None:
        super().__init__()
        self._title, self.least = title, least
        self.entry = Entry(label, str(number))
        self.parts = [
            self.entry, Gap(), Words(note), Gap(), Buttons(("Cancel", self.leave), ("Set", self.agree)),
        ]  # fmt: skip

    def heading(self) -> list[Piece]:
        """What it is."""
        return [(self._title, "strong")]

    def pressed(self, key: str, character: str | None) -> None:
        """Enter in the field is enough."""
        if key == "enter" and self.focused_part is self.entry:
            self.agree()
        else:
            super().pressed(key, character)

    def agree(self) -> None:
        """If it is a number."""
        text = self.entry.text.strip()
        if not text.lstrip("-").isdigit() or int(text) < self.least:
            self.entry.error = f"a whole number from {self.least} on"
            self.changed()
            return
        self.dismiss(int(text))
