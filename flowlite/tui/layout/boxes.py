"""How a box looks: a task in one row, a fold in two (its name; a bar and how many tasks are in which state) or, where
there is little room from left to right, in three."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from flowlite.tui.format import middle
from flowlite.tui.glyphs import glyph
from flowlite.tui.layout.part import Size
from flowlite.tui.layout.tally import BAR, bar, counted, tally, together
from flowlite.tui.layout.view import Box
from flowlite.tui.picture import Span

WIDEST = 28  # cells of a name
MAP_COUNT = 6  # cells kept for the number of a map's elements, ` ×9999`: it is known only when the map has run
KINDS = 4  # states for which a fold keeps room
QUIET = ("pending", "skipped", "cancelled", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """What changes without a new layout: by the number of the task its state and, of a map, how many elements."""

    states: Sequence[str] = ()
    elements: Mapping[int, int] | None = None

    def of(self, box: Box) -> dict[str, int]:
        """How many of its tasks are in which state."""
        return counted(self.states[task] for task in box.tasks if task < len(self.states))


class Boxes:
    """Sizes and spans of the boxes of one view."""

    def __init__(self, *, maps: Collection[int] = (), is_narrow: bool = False) -> None:
        self._maps, self._is_narrow = frozenset(maps), is_narrow

    def size(self, box: Box) -> Size:
        """The same in all states."""
        if box.kind != "fold":
            kept = MAP_COUNT if self._is_map(box) else 0
            return Size(2 + len(self._name(box)) + kept + len(self._more(box)))
        title = 2 + len(self._name(box)) + 2 + len(str(len(box.tasks)))
        if self._is_narrow:
            return Size(max(title, 2 + BAR), 3, 1)
        return Size(max(title, 2 + BAR + 1 + self._tally_width(box)), 2, 1)

    def spans(self, box: Box, line: int, x: int, now: Now, *, is_critical: bool = False) -> list[Span]:
        """One of its lines, from column `x` on."""
        if box.kind == "stub":
            return [Span(x, f"… {self._name(box)}", "dim", box.key)]
        counts = now.of(box)
        if line:
            return self._counts(box, line, x + 2, counts)
        state = together(counts)
        name = Span(x + 2, self._name(box), name_role(state, is_critical=is_critical), box.key)
        if box.kind == "fold":
            number = Span(x + 2 + len(name.text), f"  {len(box.tasks)}", "dim", box.key)
            return [Span(x, "+ ", "dim", box.key), name, number]
        mark = glyph(state or "pending")
        spans = [Span(x, f"{mark} ", f"state-{state}" if state else "dim", box.key), name]
        if more := self._elements(box, now) + self._more(box):
            spans.append(Span(x + 2 + len(name.text), more, "dim", box.key))
        return spans

    def _counts(self, box: Box, line: int, x: int, counts: Mapping[str, int]) -> list[Span]:
        spans = []
        for text, state in bar(counts) if line == 1 else ():
            spans.append(Span(x, text, f"state-{state}", box.key))
            x += len(text)
        if self._is_narrow and line == 1:
            return spans
        x += line == 1
        width = self.size(box).width - 2 if self._is_narrow else self._tally_width(box)
        for text, state in tally(counts, width):
            spans.append(Span(x, text, f"state-{state}" if state else "dim", box.key))
            x += len(text) + 1
        return spans

    def _tally_width(self, box: Box) -> int:
        return (2 + len(str(len(box.tasks)))) * min(KINDS, len(box.tasks)) - 1

    def _name(self, box: Box) -> str:
        return middle(box.label, WIDEST)

    def _is_map(self, box: Box) -> bool:
        return box.kind == "task" and box.tasks[0] in self._maps

    def _elements(self, box: Box, now: Now) -> str:
        width = (now.elements or {}).get(box.tasks[0]) if self._is_map(box) else None
        if width is None:
            return ""
        return f" ×{width if width < 10_000 else '****'}"

    def _more(self, box: Box) -> str:
        """Neighbours that are not shown."""
        up = f" ‹{box.more_up}" if box.more_up else ""
        return up + (f" {box.more_down}›" if box.more_down else "")


def name_role(state: str, *, is_critical: bool = False) -> str:
    """Of the name of what is in a state: only what goes on or went wrong is to be seen from afar."""
    if state in ("failed", "upstream_failed", "running", "retrying"):
        return f"state-{state}"
    if is_critical:
        return "node-focus"
    return "dim" if state in QUIET else "node"
