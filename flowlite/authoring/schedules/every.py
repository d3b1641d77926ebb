"""Schedules in elapsed time: no clock change moves them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from flowlite.authoring.problems import DeclarationError
from flowlite.authoring.schedules.cron import aware
from flowlite.authoring.schedules.moments import Moments
from flowlite.authoring.units import instant as instant_of

MONDAY = datetime(1970, 1, 5, tzinfo=UTC)  # so that every(weeks=1) fires on Mondays, and every(hours=6) at 0, 6, 12, 18
SHORTEST = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Every(Moments):
    """Fires at `anchor` and at every whole number of spans before and after it."""

    span: timedelta
    anchor: datetime = MONDAY

    def next_after(self, instant: datetime) -> datetime | None:
        """The first fire after an aware instant, in UTC."""
        aware(instant)
        passed = (instant - self.anchor) // self.span
        return self.anchor + (passed + 1) * self.span

    def previous_before(self, instant: datetime) -> datetime | None:
        """The last fire before an aware instant, in UTC."""
        passed = -((self.anchor - instant) // self.span)
        return self.anchor + (passed - 1) * self.span

    def __str__(self) -> str:
        return f"every {self.span}"


def every(
    *,
    weeks: float = 0,
    days: float = 0,
    hours: float = 0,
    minutes: float = 0,
    seconds: float = 0,
    anchor: datetime | date | str | None = None,
) -> Every:
    """A schedule in elapsed UTC time: `every(minutes=15)`. It fires at `anchor` and whole spans from there.

    Without an anchor that is a Monday, midnight UTC; an anchor without a zone is in UTC.
    """
    span = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    if span < SHORTEST:
        raise DeclarationError(f"every() of {span} is too short", "give at least a second: every(minutes=15)")
    return Every(span, instant_of("anchor", anchor, UTC) or MONDAY)
