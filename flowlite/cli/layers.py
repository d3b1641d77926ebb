"""Where the tasks of a DAG go when it is drawn from left to right: a layer for each, and a row within it. Pure.

The method of Sugiyama: layers by the longest way from a root, long edges cut by bends in every layer they pass, the
order within a layer by medians until edges cross as little as they may, then rows by medians, for straight lines.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

ORDER_SWEEPS = 8
ROW_SWEEPS = 12


@dataclass(frozen=True, slots=True)
class Spot:
    """A task, or (`task` is None) a bend of a long edge."""

    number: int
    layer: int
    task: str | None


@dataclass(frozen=True, slots=True)
class Layout:
    """Spots by layer from top to bottom, the row of each, and the short edges between neighbouring layers."""

    layers: tuple[tuple[Spot, ...], ...]
    rows: Mapping[Spot, int]
    edges: Mapping[Spot, tuple[Spot, ...]]


class _Draft:
    """The graph cut into short edges, while its layers are being ordered."""

    def __init__(self, after: Mapping[str, Sequence[str]]) -> None:
        ranks = layers_of(after)
        self.layers: list[list[Spot]] = [[] for _ in range(max(ranks.values(), default=-1) + 1)]
        self.down: dict[Spot, list[Spot]] = defaultdict(list)
        self.up: dict[Spot, list[Spot]] = defaultdict(list)
        self._count = 0
        spots = {task: self._spot(ranks[task], task) for task in after}
        for task, upstream in after.items():
            for source in upstream:
                self._join(spots[source], spots[task])

    def _spot(self, layer: int, task: str | None) -> Spot:
        spot = Spot(self._count, layer, task)
        self._count += 1
        self.layers[layer].append(spot)
        return spot

    def _join(self, source: Spot, target: Spot) -> None:
        here = source
        for layer in range(source.layer + 1, target.layer):
            here = self._link(here, self._spot(layer, None))
        self._link(here, target)

    def _link(self, source: Spot, target: Spot) -> Spot:
        self.down[source].append(target)
        self.up[target].append(source)
        return target

    def sweep(self, *, is_down: bool) -> None:
        """Order each layer by the medians of its neighbours in the one before it."""
        near, order = (self.up, self.layers) if is_down else (self.down, self.layers[::-1])
        for before, layer in pairwise(order):
            place = {spot: i for one in (before, layer) for i, spot in enumerate(one)}
            wished = {spot: (_median([place[n] for n in near[spot]], place[spot]), place[spot]) for spot in layer}
            layer.sort(key=wished.__getitem__)

    def crossings(self) -> int:
        """How many pairs of edges cross."""
        found = 0
        for upper, lower in pairwise(self.layers):
            place = {spot: i for i, spot in enumerate(lower)}
            seen: list[int] = []
            for spot in upper:
                ends = sorted(place[target] for target in self.down[spot])
                found += sum(len(seen) - bisect_right(seen, end) for end in ends)
                for end in ends:
                    insort(seen, end)
        return found


def layers_of(after: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """The layer of each task: the longest way from a root; a root itself stands right before its nearest downstream."""
    ranks: dict[str, int] = {}
    downstream: dict[str, list[str]] = defaultdict(list)
    for task in topological(after):
        ranks[task] = max((ranks[source] + 1 for source in after[task]), default=0)
        for source in after[task]:
            downstream[source].append(task)
    for task, upstream in after.items():
        if not upstream and downstream[task]:
            ranks[task] = min(ranks[target] for target in downstream[task]) - 1
    return ranks


def topological(after: Mapping[str, Sequence[str]]) -> list[str]:
    """Every task behind its upstream; the given order where there is a choice."""
    left = {task: len(set(upstream)) for task, upstream in after.items()}
    downstream: dict[str, list[str]] = defaultdict(list)
    for task, upstream in after.items():
        for source in dict.fromkeys(upstream):
            downstream[source].append(task)
    ready = [task for task, count in left.items() if not count]
    for task in ready:
        for target in downstream[task]:
            left[target] -= 1
            if not left[target]:
                ready.append(target)
    return ready


def layout(after: Mapping[str, Sequence[str]]) -> Layout:
    """Lay the tasks out; `after` names the upstream of each, in declaration order, without cycles."""
    draft = _Draft({task: list(dict.fromkeys(upstream)) for task, upstream in after.items()})
    best, fewest = [list(layer) for layer in draft.layers], draft.crossings()
    for turn in range(ORDER_SWEEPS):
        if not fewest:
            break
        draft.sweep(is_down=turn % 2 == 0)
        if (crossings := draft.crossings()) < fewest:
            best, fewest = [list(layer) for layer in draft.layers], crossings
    rows = _rows(best, draft.up, draft.down)
    edges = {spot: tuple(targets) for spot, targets in draft.down.items()}
    return Layout(tuple(tuple(layer) for layer in best), rows, edges)


def _rows(
    layers: Sequence[Sequence[Spot]], up: Mapping[Spot, list[Spot]], down: Mapping[Spot, list[Spot]]
) -> dict[Spot, int]:
    rows = {spot: i for layer in layers for i, spot in enumerate(layer)}
    for turn in range(ROW_SWEEPS):
        near, order = (up, layers) if turn % 2 == 0 else (down, layers[::-1])
        for layer in order:
            wished = [_median([rows[n] for n in near.get(spot, ())], rows[spot]) for spot in layer]
            rows.update(zip(layer, _spread(wished), strict=True))
    top = min(rows.values(), default=0)
    return {spot: row - top for spot, row in rows.items()}


def _spread(wished: Sequence[int]) -> list[int]:
    """Rows as near as may be to those wished for, in the same order and each its own: the mean of pushing all down and
    pushing all up."""
    low, high, placed = -(10**9), 10**9, -(10**9)
    downward, upward = [], []
    for row in wished:
        low = max(row, low + 1)
        downward.append(low)
    for row in reversed(wished):
        high = min(row, high - 1)
        upward.append(high)
    result = []
    for a, b in zip(downward, reversed(upward), strict=True):
        placed = max((a + b) // 2, placed + 1)
        result.append(placed)
    return result


def _median(values: Iterable[int], otherwise: int) -> int:
    ordered = sorted(values)
    return ordered[(len(ordered) - 1) // 2] if ordered else otherwise
