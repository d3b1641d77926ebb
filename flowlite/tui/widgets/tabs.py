"""The tabs of a view, with what it is about at their right, and a thin line below."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flowlite.tui.picture import Row
from flowlite.tui.rows import Line, Piece, rule
from flowlite.tui.widgets.canvas import Canvas


class Tabs(Canvas):
    """`names` in their order; `aside` says what stands at the right."""

    DEFAULT_CSS = "Tabs { height: 2; }"

    def __init__(
        self, names: Sequence[str], chosen: Callable[[str], None], aside: Callable[[int], list[Piece]]
    ) -> None:
        super().__init__()
        self.names, self._chosen, self._aside = names, chosen, aside
        self.here = names[0]

    def draw(self, width: int, height: int) -> Sequence[Row]:
        """Two lines."""
        line = Line(width).skip()
        for number, name in enumerate(self.names, 1):
            is_here = name == self.here
            line.put(f"{number} ", "accent" if is_here else "faint", f"tab:{name}")
            line.put(name.title(), "tab-focus" if is_here else "tab", f"tab:{name}").skip(2)
        room = width - line.x - 2
        return [line.right(*self._aside(room), margin=1).row, rule(width)]

    def clicked(self, key: str, x: int, y: int, *, times: int) -> None:
        """To that tab."""
        if key.startswith("tab:"):
            self._chosen(key.removeprefix("tab:"))
