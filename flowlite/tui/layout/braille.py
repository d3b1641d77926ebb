"""Dots finer than cells: a braille character is two dots wide and four high."""

from __future__ import annotations

BLANK = 0x2800
BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # by row, then by column


class Dots:
    """A field of so many cells; dots are counted from its upper left corner."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width * 2, height * 4
        self._cells = [[0] * width for _ in range(height)]

    def set(self, x: int, y: int) -> None:
        """Outside of the field nothing happens."""
        if 0 <= x < self.width and 0 <= y < self.height:
            self._cells[y // 4][x // 2] |= BITS[y % 4][x % 2]

    def line(self, x: int, y: int, end_x: int, end_y: int) -> None:
        """From one dot to another, both set."""
        steps = max(abs(end_x - x), abs(end_y - y))
        for step in range(steps + 1):
            part = step / steps if steps else 0
            self.set(round(x + (end_x - x) * part), round(y + (end_y - y) * part))

    def text(self, row: int) -> str:
        """A row of cells; those without a dot are blank."""
        return "".join(chr(BLANK + bits) if bits else " " for bits in self._cells[row])
