"""The part of a picture that is on the screen, and how it moves."""

from __future__ import annotations

from collections.abc import Callable

from flowlite.tui.picture import Row
from flowlite.tui.rows import moved

AIR_X, AIR_Y = 8, 2  # cells that stay between the cursor and the end of the screen, where there is room
Rectangle = tuple[int, int, int, int]  # column, row, cells, rows


class Viewport:
    """Of a picture of some size on a screen of another; what is smaller stands at the upper left."""

    def __init__(self) -> None:
        self.left = self.top = 0
        self.width = self.height = 1
        self._whole = (1, 1)

    def resize(self, width: int, height: int, whole: tuple[int, int]) -> None:
        """The screen, and the whole picture."""
        self.width, self.height, self._whole = max(width, 1), max(height, 1), whole
        self.scroll(0, 0)

    @property
    def sees_all(self) -> bool:
        """Whether nothing is outside."""
        return self._whole[0] <= self.width and self._whole[1] <= self.height

    @property
    def seen(self) -> Rectangle:
        """The part of the picture that is on the screen."""
        wide, high = self._whole
        return self.left, self.top, min(self.width, wide), min(self.height, high)

    def scroll(self, columns: int, rows: int) -> None:
        """Not beyond the ends."""
        self.left = min(max(self.left + columns, 0), max(self._whole[0] - self.width, 0))
        self.top = min(max(self.top + rows, 0), max(self._whole[1] - self.height, 0))

    def show(self, what: Rectangle) -> None:
        """As little as it takes for all of it to be seen, with some air around; of what is too large, the beginning."""
        x, y, width, height = what
        self.left = _moved(self.left, self.width, x, x + width, AIR_X)
        self.top = _moved(self.top, self.height, y, y + height, AIR_Y)
        self.scroll(0, 0)

    def centre(self, what: Rectangle) -> None:
        """With this in the middle."""
        x, y, width, height = what
        self.left, self.top = x + width // 2 - self.width // 2, y + height // 2 - self.height // 2
        self.scroll(0, 0)

    def rows(self, row: Callable[[int, int, int], Row], margin: int = 0) -> list[Row]:
        """What is seen of a picture, some cells further right. `row` gives the columns of a row from one to another."""
        stop = self.left + self.width
        seen = range(self.top, self.top + self.height)
        return [moved(row(y, self.left, stop), margin - self.left) for y in seen]


def _moved(first: int, room: int, start: int, end: int, air: int) -> int:
    air = min(air, max((room - (end - start)) // 2, 0))
    if end + air > first + room:
        first = end + air - room
    return min(first, start - air)
