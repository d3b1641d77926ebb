"""A graph laid out on cells: a corner for each box, and the corners of the line that each edge takes.

Layers from left to right, a row or more for each box, edges on rows and on upright lines between layers. The same graph
with boxes of the same size is always laid out in the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from flowlite.tui.layout.layers import Links, turned
from flowlite.tui.layout.part import Edge, Part, Point, Size

BETWEEN_LONE_BOXES = 3
NARROW = 76  # boxes without edges stand side by side, up to this width or that of the graph


@dataclass(slots=True)
class Placed:
    """Where everything is. Lines leave the first row of a box, a blank behind its text, and end a blank before one."""

    corners: list[Point]
    width: int = 0
    height: int = 0
    ends_in_chain: bool = False
    layers: list[list[int]] = field(default_factory=list)  # boxes from top to bottom
    lines: dict[Edge, tuple[Point, ...]] = field(default_factory=dict)


def laid_out(sizes: Sequence[Size], up: Links) -> Placed:
    """Boxes by number and those before each one, without loops. Parts that no edge joins stand one below the other."""
    placed = Placed([(0, 0)] * len(sizes))
    down = turned(up)
    parts, lone = _parts(up, down)
    for boxes in parts:
        _add(placed, boxes, Part([sizes[box] for box in boxes], _numbered_anew(boxes, up)))
    _add_lone(placed, lone, sizes)
    for layer in placed.layers:
        layer.sort(key=lambda box: placed.corners[box][1])
    return placed


def _parts(up: Links, down: Links) -> tuple[list[list[int]], list[int]]:
    """The boxes that edges join, and those that have no edges; the first declared first."""
    parts, lone, seen = [], [], set[int]()
    for start in range(len(up)):
        if start in seen:
            continue
        seen.add(start)
        part = [start]
        for box in part:
            for other in (*up[box], *down[box]):
                if other not in seen:
                    seen.add(other)
                    part.append(other)
        if len(part) > 1:
            parts.append(sorted(part))
        else:
            lone.append(start)
    return parts, lone


def _numbered_anew(boxes: Sequence[int], up: Links) -> list[list[int]]:
    own = {box: index for index, box in enumerate(boxes)}
    return [[own[before] for before in up[box]] for box in boxes]


def _add(placed: Placed, boxes: Sequence[int], part: Part) -> None:
    """Below what is there, after a blank row; chains follow each other without one."""
    is_chain = part.height == 1
    top = placed.height + (0 if not placed.height or (is_chain and placed.ends_in_chain) else 1)
    placed.ends_in_chain = is_chain
    for box, (x, y) in zip(boxes, part.corners, strict=False):
        placed.corners[box] = x, y + top
    for index, layer in enumerate(part.layers):
        _layer(placed, index).extend(boxes[box] for box in layer if box < len(boxes))
    for (start, end), line in part.lines().items():
        placed.lines[boxes[start], boxes[end]] = tuple((x, y + top) for x, y in line)
    placed.width, placed.height = max(placed.width, part.width), top + part.height


def _add_lone(placed: Placed, lone: Sequence[int], sizes: Sequence[Size]) -> None:
    """Side by side, in columns that are filled from top to bottom."""
    if not lone:
        return
    top = placed.height + 1 if placed.height else 0
    wide = max(sizes[box].width for box in lone) + BETWEEN_LONE_BOXES
    high = max(sizes[box].height + sizes[box].below for box in lone)
    rows = -(-len(lone) // max(1, (max(placed.width, NARROW) + BETWEEN_LONE_BOXES) // wide))
    for index, box in enumerate(lone):
        column, row = divmod(index, rows)
        placed.corners[box] = x, y = column * wide, top + row * high
        _layer(placed, column).append(box)
        placed.width = max(placed.width, x + sizes[box].width)
        placed.height = max(placed.height, y + sizes[box].height)


def _layer(placed: Placed, index: int) -> list[int]:
    while len(placed.layers) <= index:
        placed.layers.append([])
    return placed.layers[index]
