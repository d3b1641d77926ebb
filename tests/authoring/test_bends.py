"""Data intervals around clock changes: covered once each, and told where their length is not as ever."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from flowlite import cron
from flowlite.authoring.schedules.bends import bend_of, coming_bends

HOUR = timedelta(hours=1)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
YEAR = timedelta(days=366)
NAMED = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago")


def changes(zone):
    """Roughly where the clocks of two years are moved: the hour that ends after it."""
    hours = [NOW + HOUR * number for number in range(2 * 365 * 24)]
    offsets = [hour.astimezone(zone).utcoffset() for hour in hours]
    return [hours[at] for at in range(1, len(hours)) if offsets[at] != offsets[at - 1]]


def chain(schedule, start, end):
    """Every fire in a span, and the interval that each one's run covers."""
    here, found = schedule.next_after(start), []
    while here is not None and here <= end:
        found.append((here, schedule.interval_before(here)))
        here = schedule.next_after(here)
    return found


def is_one_chain(found):
    return all(interval[1] == fire for fire, interval in found) and all(
        one[1][1] == other[1][0] for one, other in itertools.pairwise(found)
    )


def covered_once(name):
    """Daily, nightly and hourly runs of two years: their intervals meet, and each local day and hour has one."""
    zone = ZoneInfo(name)
    for text in ("@daily", "30 2 * * *"):
        found = chain(cron(text, tz=name), NOW, NOW + 2 * YEAR)
        assert is_one_chain(found), (name, text)
        assert all(timedelta() < end - start <= 48 * HOUR for _, (start, end) in found), (name, text)
        assert len({fire.astimezone(zone).date() for fire, _ in found}) == len(found), (name, text)
        assert len(found) >= 2 * 365, (name, text)
    for change in changes(zone):
        found = chain(cron("@hourly", tz=name), change - 72 * HOUR, change + 72 * HOUR)
        assert is_one_chain(found), name
        assert all(fire.astimezone(zone).minute in (0, 30) for fire, _ in found), name
        assert all(end - start <= 2 * HOUR for _, (start, end) in found), name
        assert sum((end - start for _, (start, end) in found), timedelta()) >= 143 * HOUR, name


@pytest.mark.parametrize("name", NAMED)
def test_each_day_and_each_hour_is_covered_once_by_one_interval(name):
    covered_once(name)


@pytest.mark.slow
def test_each_day_and_each_hour_of_every_zone_is_covered_once_by_one_interval():
    seen = set()
    for name in sorted(available_timezones()):
        zone = ZoneInfo(name)
        moved = tuple((hour, hour.astimezone(zone).utcoffset()) for hour in changes(zone))
        if moved and moved not in seen:  # many names, one clock
            seen.add(moved)
            covered_once(name)
    assert len(seen) > 20


def coming(text, name):
    return [said for _, _, said in coming_bends(cron(text, tz=name), NOW, YEAR)]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "Europe/Berlin",
            [
                "23 h: clocks go forward in Europe/Berlin on 2026-03-29 (02:00 to 03:00 does not exist)",
                "25 h: clocks go back in Europe/Berlin on 2026-10-25 (02:00 to 03:00 comes twice)",
            ],
        ),
        (
            "America/New_York",
            [
                "23 h: clocks go forward in America/New_York on 2026-03-08 (02:00 to 03:00 does not exist)",
                "25 h: clocks go back in America/New_York on 2026-11-01 (01:00 to 02:00 comes twice)",
            ],
        ),
        (
            "Australia/Lord_Howe",
            [
                "24 h 30 min: clocks go back in Australia/Lord_Howe on 2026-04-05 (01:30 to 02:00 comes twice)",
                "23 h 30 min: clocks go forward in Australia/Lord_Howe on 2026-10-04 (02:00 to 02:30 does not exist)",
            ],
        ),
        (
            "America/Santiago",
            [
                "25 h: clocks go back in America/Santiago on 2026-04-04 (23:00 to 00:00 comes twice)",
                "23 h: clocks go forward in America/Santiago on 2026-09-06 (00:00 to 01:00 does not exist)",
            ],
        ),
    ],
)
def test_the_days_of_23_and_25_hours_are_named(name, said):
    assert coming("@daily", name) == said


def test_a_time_that_does_not_exist_bends_the_day_before_and_the_day_after():
    assert (
        coming("30 2 * * *", "America/New_York")[:2]
        == ["23 h 30 min: clocks go forward in America/New_York on 2026-03-08 (02:00 to 03:00 does not exist)"] * 2
    )


def test_an_hour_stays_an_hour_and_its_change_is_named_all_the_same():
    schedule = cron("@hourly", tz="Europe/Berlin")
    assert coming("@hourly", "Europe/Berlin") == []
    fires = chain(schedule, datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 3, tzinfo=UTC))
    assert [bend_of(schedule, *interval) for _, interval in fires if bend_of(schedule, *interval)] == [
        "clocks go back in Europe/Berlin on 2026-10-25 (02:00 to 03:00 comes twice)"
    ]


@pytest.mark.parametrize("schedule", [cron("@daily"), cron("0 6 * * *", tz="Africa/Lagos")])
def test_a_clock_that_is_never_moved_bends_nothing(schedule):
    assert list(coming_bends(schedule, NOW, YEAR)) == []
    assert not any(bend_of(schedule, *interval) for _, interval in chain(schedule, NOW, NOW + YEAR))
