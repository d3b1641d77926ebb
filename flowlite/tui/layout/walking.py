"""Walking through a graph: along its edges to the left and right, and up and down within a layer."""

from __future__ import annotations

from collections.abc import Sequence

from flowlite.tui.layout.placing import Placed
from flowlite.tui.layout.view import View

FIRST = ("failed", "running", "retrying", "upstream_failed", "waiting", "queued")  # what the cursor is put on at first


class Walk:
    """Steps from box to box. It knows where it came from: a step back leads to the box that the last step left."""

    def __init__(self, view: View, placed: Placed) -> None:
        self._view, self._placed = view, placed
        self._spot = {box: (layer, index) for layer in placed.layers for index, box in enumerate(layer)}
        self._came_from: dict[tuple[int, bool], int] = {}

    def left(self, box: int) -> int:
        """To one directly upstream; itself if there is none."""
        return self._along(box, self._view.up[box], is_right=False)

    def right(self, box: int) -> int:
        """To one directly downstream; itself if there is none."""
        return self._along(box, self._view.down[box], is_right=True)

    def up(self, box: int) -> int:
        """To the one above in its layer; itself at the top."""
        layer, index = self._spot[box]
        return layer[max(index - 1, 0)]

    def down(self, box: int) -> int:
        """To the one below in its layer; itself at the bottom."""
        layer, index = self._spot[box]
        return layer[min(index + 1, len(layer) - 1)]

    def _along(self, box: int, others: Sequence[int], *, is_right: bool) -> int:
        if not others:
            return box
        found = self._came_from.get((box, is_right))
        if found is None:
            row = self._placed.corners[box][1]
            found = min(others, key=lambda other: (abs(self._placed.corners[other][1] - row), other))
        self._came_from[found, not is_right] = box
        return found


def worth_seeing(states: Sequence[str], task: int) -> int:
    """What failed first, then what is going on; the lower, the sooner."""
    state = states[task] if task < len(states) else ""
    return FIRST.index(state) if state in FIRST else len(FIRST)


def first_box(view: View, states: Sequence[str]) -> int | None:
    """Where to begin: on what failed, else on what is going on, else on the first; None: there is nothing."""
    if not view.boxes:
        return None
    tasks = sorted(view.box_of_task)
    return view.box_of_task[min(tasks, key=lambda task: worth_seeing(states, task))] if tasks else 0


def found(view: View, ids: Sequence[str], text: str) -> list[int]:
    """The boxes that hold a task whose id has this text in it, whatever the case of its letters."""
    wanted = text.casefold()
    return [
        number for number, box in enumerate(view.boxes)
        if box.kind != "stub" and any(wanted in ids[task].casefold() for task in box.tasks)
    ]  # fmt: skip
