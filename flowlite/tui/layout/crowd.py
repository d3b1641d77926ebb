"""Many task instances taken together: the elements of a map, the tasks of a family. What is asked of them is how many
ran at a time, so that ten thousand cost little more than ten."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from flowlite.tui.layout.course import Course
from flowlite.tui.layout.tally import counted


@dataclass(frozen=True, slots=True)
class Crowd:
    """When attempts began and, as far as they are over, ended, in ascending order; when members failed for good."""

    starts: Sequence[float]
    ends: Sequence[float]
    failed_at: Sequence[float]
    counts: Mapping[str, int]  # of the members, by state

    @property
    def size(self) -> int:
        """How many members there are."""
        return sum(self.counts.values())

    @property
    def started_at(self) -> float | None:
        """Of the first."""
        return self.starts[0] if self.starts else None

    def ended_at(self, now: float) -> float | None:
        """Of the last; now while one goes on, None if none has begun."""
        if not self.starts:
            return None
        return now if len(self.ends) < len(self.starts) else self.ends[-1]

    def at(self, instant: float) -> int:
        """How many ran at that time."""
        return bisect_right(self.starts, instant) - bisect_right(self.ends, instant)

    def began(self, start: float, end: float) -> bool:
        """Whether one began between two instants."""
        return bisect_left(self.starts, start) < bisect_left(self.starts, end)


def crowd_of(courses: Iterable[Course]) -> Crowd:
    """Of single ones."""
    found = list(courses)
    attempts = [attempt for one in found for attempt in one.attempts]
    return Crowd(
        sorted(one.started_at for one in attempts),
        sorted(one.ended_at for one in attempts if one.ended_at is not None),
        sorted(one.since for one in found if one.state == "failed"),
        counted(one.state for one in found),
    )


def joined(crowds: Sequence[Crowd]) -> Crowd:
    """Several as one."""
    counts: dict[str, int] = {}
    for state, number in (item for one in crowds for item in one.counts.items()):
        counts[state] = counts.get(state, 0) + number
    return Crowd(
        sorted(chain.from_iterable(one.starts for one in crowds)),
        sorted(chain.from_iterable(one.ends for one in crowds)),
        sorted(chain.from_iterable(one.failed_at for one in crowds)),
        counts,
    )


def idle(crowd: Crowd, start: float, end: float) -> list[tuple[float, float]]:
    """When nothing ran at all, between two instants."""
    holes, at = [], start
    starts, ends = crowd.starts, [*crowd.ends, *[end] * (len(crowd.starts) - len(crowd.ends))]
    running = over = 0
    for begun in starts:
        while over < len(ends) and ends[over] <= begun:
            running, at, over = running - 1, max(at, ends[over]), over + 1
        if not running and begun > at:
            holes.append((at, begun))
        running += 1
        at = max(at, begun)
    last = max(at, ends[-1]) if ends else at
    if end > last:
        holes.append((last, end))
    return holes
