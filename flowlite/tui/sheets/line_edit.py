"""A line of text being typed: the keys of a shell, and nothing that the screen must know."""

from __future__ import annotations

import re

WORD_BEFORE = re.compile(r"\S*\s*$")
WORD_AFTER = re.compile(r"^\s*\S*")


class LineEdit:
    """`key` takes a key and says whether it was one of its own."""

    def __init__(self, text: str = "") -> None:
        self.text, self.at = text, len(text)

    def become(self, text: str) -> None:
        """Another text, with the cursor at its end."""
        self.text, self.at = text, len(text)

    def insert(self, text: str) -> None:
        """At the cursor; of several lines, as one."""
        clean = "".join(letter for letter in " ".join(text.splitlines()) if letter.isprintable())
        self.text = self.text[: self.at] + clean + self.text[self.at :]
        self.at += len(clean)

    def key(self, key: str, character: str | None) -> bool:
        """Whether it was a key for text."""
        if (found := MOVES.get(key)) is not None:
            found(self)
            return True
        if character is not None and character.isprintable():
            self.insert(character)
            return True
        return False

    def shown(self, width: int) -> tuple[str, int]:
        """The part that has room, and where the cursor is in it."""
        start = max(0, min(self.at - width + 1, len(self.text) - width + 1))
        return self.text[start : start + width], self.at - start

    def _left(self) -> None:
        self.at = max(0, self.at - 1)

    def _right(self) -> None:
        self.at = min(len(self.text), self.at + 1)

    def _start(self) -> None:
        self.at = 0

    def _end(self) -> None:
        self.at = len(self.text)

    def _word_left(self) -> None:
        self.at -= len(WORD_BEFORE.search(self.text[: self.at])[0])  # type: ignore[index]

    def _word_right(self) -> None:
        self.at += len(WORD_AFTER.search(self.text[self.at :])[0])  # type: ignore[index]

    def _cut(self, start: int, end: int) -> None:
        self.text, self.at = self.text[:start] + self.text[end:], start

    def _backspace(self) -> None:
        self._cut(max(0, self.at - 1), self.at)

    def _delete(self) -> None:
        self._cut(self.at, self.at + 1)

    def _cut_word(self) -> None:
        end = self.at
        self._word_left()
        self._cut(self.at, end)

    def _cut_before(self) -> None:
        self._cut(0, self.at)

    def _cut_after(self) -> None:
        self._cut(self.at, len(self.text))


MOVES = {
    "left": LineEdit._left, "right": LineEdit._right, "home": LineEdit._start, "end": LineEdit._end,
    "ctrl+b": LineEdit._left, "ctrl+f": LineEdit._right, "ctrl+a": LineEdit._start, "ctrl+e": LineEdit._end,
    "ctrl+left": LineEdit._word_left, "ctrl+right": LineEdit._word_right, "backspace": LineEdit._backspace,
    "delete": LineEdit._delete, "ctrl+h": LineEdit._backspace, "ctrl+w": LineEdit._cut_word,
    "ctrl+u": LineEdit._cut_before, "ctrl+k": LineEdit._cut_after,
}  # fmt: skip
