"""Intervals that a clock change bends: the day of 23 hours, the hour that comes twice, the time that does not exist."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from cronsim import CronSim

from flowlite.authoring.schedules.cron import Cron
from flowlite.authoring.schedules.moments import Moments
from flowlite.authoring.schedules.reading import AnyOfTimes
from flowlite.authoring.schedules.zones import SECOND, change_between, offset, wall

WIDEST_GAP = timedelta(hours=26)  # Samoa once left out a whole day


def bend_of(schedule: Moments, start: datetime, end: datetime) -> str:
    """What a clock change does to the data interval between two fires; "" if nothing.

    `23 h: clocks go forward in Europe/Berlin on 2026-03-29 (02:00 to 03:00 does not exist)`; the length is left out
    where it is as ever.
    """
    for part in crons_of(schedule):
        ideal = as_ever(part, start)
        is_bent = isinstance(schedule, Cron) and ideal != end - start
        change = change_between(start - SECOND * is_bent, end, part.zone)
        if change is not None:
            length = f"{length_text(end - start)}: " if is_bent else ""
            return f"{length}{change_text(change, part.zone)}"
    return ""


def coming_bends(schedule: Moments, now: datetime, within: timedelta) -> Iterator[tuple[datetime, datetime, str]]:
    """The intervals whose length a clock change alters, as far ahead as that: start, end, and what is said of it."""
    for part in crons_of(schedule)[:1]:
        change = change_between(now, now + within, part.zone)
        while change is not None:
            start = schedule.previous_before(change)
            for _ in range(2):  # the one that ends in the change or after it, and the next
                end = schedule.next_after(start) if start is not None else None
                if start is None or end is None:
                    break
                said = bend_of(schedule, start, end)
                if said and not said.startswith("clocks"):
                    yield start, end, said
                start = end
            change = change_between(change, now + within, part.zone)


def crons_of(schedule: Moments) -> list[Cron]:
    """The parts that go by a clock on a wall, the first of each zone; elapsed time is never bent."""
    parts = schedule.items if isinstance(schedule, AnyOfTimes) else (schedule,)
    return list({part.timezone: part for part in reversed(parts) if isinstance(part, Cron)}.values())


def as_ever(part: Cron, start: datetime) -> timedelta | None:
    """How long the interval from this fire is where no clock is moved."""
    begun = wall(start, part.zone)
    # One whose time does not exist has fired late: what it meant lies before the gap.
    meant = list(takewhile(lambda fire: fire <= begun, CronSim(part.plain, begun - WIDEST_GAP)))
    first = meant[-1] if meant else begun
    following = next(CronSim(part.plain, first), None)
    return None if following is None else following - first


def change_text(change: datetime, zone: ZoneInfo) -> str:
    """`clocks go back in Europe/Berlin on 2026-10-25 (02:00 to 03:00 comes twice)`."""
    before, after = offset(change - SECOND, zone), offset(change, zone)
    old = (change.astimezone(UTC) + before).replace(tzinfo=None)
    new = (change.astimezone(UTC) + after).replace(tzinfo=None)
    if new > old:
        return f"clocks go forward in {zone.key} on {old:%Y-%m-%d} ({old:%H:%M} to {new:%H:%M} does not exist)"
    return f"clocks go back in {zone.key} on {new:%Y-%m-%d} ({new:%H:%M} to {old:%H:%M} comes twice)"


def length_text(length: timedelta) -> str:
    """`23 h`, `23 h 30 min`."""
    minutes = round(length.total_seconds() / 60)
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if rest and hours else f"{rest} min" if rest else f"{hours} h"
