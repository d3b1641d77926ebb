"""Saying by hand how tasks ended: what it would change, which end, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flowlite.tui.rows import Piece
from flowlite.tui.sheets.parts import Buttons, Choice, Entry, Gap, ItemList, Words
from flowlite.tui.sheets.sheet import Sheet

STATES = (("success", "success"), ("failed", "failed"), ("skipped", "skipped"))


@dataclass(frozen=True, slots=True)
class Marked:
    """What was said."""

    state: str
    why: str


class MarkSheet(Sheet[Marked]):
    """`items` are what would be marked."""

    def __init__(self, title: str, items: Sequence[Sequence[Piece]]) -> None:
        super().__init__()
        self._title = title
        self.state = Choice("as", STATES)
        self.why = Entry("why", note="for the record")
        buttons = Buttons(("Cancel", self.leave), ("Mark", self.agree), is_danger=True)
        self.parts = [
            ItemList(items), Gap(), self.state, self.why, Gap(),
            Words("what was blocked by it is judged anew, and runs if it may"), Gap(), buttons,
        ]  # fmt: skip
        self.focused_part = self.state

    def heading(self) -> list[Piece]:
        """What."""
        return [("Mark ", "strong"), (self._title, "accent-strong")]

    def agree(self) -> None:
        """Yes."""
        self.dismiss(Marked(self.state.chosen, self.why.text.strip()))
