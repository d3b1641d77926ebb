"""Channels: the gap between two layers, and the upright lines in it that take edges from one row to another.

What enters a gap on the same rows and leaves it on the same rows shares one upright line, a net. A line may cross
others, but never lies on one, and is never left of a line that it would seem to feed: where no order of the nets is
like that, a net turns twice, over a free row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

Row = Fraction | int  # between two rows: a new row is wanted there
OVERLAP = 10_000  # what it costs if lines would lie upon each other: never worth it
MISREAD = 30  # what it costs if an edge could be seen where there is none
ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Net:
    """An upright line: rows that come in from the left, rows that go out to the right."""

    sources: frozenset[Row]
    targets: frozenset[Row]

    @property
    def rows(self) -> frozenset[Row]:
        """All rows that it touches."""
        return self.sources | self.targets

    @property
    def is_straight(self) -> bool:
        """It needs no upright line at all."""
        return len(self.rows) == 1


@dataclass(frozen=True, slots=True)
class Leg:
    """The upright line of a net, or one of its two, in a column; `net` is the number of the net."""

    net: int
    column: int


@dataclass(frozen=True, slots=True)
class Channel:
    """The gap: its nets, and their upright lines from left to right. A net that turns twice has two."""

    nets: tuple[Net, ...]
    legs: tuple[Leg, ...]
    turns: Mapping[int, Row]  # of a net that turns twice: the row between its two lines
    columns: int


def nets_of(links: Mapping[int, Iterable[int]]) -> tuple[Net, ...]:
    """From the rows on the left and, for each, those on the right that it is linked with."""
    by_targets: dict[frozenset[Row], set[Row]] = {}
    for source, targets in links.items():
        if found := frozenset[Row](targets):
            by_targets.setdefault(found, set()).add(source)
    return tuple(Net(frozenset(sources), targets) for targets, sources in by_targets.items())


def channel(nets: Sequence[Net], rows: int) -> Channel:
    """The nets in columns. `rows` is how many rows the picture has: what is free among them may be turned upon."""
    halves = [_Half(index, net.sources, net.targets) for index, net in enumerate(nets) if not net.is_straight]
    taken = {row for net in nets for row in net.rows}
    turns: dict[int, Row] = {}
    halves = _in_order(halves)
    while (overlap := _first_overlap(halves)) is not None:
        whole = next((half for half in overlap if half.is_whole), None)
        if whole is None:
            halves.sort(key=lambda half: half.is_second - half.is_first)
            continue
        turns[whole.net] = turn = _free_row(whole, taken, rows)
        taken.add(turn)
        halves = _in_order([half for half in halves if half is not whole] + whole.turning_at(turn))
    columns = _columns(halves)
    legs = [Leg(half.net, column) for half, column in zip(halves, columns, strict=True)]
    return Channel(tuple(nets), tuple(legs), turns, max(columns, default=-1) + 1)


class _Half:
    """A net on its way to a column, or one of the two halves of a net that turns twice."""

    def __init__(
        self, net: int, sources: frozenset[Row], targets: frozenset[Row], *, is_first: bool = False,
        is_second: bool = False,
    ) -> None:  # fmt: skip
        self.net, self.sources, self.targets = net, sources, targets
        self.is_first, self.is_second = is_first, is_second
        self.rows = sources | targets
        self.top, self.bottom = min(self.rows), max(self.rows)

    @property
    def is_whole(self) -> bool:
        return not self.is_first and not self.is_second

    def turning_at(self, row: Row) -> list[_Half]:
        """The two halves that it becomes."""
        turn = frozenset({row})
        return [
            _Half(self.net, self.sources, turn, is_first=True),
            _Half(self.net, turn, self.targets, is_second=True),
        ]

    def meets(self, other: _Half) -> bool:
        """Do they share a row, so that they can't stand in one column?"""
        return self.top <= other.bottom and other.top <= self.bottom

    def crossed_by(self, rows: Iterable[Row]) -> int:
        """How many of these rows pass it without touching it."""
        top, bottom, own = self.top, self.bottom, self.rows
        return len([row for row in rows if top < row < bottom and row not in own])


def _cost(left: _Half, right: _Half) -> int:
    """Of one standing to the left of the other: crossings, and worse."""
    if left.net == right.net:
        return OVERLAP if left.is_second else 0
    cost = right.crossed_by(left.targets) + left.crossed_by(right.sources)
    for row in left.targets & right.sources:
        if row not in right.targets:
            cost += OVERLAP
        elif not right.targets <= left.targets:
            cost += MISREAD
    return cost


def _in_order(halves: Sequence[_Half]) -> list[_Half]:
    """From left to right: each is moved to where it costs least, until none gains by moving."""
    halves = sorted(halves, key=lambda half: (half.top, half.bottom, half.net, half.is_second))
    dearer = _dearer(halves)
    order: list[int] = []
    for index in range(len(halves)):
        order.insert(_cheapest(order, dearer[index]), index)
    for _ in range(ROUNDS):
        before = list(order)
        for index in before:
            order.remove(index)
            order.insert(_cheapest(order, dearer[index]), index)
        if order == before:
            break
    return [halves[index] for index in order]


def _dearer(halves: Sequence[_Half]) -> list[list[int]]:
    """Of each pair: how much more it costs if the second stands to the left of the first than the other way round."""
    found = [[0] * len(halves) for _ in halves]
    for index, one in enumerate(halves):
        for number in range(index + 1, len(halves)):
            other = halves[number]
            if other.top > one.bottom:
                break
            more = _cost(other, one) - _cost(one, other)
            found[index][number], found[number][index] = more, -more
    return found


def _cheapest(order: Sequence[int], dearer: Sequence[int]) -> int:
    """The place in the order where one more costs least, the leftmost of several."""
    best = place = cost = 0
    for index, other in enumerate(order):
        cost += dearer[other]
        if cost < best:
            best, place = cost, index + 1
    return place


def _first_overlap(order: Sequence[_Half]) -> tuple[_Half, _Half] | None:
    """A net whose way out lies on the way in of another, which stands to its right, or seems to go on there."""
    for index, left in enumerate(order):
        for right in order[index + 1 :]:
            if left.net == right.net:
                is_wrong = left.is_second
            elif left.top > right.bottom or right.top > left.bottom:
                continue
            else:
                shared = left.targets & right.sources
                is_wrong = bool(shared) and (not shared <= right.targets or not right.targets <= left.targets)
            if is_wrong:
                return left, right
    return None


def _free_row(half: _Half, taken: set[Row], rows: int) -> Row:
    """Where a net may turn: the free row that is nearest to its middle, or a new one there."""
    middle = Fraction(half.top + half.bottom) / 2
    free = [row for row in range(rows) if row not in taken and half.top - 2 <= row <= half.bottom + 2]
    if free:
        return min(free, key=lambda row: (abs(row - middle), row))
    row = Fraction(half.top) + Fraction(1, 2)
    while row in taken:
        row = (row + int(half.top)) / 2
    return row


def _columns(order: Sequence[_Half]) -> list[int]:
    """As far to the left as those that stand to the left and share a row let each one."""
    columns: list[int] = []
    for index, half in enumerate(order):
        beside = [columns[other] for other in range(index) if order[other].meets(half)]
        columns.append(max(beside, default=-1) + 1)
    return columns
