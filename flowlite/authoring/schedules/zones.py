"""Wall time and real time: the two questions that a clock change makes hard."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from flowlite.authoring.problems import DeclarationError, nearest

STRIDE = timedelta(hours=12)  # no zone has ever changed its clock twice within it
SECOND = timedelta(seconds=1)


@lru_cache
def zone_named(name: str) -> ZoneInfo:
    """A zone of the IANA database."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise DeclarationError(f"there is no time zone {name!r}", f"use {near_zone(name)}") from None


def near_zone(name: str) -> str:
    """The zone that was meant; with 600 of them, a list would help nobody."""
    guess = nearest(name, available_timezones())
    return "a name like 'Europe/Berlin'" if guess.startswith("one of") else guess


def wall(instant: datetime, zone: ZoneInfo) -> datetime:
    """What the clock on the wall says, without a zone."""
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


def offset(instant: datetime, zone: ZoneInfo) -> timedelta:
    """How far the wall clock is ahead of UTC."""
    found = instant.astimezone(zone).utcoffset()
    assert found is not None  # a ZoneInfo always knows
    return found


def change_between(start: datetime, end: datetime, zone: ZoneInfo) -> datetime | None:
    """The first instant after `start`, up to `end`, at which the wall clock is moved."""
    here, before = start, offset(start, zone)
    while here < end:
        there = min(here + STRIDE, end)
        if offset(there, zone) != before:
            return first_change(here, there, zone)
        here = there
    return None


def first_change(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    """To the second, where it is known that the offsets of both ends differ."""
    before = offset(low, zone)
    while high - low > SECOND:
        middle = low + (high - low) // (2 * SECOND) * SECOND
        if offset(middle, zone) == before:
            low = middle
        else:
            high = middle
    return high


def first_instant(naive: datetime, zone: ZoneInfo) -> datetime:
    """The instant at which the wall clock says this: of two the first; if it never does, the end of the gap."""
    early = naive.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if wall(early, zone) == naive:
        return early
    # In a gap, fold=1 reads with the offset after the change and so lands before it, and fold=0 after it.
    return first_change(naive.replace(tzinfo=zone, fold=1).astimezone(UTC), early, zone)
