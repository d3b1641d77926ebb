"""Where somebody is in a list, and what they have marked: by the keys of its items, so that a list that changes under
the cursor takes nothing away."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Picking(Generic[K]):
    """Cursor, first item that is seen, marks, and a range that is being drawn."""

    def __init__(self) -> None:
        self.keys: Sequence[K] = ()
        self.at = 0
        self.top = 0
        self.marks: dict[K, None] = {}
        self.anchor: K | None = None
        self._key: K | None = None
        self.is_touched = False  # until somebody moves it, the cursor is on the first item, whatever comes before it

    @property
    def key(self) -> K | None:
        """What the cursor is on; None in an empty list."""
        return self._key if self.keys else None

    def take(self, keys: Sequence[K]) -> None:
        """The items as they are now. The cursor stays on its item; if that is gone, at its place."""
        if keys is self.keys:
            return
        self.keys = keys
        if not self.is_touched:
            self.at = 0
        elif self._key is not None and not (self.at < len(keys) and keys[self.at] == self._key):
            try:
                self.at = keys.index(self._key)
            except ValueError:
                self.at = min(self.at, max(0, len(keys) - 1))
        self.at = min(self.at, max(0, len(keys) - 1))
        # A list that is empty for a moment, while it is asked for anew, does not make the cursor forget.
        if keys:
            self._key = keys[self.at]
        if self.marks and keys:
            there = set(keys)
            self.marks = {key: None for key in self.marks if key in there}

    # --- the cursor ---------------------------------------------------------------------------------------------------
    def go(self, at: int) -> None:
        """To an item by its place."""
        self.is_touched = True
        self.at = min(max(at, 0), max(0, len(self.keys) - 1))
        self._key = self.keys[self.at] if self.keys else self._key

    def move(self, by: int) -> None:
        """Down, or up below 0."""
        self.go(self.at + by)

    def find(self, key: K) -> bool:
        """To an item by its key; whether it is there. One that is not there yet is gone to when it comes."""
        self.is_touched = True
        if key in self.keys:
            self.go(self.keys.index(key))
            return True
        self._key = key
        return False

    def scrolled(self, height: int) -> int:
        """The first item to show, so that the cursor is seen."""
        height = max(1, height)
        self.top = min(self.top, self.at, max(0, len(self.keys) - height))
        self.top = max(self.top, self.at - height + 1, 0)
        return self.top

    def scroll(self, by: int, height: int) -> None:
        """Move what is seen, and the cursor with it where it must."""
        self.top = min(max(self.top + by, 0), max(0, len(self.keys) - height))
        self.go(min(max(self.at, self.top), self.top + max(1, height) - 1))

    # --- marks --------------------------------------------------------------------------------------------------------
    def mark(self) -> None:
        """The item under the cursor, or no longer."""
        if (key := self.key) is not None:
            if key in self.marks:
                del self.marks[key]
            else:
                self.marks[key] = None

    def draw_range(self) -> None:
        """Begin a range at the cursor; the second time, mark what it holds."""
        if self.anchor is None:
            self.anchor = self.key
            return
        self.marks.update(dict.fromkeys(self.ranged()))
        self.anchor = None

    def ranged(self) -> Sequence[K]:
        """From where a range was begun to the cursor."""
        if self.anchor is None or self.anchor not in self.keys:
            return ()
        start, end = sorted((self.keys.index(self.anchor), self.at))
        return self.keys[start : end + 1]

    def mark_all(self) -> None:
        """Everything that is listed; no longer, if it was."""
        if len(self.marks) == len(self.keys):
            self.marks.clear()
        else:
            self.marks = dict.fromkeys(self.keys)

    def clear(self) -> bool:
        """No range and no marks; whether there were any."""
        had = bool(self.marks) or self.anchor is not None
        self.marks.clear()
        self.anchor = None
        return had

    @property
    def picked(self) -> list[K]:
        """What is to be acted on: the range, else the marks in the order of the list, else what is under the cursor."""
        if self.anchor is not None:
            return list(self.ranged())
        if self.marks:
            return [key for key in self.keys if key in self.marks]
        return [] if self.key is None else [self.key]
