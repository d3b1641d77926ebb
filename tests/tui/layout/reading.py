"""Reads what is drawn as a person does: with the eyes on the glyphs, and nothing but them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from flowlite.tui.picture import Row

UP, DOWN, LEFT, RIGHT = 1, 2, 4, 8
ARMS = {glyph: arms for arms, glyph in enumerate(" ╵╷│╴╯╮┤╶╰╭├─┴┬┼")}
STEP = {UP: (0, -1), DOWN: (0, 1), LEFT: (-1, 0), RIGHT: (1, 0)}
BACK = {UP: DOWN, DOWN: UP, LEFT: RIGHT, RIGHT: LEFT}

Rows = Sequence[str]
Point = tuple[int, int]


def arms(rows: Rows, x: int, y: int) -> int:
    """In which directions the glyph of a cell has a line."""
    return ARMS.get(rows[y][x], 0) if 0 <= y < len(rows) and 0 <= x < len(rows[y]) else 0


def goes_right_into(rows: Rows, x: int, y: int) -> bool:
    """May a line go on to the right into this cell? Joined, below an upright line, or into one that curves away."""
    found = arms(rows, x, y)
    return bool(found & LEFT or found == UP | DOWN or found & RIGHT)


def is_connected(rows: Rows, line: Sequence[Point]) -> bool:
    """Is a line drawn all the way along its corners?"""
    return all(_piece_is_drawn(rows, *start, *end) for start, end in pairwise(line))


def _piece_is_drawn(rows: Rows, x: int, y: int, end_x: int, end_y: int) -> bool:
    if y == end_y:
        leaves = bool(arms(rows, x, y) & RIGHT)
        return leaves and all(goes_right_into(rows, cell, y) for cell in range(x + 1, end_x + 1))
    direction = DOWN if end_y > y else UP
    rest = range(y, end_y, 1 if end_y > y else -1)
    return all(
        arms(rows, x, cell) & direction and arms(rows, x, cell + STEP[direction][1]) & BACK[direction] for cell in rest
    )


def ends_seen(rows: Rows, start: Point) -> set[Point]:
    """Where the eye may arrive that follows the lines from a cell on, always to the right, up or down."""
    found, seen, stack = set[Point](), set[tuple[Point, int]](), [(start, RIGHT)]
    while stack:
        (x, y), heading = state = stack.pop()
        if state in seen:
            continue
        seen.add(state)
        here = arms(rows, x, y)
        if heading == RIGHT and here == UP | DOWN:
            stack.append(((x + 1, y), RIGHT))
            continue
        onward = (
            [RIGHT] if heading == RIGHT and not here & LEFT else [d for d in (UP, DOWN, RIGHT) if d != BACK[heading]]
        )
        for direction in onward:
            if here & direction:
                there = x + STEP[direction][0], y + STEP[direction][1]
                if direction == RIGHT and not goes_right_into(rows, *there):
                    found.add((x, y))
                elif direction == RIGHT or arms(rows, *there) & BACK[direction]:
                    stack.append((there, direction))
    return found


def texts(rows: Iterable[Row]) -> list[str]:
    """What the rows say, without colour."""
    found = []
    for row in rows:
        text = ""
        for span in row:
            text = text.ljust(span.x) + span.text
        found.append(text)
    return found
