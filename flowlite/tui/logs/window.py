"""The window: which rows of a log are seen. Somebody follows its end, or has paused somewhere; nothing between the two
can be said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

Measure = Callable[[int], int]
"""How many rows of the screen the row at a place takes."""


class Following(NamedTuple):
    """The last row is at the bottom, and stays there as more come."""


class Paused(NamedTuple):
    """The row at `top` is the first that is seen, without its first `skip` lines; the cursor is on the one at
    `cursor`."""

    top: int
    skip: int
    cursor: int


Position = Following | Paused


class Seen(NamedTuple):
    """A row on the screen: `lines` of it, from line `skip` on."""

    place: int
    skip: int
    lines: int


def cursor_of(position: Position, count: int) -> int:
    """The place that is acted on."""
    return max(0, count - 1) if isinstance(position, Following) else position.cursor


def settled(position: Position, count: int, height: int, measure: Measure) -> Position:
    """The same with the cursor on a row that there is and that is seen, and no room left below the last row."""
    if isinstance(position, Following):
        return position
    cursor = min(max(position.cursor, 0), max(0, count - 1))
    top, skip = min(max(position.top, 0), max(0, count - 1)), position.skip
    if cursor < top or (cursor == top and skip):
        top, skip = cursor, 0
    elif cursor > top:
        lowest = ending_at(cursor, height, measure)
        if lowest > (top, skip):
            top, skip = lowest
    if count:
        top, skip = min((top, skip), ending_at(count - 1, height, measure))
    return Paused(top, skip, cursor)


def ending_at(last: int, height: int, measure: Measure) -> tuple[int, int]:
    """Where the window begins if this row is the last in it; a row that is higher than the window shows its head."""
    left, place = height - measure(last), last
    if left <= 0:
        return last, 0
    while place > 0:
        taken = measure(place - 1)
        if taken >= left:
            return place - 1, taken - left
        left, place = left - taken, place - 1
    return 0, 0


def seen(position: Position, count: int, height: int, measure: Measure) -> Iterator[Seen]:
    """From top to bottom."""
    if not count or height <= 0:
        return
    if isinstance(position, Following):
        place, skip = ending_at(count - 1, height, measure)
    else:
        place, skip = position.top, position.skip
    left = height
    while left > 0 and place < count:
        lines = min(measure(place) - skip, left)
        if lines > 0:
            yield Seen(place, skip, lines)
        left, place, skip = left - max(lines, 0), place + 1, 0


def scrolled(position: Position, by: int, count: int, height: int, measure: Measure) -> Position:
    """The window by so many rows of the screen, the cursor with it where it would be lost."""
    first = next(seen(position, count, height, measure), None)
    if first is None:
        return position
    place, skip = first.place, first.skip + by
    while skip < 0 and place > 0:
        place -= 1
        skip += measure(place)
    while place < count - 1 and skip >= measure(place):
        skip -= measure(place)
        place += 1
    place, skip = min((place, max(skip, 0)), ending_at(count - 1, height, measure))
    cursor = cursor_of(position, count)
    there = [one.place for one in seen(Paused(place, skip, cursor), count, height, measure)]
    whole = there[1:] if skip and len(there) > 1 else there
    return Paused(place, skip, min(max(cursor, whole[0]), whole[-1]))
