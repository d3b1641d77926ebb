"""The row of each box and bend: straight lines, a box beside the middle of its neighbours, nothing too far apart.

The method of Brandes and Köpf (2001), who align every box with a median neighbour, once for each corner of the picture
that is packed first. Their mean of the four has many small steps; here the calmest is taken and its straight lines are
moved, each as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from flowlite.tui.layout.layers import Layered

Rows = list[int]
Layers = Sequence[Sequence[int]]
TURN, HEIGHT = 4, 2  # what a turn and a row of the whole picture cost, in rows that an edge goes up or down
ROUNDS = 6  # in which lines are moved, at most
FAR = 1_000_000


def rows_of(graph: Layered, layers: Layers, heights: Sequence[int]) -> Rows:
    """A row for each box and bend, from 0; two of a layer are at least the height of the upper one apart."""
    if not graph.up:
        return []
    crossed = _giving_way(graph, layers)
    four = [
        _packed(graph, layers, heights, crossed, from_left=from_left, from_top=from_top)
        for from_left in (True, False)
        for from_top in (True, False)
    ]
    calmest = min((_without_empty_rows(rows, heights) for rows in four), key=lambda rows: _unrest(graph, rows))
    return _without_empty_rows(_settled(graph, layers, heights, calmest), heights)


def places(layers: Layers) -> list[int]:
    """Of each box and bend: which one of its layer it is."""
    place = [0] * sum(map(len, layers))
    for layer in layers:
        for index, number in enumerate(layer):
            place[number] = index
    return place


def _unrest(graph: Layered, rows: Rows) -> int:
    """What disturbs the eye: turns, long ways up and down, a high picture."""
    steps = [abs(rows[number] - rows[after]) for number, afters in enumerate(graph.down) for after in afters]
    return TURN * sum(map(bool, steps)) + sum(steps) + HEIGHT * max(rows)


def _without_empty_rows(rows: Rows, heights: Sequence[int]) -> Rows:
    used = {row + line for row, height in zip(rows, heights, strict=True) for line in range(height)}
    at = {row: index for index, row in enumerate(sorted(used))}
    return [at[row] for row in rows]


# --- one of the four --------------------------------------------------------------------------------------------------
def _giving_way(graph: Layered, layers: Layers) -> set[tuple[int, int]]:
    """Links that cross a link between two bends, which is to be straight."""
    place = places(layers)
    found: set[tuple[int, int]] = set()
    for layer, following in pairwise(layers):
        first = begun = 0
        for index, number in enumerate(following):
            rail = next((up for up in graph.up[number] if _is_rail(graph, up, number)), None)
            if rail is None and index + 1 < len(following):
                continue
            last = len(layer) - 1 if rail is None else place[rail]
            for below in following[begun : index + 1]:
                outside = [up for up in graph.up[below] if not first <= place[up] <= last]
                found.update((up, below) for up in outside if not _is_rail(graph, up, below))
            first, begun = last, index + 1
    return found


def _is_rail(graph: Layered, above: int, below: int) -> bool:
    return above >= graph.boxes and below >= graph.boxes


def _packed(
    graph: Layered, layers: Layers, heights: Sequence[int], crossed: set[tuple[int, int]], *, from_left: bool,
    from_top: bool,
) -> Rows:  # fmt: skip
    """Aligned with neighbours on one side, packed towards one end."""
    seen = [list(layer if from_top else layer[::-1]) for layer in layers]
    head = _aligned(graph.up if from_left else graph.down, seen if from_left else seen[::-1], crossed)
    behind: list[dict[int, int]] = [{} for _ in head]  # of heads: who stands right behind, and how far at least
    for layer in seen:
        for here, there in pairwise(layer):
            gap = heights[here if from_top else there]
            behind[head[here]][head[there]] = max(behind[head[here]].get(head[there], 0), gap)
    at = _placed(head, behind)
    rows = [at[first] if from_top else -at[first] for first in head]
    top = min(rows)
    return [row - top for row in rows]


def _aligned(beside: Layers, layers: Layers, crossed: set[tuple[int, int]]) -> list[int]:
    """The head of the line that each one stands in: lines go through median neighbours and never cross."""
    place = places(layers)
    head = list(range(len(beside)))
    for layer in layers:
        last = -1
        for number in layer:
            others = sorted(beside[number], key=place.__getitem__)
            for other in dict.fromkeys(others[(len(others) - 1) // 2 : len(others) // 2 + 1]):
                gives_way = (other, number) in crossed or (number, other) in crossed
                if not gives_way and last < place[other]:
                    head[number], last = head[other], place[other]
                    break
    return head


def _placed(head: Sequence[int], behind: Sequence[Mapping[int, int]]) -> Rows:
    """Each line as near to the beginning as those before it let it, then as near to those behind it as they are."""
    heads = [number for number, first in enumerate(head) if number == first]
    before = [0] * len(head)
    for number in heads:
        for other in behind[number]:
            before[other] += 1
    order = [number for number in heads if not before[number]]
    at = [0] * len(head)
    for number in order:
        for other, gap in behind[number].items():
            at[other] = max(at[other], at[number] + gap)
            before[other] -= 1
            if not before[other]:
                order.append(other)
    for number in reversed(order):
        if behind[number]:
            at[number] = max(at[number], min(at[other] - gap for other, gap in behind[number].items()))
    return at


# --- the calmest, settled ---------------------------------------------------------------------------------------------
def _settled(graph: Layered, layers: Layers, heights: Sequence[int], rows: Rows) -> Rows:
    """Straight lines moved to the middle of what they are linked with, as far as there is room."""
    rows = list(rows)
    above: dict[int, int] = {}
    below: dict[int, int] = {}
    for upper, lower in (pair for layer in layers for pair in pairwise(layer)):
        below[upper], above[lower] = lower, upper
    for _ in range(ROUNDS):
        has_moved = False
        for line in _straight_lines(graph, rows):
            step = _step(graph, line, rows)
            room_up = min((rows[n] - rows[above[n]] - heights[above[n]] for n in line if n in above), default=FAR)
            room_down = min((rows[below[n]] - rows[n] - heights[n] for n in line if n in below), default=FAR)
            step = min(max(step, -room_up), room_down)
            for number in line if step else ():
                rows[number] += step
                has_moved = True
        if not has_moved:
            break
    return rows


def _straight_lines(graph: Layered, rows: Rows) -> list[list[int]]:
    """Boxes and bends that links join on one row."""
    lines = [[number] for number in range(len(rows))]
    for number, afters in enumerate(graph.down):
        for after in afters:
            one, other = lines[number], lines[after]
            if rows[number] == rows[after] and one is not other:
                one += other
                for moved in other:
                    lines[moved] = one
    return list({id(line): line for line in lines}.values())


def _step(graph: Layered, line: Sequence[int], rows: Rows) -> int:
    """To the median of what a line is linked with on other rows."""
    row = rows[line[0]]
    wanted = sorted([rows[o] for number in line for o in (*graph.up[number], *graph.down[number]) if rows[o] != row])
    return (wanted[(len(wanted) - 1) // 2] + wanted[len(wanted) // 2]) // 2 - row if wanted else 0
