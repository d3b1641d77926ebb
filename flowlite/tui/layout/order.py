"""The order within each layer, such that few edges cross: sweeps of medians, then exchanges of neighbours."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence

from flowlite.tui.layout.layers import Layered
from flowlite.tui.layout.rows import places

SWEEPS = 8
EXCHANGES = 4  # rounds at most
SMALL = 400  # boxes and bends up to which several beginnings are tried


def ordered(graph: Layered) -> list[list[int]]:
    """The layers, each from top to bottom. The same graph is always ordered in the same way."""
    begun = [_walked(graph, from_the_left=True)]
    if len(graph.up) <= SMALL:
        begun += [_walked(graph, from_the_left=False), [list(layer) for layer in graph.layers]]
    tries = [_Ordering(graph, layers) for layers in begun]
    for one in tries:
        one.improve()
    return min(tries, key=lambda one: one.crossings).layers


def crossings(layers: Sequence[Sequence[int]], down: Sequence[Sequence[int]]) -> int:
    """How often edges cross between neighbouring layers."""
    place = places(layers)
    return sum(_crossings_below(layer, down, place) for layer in layers[:-1])


def _crossings_below(layer: Sequence[int], down: Sequence[Sequence[int]], place: Sequence[int]) -> int:
    found, passed = 0, list[int]()
    for number in layer:
        ends = sorted([place[after] for after in down[number]])
        for end in ends:
            found += len(passed) - bisect_right(passed, end)
        for end in ends:
            insort(passed, end)
    return found


def _walked(graph: Layered, *, from_the_left: bool) -> list[list[int]]:
    """Layers filled in the order of a walk that follows each edge at once: what belongs together stays together."""
    onward = graph.down if from_the_left else graph.up
    starts = [number for layer in (graph.layers if from_the_left else graph.layers[::-1]) for number in layer]
    layer_of = {number: index for index, layer in enumerate(graph.layers) for number in layer}
    layers: list[list[int]] = [[] for _ in graph.layers]
    seen: set[int] = set()
    for start in starts:
        stack = [start]
        while stack:
            number = stack.pop()
            if number not in seen:
                seen.add(number)
                layers[layer_of[number]].append(number)
                stack.extend(reversed(onward[number]))
    return layers


class _Ordering:
    """One attempt to put the layers in order, from one beginning."""

    def __init__(self, graph: Layered, layers: list[list[int]]) -> None:
        self.up, self.down = graph.up, graph.down
        self.layers = layers
        self.place = places(layers)
        self.crossings = crossings(layers, self.down)

    def improve(self) -> None:
        """Sweep to the right and back while it helps, exchange neighbours, and keep the best that was seen."""
        best = self.crossings, [list(layer) for layer in self.layers]
        for sweep in range(SWEEPS):
            if not best[0]:
                break
            self._sweep(to_the_right=sweep % 2 == 0)
            self._exchange()
            self.crossings = crossings(self.layers, self.down)
            if self.crossings < best[0]:
                best = self.crossings, [list(layer) for layer in self.layers]
            elif sweep % 2:
                break
        self.crossings, self.layers = best

    def _sweep(self, *, to_the_right: bool) -> None:
        beside = self.up if to_the_right else self.down
        for layer in self.layers[1:] if to_the_right else self.layers[-2::-1]:
            self._sort(layer, beside)

    def _sort(self, layer: list[int], beside: Sequence[Sequence[int]]) -> None:
        """By the median of the neighbours on one side; who has none there keeps its place."""
        place = self.place
        wanted = {}
        for number in layer:
            found = [place[other] for other in beside[number]]
            if found:
                wanted[number] = median(sorted(found))
        free = iter(sorted(wanted, key=lambda number: (wanted[number], place[number])))
        layer[:] = [next(free) if number in wanted else number for number in layer]
        for index, number in enumerate(layer):
            place[number] = index

    def _exchange(self) -> None:
        """Swap neighbours in a layer wherever that undoes crossings, until it does not any more."""
        stale = set(range(len(self.layers)))
        for _ in range(EXCHANGES):
            changed = [index for index in sorted(stale) if self._exchange_in(self.layers[index])]
            stale = {index + step for index in changed for step in (-1, 0, 1)} & set(range(len(self.layers)))

    def _exchange_in(self, layer: list[int]) -> bool:
        place, has_changed = self.place, False
        above = [sorted([place[other] for other in self.up[number]]) for number in layer]
        below = [sorted([place[other] for other in self.down[number]]) for number in layer]
        for index in range(len(layer) - 1):
            if _gains(above, below, index):
                has_changed = True
                layer[index : index + 2] = layer[index + 1], layer[index]
                above[index : index + 2] = above[index + 1], above[index]
                below[index : index + 2] = below[index + 1], below[index]
        for index, number in enumerate(layer):
            place[number] = index
        return has_changed


def _gains(above: Sequence[Sequence[int]], below: Sequence[Sequence[int]], index: int) -> bool:
    """Would two neighbours' edges cross less the other way round?"""
    here, there, left, right = above[index], above[index + 1], below[index], below[index + 1]
    now = _inverted(here, there) + _inverted(left, right)
    return now > 0 and now > _inverted(there, here) + _inverted(right, left)


def _inverted(upper: Sequence[int], lower: Sequence[int]) -> int:
    """How often an end of the upper one lies below one of the lower one."""
    if not upper or not lower or upper[-1] <= lower[0]:
        return 0
    return sum([bisect_left(lower, end) for end in upper])


def median(ranked: Sequence[float]) -> float:
    """Weighted as Gansner and others do: of an even number, nearer to the side where the others are closer together."""
    half = len(ranked) // 2
    if len(ranked) % 2:
        return ranked[half]
    if len(ranked) == 2:
        return (ranked[0] + ranked[1]) / 2
    left, right = ranked[half - 1] - ranked[0], ranked[-1] - ranked[half]
    if left + right == 0:
        return (ranked[half - 1] + ranked[half]) / 2
    return (ranked[half - 1] * right + ranked[half] * left) / (left + right)
