"""Answering an approval: the question in full, yes or no, and a note that goes with it."""

from __future__ import annotations

from dataclasses import dataclass

from flowlite.tui.rows import Piece
from flowlite.tui.sheets.parts import Buttons, Entry, Gap, Words
from flowlite.tui.sheets.sheet import Sheet
from flowlite.tui.telling import Told, instance_name


@dataclass(frozen=True, slots=True)
class Answered:
    """Yes or no, and why."""

    is_approved: bool
    note: str


class AnswerSheet(Sheet[Answered]):
    """`told` is what waits. The button that is asked for is one key away, and not under the finger already."""

    wide = 80

    def __init__(self, told: Told, *, is_approved: bool) -> None:
        super().__init__()
        self.told = told
        self.note = Entry("note", note="goes with the answer")
        buttons = Buttons(
            ("Cancel", self.leave), ("Refuse", lambda: self.answer(is_approved=False)),
            ("Approve", lambda: self.answer(is_approved=True)),
        )  # fmt: skip
        buttons.at = 2 if is_approved else 1
        who = ", ".join(told["approvers"]) or "anybody"
        self.parts = [
            Words(told["question"], "strong"), Gap(), Words(f"may be answered by {who}"),
            Words("approved: the task succeeds and the run goes on; refused: it fails, and names you"), Gap(),
            self.note, Gap(), buttons,
        ]  # fmt: skip
        self.focused_part = self.note

    def heading(self) -> list[Piece]:
        """Whose question."""
        name = instance_name(self.told["task_id"], self.told["map_index"])
        return [(f"{self.told['dag_id']}.{name}", "accent-strong"), (f"  run {self.told['run_id']}", "dim")]

    def answer(self, *, is_approved: bool) -> None:
        """For good."""
        self.dismiss(Answered(is_approved, self.note.text.strip()))
