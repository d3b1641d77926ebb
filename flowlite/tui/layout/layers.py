"""Layers: how far to the right each box of a graph stands, and the rails on which long edges pass other layers.

Boxes are numbers from 0; what comes before what is given as lists of numbers. Nothing here knows what a box is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

Links = Sequence[Sequence[int]]


@dataclass(frozen=True, slots=True)
class Layered:
    """Boxes in layers. Numbers from `boxes` on are bends: places where a rail passes a layer.

    `up` and `down` link neighbouring layers only; `ways` tells for each edge over which bends it goes.
    """

    boxes: int
    layers: list[list[int]]
    up: list[list[int]]
    down: list[list[int]]
    ways: dict[tuple[int, int], tuple[int, ...]]


def turned(links: Links) -> list[list[int]]:
    """The same edges the other way round."""
    out: list[list[int]] = [[] for _ in links]
    for number, others in enumerate(links):
        for other in others:
            out[other].append(number)
    return out


def in_order(up: Links, down: Links) -> list[int]:
    """Every box after those before it; of several that could come next, the one that became free first."""
    missing = [len(before) for before in up]
    order = [number for number, count in enumerate(missing) if not count]
    for number in order:
        for after in down[number]:
            missing[after] -= 1
            if not missing[after]:
                order.append(after)
    return order


def depths(up: Links, down: Links) -> list[int]:
    """The layer of each box: right behind the last before it, or further right where that makes its edges shorter."""
    order = in_order(up, down)
    depth = [0] * len(up)
    for number in order:
        depth[number] = max((depth[before] + 1 for before in up[number]), default=0)
    for number in reversed(order):
        if len(down[number]) > len(up[number]):
            depth[number] = min(depth[after] for after in down[number]) - 1
    return depth


def layered(up: Links, down: Links) -> Layered:
    """A graph without loops in layers, long edges cut at every layer that they pass.

    Long edges from one box share a rail, or those to one box do, whichever rail has more to carry: a fan of fifty is
    one line with fifty ends.
    """
    depth = depths(up, down)
    rails = _Rails(depth)
    edges = [(number, after) for number, afters in enumerate(down) for after in afters]
    long = [edge for edge in edges if depth[edge[1]] - depth[edge[0]] > 1]
    out, into = [0] * len(up), [0] * len(up)
    for start, end in long:
        out[start] += 1
        into[end] += 1
    ways = {(start, end): rails.way(start, end, shares_end=into[end] > out[start]) for start, end in edges}
    return _linked(len(up), rails.depth, ways)


class _Rails:
    """The bends of long edges, shared by all that leave one box or arrive at one."""

    def __init__(self, depth: Sequence[int]) -> None:
        self.depth = list(depth)
        self._bends: dict[tuple[int, int, bool], int] = {}

    def way(self, start: int, end: int, *, shares_end: bool) -> tuple[int, ...]:
        """From one box over bends to the other."""
        owner = end if shares_end else start
        passed = range(self.depth[start] + 1, self.depth[end])
        return (start, *(self._bend(owner, layer, is_end=shares_end) for layer in passed), end)

    def _bend(self, owner: int, layer: int, *, is_end: bool) -> int:
        found = self._bends.get((owner, layer, is_end))
        if found is None:
            found = self._bends[owner, layer, is_end] = len(self.depth)
            self.depth.append(layer)
        return found


def _linked(boxes: int, depth: Sequence[int], ways: dict[tuple[int, int], tuple[int, ...]]) -> Layered:
    links = dict.fromkeys(link for way in ways.values() for link in pairwise(way))
    down: list[list[int]] = [[] for _ in depth]
    for here, there in links:
        down[here].append(there)
    layers: list[list[int]] = [[] for _ in range(max(depth, default=-1) + 1)]
    for number, layer in enumerate(depth):
        layers[layer].append(number)
    return Layered(boxes, layers, turned(down), down, ways)
