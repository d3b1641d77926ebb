"""What every schedule with fire times can answer: the next one, the one before, the interval that ends there."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

FIRST_REACH = timedelta(minutes=1)
FARTHEST_REACH = timedelta(days=50 * 366)
FINEST = timedelta(seconds=1)


class Moments(ABC):
    """A schedule with fire times."""

    __slots__ = ()

    @abstractmethod
    def next_after(self, instant: datetime) -> datetime | None:
        """The first fire after an aware instant, in UTC; None if there is none."""

    def previous_before(self, instant: datetime) -> datetime | None:
        """The last fire before an aware instant, in UTC."""
        instant = instant.astimezone(UTC)
        low = self._some_before(instant)
        if low is None:
            return None
        return self._last_between(low, instant)

    def interval_before(self, fire: datetime) -> tuple[datetime, datetime] | None:
        """The data interval [start, end) that a fire ends; None for the very first fire."""
        start = self.previous_before(fire)
        return None if start is None else (start, fire.astimezone(UTC))

    def between(self, start: datetime, end: datetime) -> Iterator[datetime]:
        """The fires in [start, end), in order."""
        here = self.next_after(start.astimezone(UTC) - timedelta(microseconds=1))
        while here is not None and here < end:
            yield here
            here = self.next_after(here)

    def next_after_s(self, at: float) -> float | None:
        """The same in seconds since the epoch, as the engine counts."""
        found = self.next_after(datetime.fromtimestamp(at, UTC))
        return None if found is None else found.timestamp()

    def previous_before_s(self, at: float) -> float | None:
        """The same in seconds since the epoch, as the engine counts."""
        found = self.previous_before(datetime.fromtimestamp(at, UTC))
        return None if found is None else found.timestamp()

    def _some_before(self, instant: datetime) -> datetime | None:
        reach = FIRST_REACH
        while reach < FARTHEST_REACH:
            found = self.next_after(instant - reach)
            if found is not None and found < instant:
                return found
            reach *= 2
        return None

    def _last_between(self, low: datetime, high: datetime) -> datetime:
        """`low` is a fire; none lies in [end, high) at any time, and the gap between the two is halved."""
        fire, end = low, high
        while end - fire > FINEST:
            middle = fire + (end - fire) / 2
            found = self.next_after(middle)
            if found is not None and found < high:
                fire = found
            else:
                end = middle
        return fire
