"""A part of a graph, all of it joined by edges, put on cells: layers become columns, gaps become channels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from flowlite.tui.layout.channels import Channel, Row, channel, nets_of
from flowlite.tui.layout.layers import Links, layered, turned
from flowlite.tui.layout.order import ordered
from flowlite.tui.layout.rows import rows_of

LINE = 2  # cells of line at least between a label and an upright line
STRAIGHT = 3  # cells of line between two labels with no upright line between their layers
FEW_COLUMNS = 12  # upright lines up to which there is air between two of them

Point = tuple[int, int]
Edge = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Size:
    """Of a box: cells, rows, and blank rows that it wants below itself."""

    width: int
    height: int = 1
    below: int = 0


class Part:
    """Boxes by number, each with its corner; bends have the numbers behind theirs."""

    def __init__(self, sizes: Sequence[Size], up: Links) -> None:
        self.sizes = sizes
        self.graph = layered(up, turned(up))
        self.layers = ordered(self.graph)
        heights = [size.height + size.below for size in sizes] + [1] * (len(self.graph.up) - len(sizes))
        self._row = rows_of(self.graph, self.layers, heights)
        rows = max(row + height for row, height in zip(self._row, heights, strict=True))
        self._channels = [self._channel(layer, rows) for layer in self.layers[:-1]]
        self._x = self._layer_columns()
        self._y = y = self._cell_rows(rows)
        layer_of = {box: index for index, layer in enumerate(self.layers) for box in layer}
        self.corners = [(self._x[layer_of[box]], y[row]) for box, row in enumerate(self._row)]
        self.width = self._x[-1] + self._width(self.layers[-1])
        self.height = max(
            *(y + size.height for (_, y), size in zip(self.corners, sizes, strict=False)),
            *(y + 1 for _, y in self.corners),
            *(y[turn] + 1 for gap in self._channels for turn in gap.turns.values()),
        )

    def _channel(self, layer: Sequence[int], rows: int) -> Channel:
        row = self._row
        return channel(nets_of({row[box]: [row[after] for after in self.graph.down[box]] for box in layer}), rows)

    def _cell_rows(self, rows: int) -> dict[Row, int]:
        """Of each row its cell: nets may turn on new rows between the others."""
        used: set[Row] = set(range(rows))
        used.update(row for gap in self._channels for row in gap.turns.values())
        return {row: index for index, row in enumerate(sorted(used))}

    def _width(self, layer: Sequence[int]) -> int:
        return max((self.sizes[box].width for box in layer if box < len(self.sizes)), default=1)

    def _layer_columns(self) -> list[int]:
        x = [0]
        for layer, gap in zip(self.layers, self._channels, strict=False):
            inside = 2 * LINE + (gap.columns - 1) * _pitch(gap) + 1 if gap.columns else STRAIGHT
            x.append(x[-1] + self._width(layer) + inside + 2)
        return x

    def lines(self) -> dict[Edge, tuple[Point, ...]]:
        """The corners of each edge's line, from the box that it leaves to the box at which it arrives."""
        link: dict[Edge, list[Point]] = {}
        for index, layer in enumerate(self.layers[:-1]):
            self._find_links(index, layer, link)
        return {
            edge: tuple(point for piece in pairwise(way) for point in link[piece])
            for edge, way in self.graph.ways.items()
        }

    def _find_links(self, index: int, layer: Sequence[int], link: dict[Edge, list[Point]]) -> None:
        gap = self._channels[index]
        first, pitch = self._x[index] + self._width(layer) + 1 + LINE, _pitch(gap)
        legs: dict[int, list[int]] = {}
        for leg in gap.legs:
            legs.setdefault(leg.net, []).append(first + leg.column * pitch)
        net_of = {row: number for number, net in enumerate(gap.nets) for row in net.sources}
        for box in layer:
            for after in self.graph.down[box]:
                net = net_of[self._row[box]]
                link[box, after] = self._link(box, after, legs.get(net, []), self._y.get(gap.turns.get(net, 0), 0))

    def _link(self, box: int, after: int, legs: list[int], turn: int) -> list[Point]:
        """From a box or bend over the legs of its net to one in the next layer; between two legs on the row `turn`."""
        (x, y), (end_x, end_y) = self.corners[box], self.corners[after]
        start = x + self.sizes[box].width + 1 if box < len(self.sizes) else x, y
        end = end_x - (2 if after < len(self.sizes) else 1), end_y
        if y == end_y:
            return [start, end]
        if len(legs) == 1:
            return [start, (legs[0], y), (legs[0], end_y), end]
        return [start, (legs[0], y), (legs[0], turn), (legs[1], turn), (legs[1], end_y), end]


def _pitch(gap: Channel) -> int:
    """From one upright line to the next."""
    return 2 if gap.columns <= FEW_COLUMNS else 1
