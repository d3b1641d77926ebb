"""What is seen of a log: at its end or paused somewhere, with rows of any height, and never past either end."""

from __future__ import annotations

import random

import pytest

from flowlite.tui.logs.window import Following, Paused, cursor_of, ending_at, scrolled, seen, settled


def heights(*found: int):
    return lambda place: found[place]


def places(position, count, height, measure):
    return [place for place, _, lines in seen(position, count, height, measure) for _ in range(lines)]


def test_whoever_follows_sees_the_last_rows():
    assert places(Following(), 100, 5, lambda place: 1) == [95, 96, 97, 98, 99]
    assert places(Following(), 3, 5, lambda place: 1) == [0, 1, 2]
    assert places(Following(), 0, 5, lambda place: 1) == []
    assert places(Following(), 3, 5, heights(4, 1, 3)) == [0, 1, 2, 2, 2]
    assert cursor_of(Following(), 7) == 6


def test_a_row_higher_than_the_window_shows_its_head():
    assert ending_at(1, 5, heights(1, 9)) == (1, 0)
    assert places(Following(), 2, 5, heights(1, 9)) == [1] * 5


def test_the_cursor_is_brought_into_view():
    one = lambda place: 1  # noqa: E731
    assert settled(Paused(10, 0, 5), 100, 10, one) == Paused(5, 0, 5)
    assert settled(Paused(10, 0, 50), 100, 10, one) == Paused(41, 0, 50)
    assert settled(Paused(99, 0, 99), 100, 10, one) == Paused(90, 0, 99)
    assert settled(Paused(5, 0, 500), 3, 10, one) == Paused(0, 0, 2)
    assert settled(Paused(5, 0, 5), 0, 10, one) == Paused(0, 0, 0)


@pytest.mark.parametrize("seed", range(60))
def test_wherever_one_goes_the_cursor_is_seen_and_nothing_is_left_blank(seed):
    luck = random.Random(seed)
    count, height = luck.randrange(1, 40), luck.randrange(1, 12)
    tall = [luck.choice([1, 1, 1, 2, 5]) for _ in range(count)]
    measure = tall.__getitem__
    position = Following()
    for _ in range(80):
        cursor = cursor_of(position, count)
        match luck.randrange(4):
            case 0:
                position = Following()
            case 1:
                position = scrolled(position, luck.randrange(-9, 10), count, height, measure)
            case _:
                top, skip = (position.top, position.skip) if isinstance(position, Paused) else ending_at(
                    count - 1, height, measure
                )  # fmt: skip
                position = Paused(top, skip, cursor + luck.randrange(-6, 7))
        position = settled(position, count, height, measure)
        shown = places(position, count, height, measure)
        assert cursor_of(position, count) in shown
        assert len(shown) == min(height, sum(tall)) or (shown[-1] == count - 1 and tall[-1] > height)
        assert shown == sorted(shown)


def test_scrolling_goes_by_rows_of_the_screen():
    measure = heights(1, 3, 1, 1, 1, 1)
    start = Paused(0, 0, 0)
    down = scrolled(start, 2, 6, 3, measure)
    assert down == Paused(1, 1, 2)
    assert scrolled(down, -2, 6, 3, measure).top == 0
    assert scrolled(start, 99, 6, 3, measure) == Paused(3, 0, 3)
