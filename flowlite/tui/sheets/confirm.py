"""The question before anything is changed that can't be changed back: the exact list of it, and Cancel as the answer
that needs no thought. What touches many things wants their number typed."""

from __future__ import annotations

from collections.abc import Sequence

from flowlite.tui.format import count
from flowlite.tui.rows import Piece
from flowlite.tui.sheets.parts import Buttons, Entry, Gap, ItemList, Part, Words
from flowlite.tui.sheets.sheet import Sheet

TYPED_ABOVE = 50


class Confirm(Sheet[bool]):
    """`number` things as `items` will be touched; `label` is on the button. Answers True, or nothing."""

    def __init__(
        self, title: str, items: Sequence[Sequence[Piece]], *, label: str, number: int, notes: Sequence[str] = (),
        is_danger: bool = True, leave: str = "Cancel",
    ) -> None:  # fmt: skip
        super().__init__()
        self._title, self.number = title, number
        self.parts = [*([ItemList(items)] if items else []), *([Gap()] if items else [])]
        self.parts += [Words(note) for note in notes]
        self.typed: Entry | None = None
        buttons = Buttons((leave, self.leave), (label, self.agree), is_danger=is_danger)
        last: list[Part] = [Gap(), buttons]
        if number > TYPED_ABOVE:
            self.typed = Entry(f"type {number}", note=f"to touch {count(number)} things")
            last = [self.typed, *last]
        self.parts += last
        self.focused_part = buttons

    def heading(self) -> list[Piece]:
        """The question."""
        return [(self._title, "strong")]

    def hints(self) -> list[Piece]:
        """What keys do."""
        return [
            ("←→", "key"),
            (" choose  ", "hint"),
            ("⏎", "key"),
            (" answer  ", "hint"),
            ("esc", "key"),
            (" cancel", "hint"),
        ]

    def agree(self) -> None:
        """Yes, if the number is right."""
        if self.typed is not None and self.typed.text.strip().replace(",", "") != str(self.number):
            self.typed.error = f"type {self.number} to do this"
            self.focused_part = self.typed
            self.changed()
            return
        self.dismiss(True)
