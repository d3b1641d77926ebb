"""The whole picture in a corner: a dot for each box, what failed standing out, and the part that is on the screen."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from flowlite.tui.layout.braille import Dots
from flowlite.tui.layout.line import Line
from flowlite.tui.layout.placing import Placed
from flowlite.tui.picture import Row

WIDTH, HEIGHT = 20, 6
Rectangle = tuple[int, int, int, int]  # column, row, cells, rows


def minimap(
    placed: Placed, failed: Collection[int], seen: Rectangle, *, width: int = WIDTH, height: int = HEIGHT
) -> list[Row]:  # fmt: skip
    """Rows of so many cells. `failed`: the numbers of the boxes that stand out; `seen`: what is on the screen."""
    columns = min(1.0, 2 * width / max(placed.width, 1))
    rows = min(1.0, 4 * height / max(placed.height, 1))
    dots = Dots(width, height)
    wrong: set[tuple[int, int]] = set()
    for number, (x, y) in enumerate(placed.corners):
        dot_x, dot_y = int(x * columns), int(y * rows)
        dots.set(dot_x, dot_y)
        if number in failed:
            wrong.add((dot_x // 2, dot_y // 4))
    left, top, across, down = seen
    x_range = range(int(left * columns) // 2, int((left + across) * columns - 1e-9) // 2 + 1)
    y_range = range(int(top * rows) // 4, int((top + down) * rows - 1e-9) // 4 + 1)
    return [
        _row(dots.text(y), [(x, y) in wrong for x in range(width)], x_range if y in y_range else ())
        for y in range(height)
    ]


def _row(text: str, wrong: Sequence[bool], seen: Collection[int]) -> Row:
    line = Line(len(text))
    for x, one in enumerate(text):
        role = "state-failed" if wrong[x] else "text" if x in seen else "faint"
        role = f"{role}.cursor" if x in seen else role
        line.put(x, one, role)
    return line.row()
