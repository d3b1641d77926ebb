"""Cron schedules against a minute-by-minute oracle that knows nothing of how they are made."""

# ruff: noqa: E501 - messages and commands stand as one reads them

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowlite import cron
from flowlite.authoring.problems import DeclarationError

MINUTE = timedelta(minutes=1)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Asia/Kathmandu", "Africa/Cairo",
         "America/Havana", "Asia/Beirut", "Africa/Casablanca", "Antarctica/Troll", "America/Scoresbysund", "UTC"]  # fmt: skip
FIELDS = {
    "minute": st.sampled_from(["0", "30", "*", "*/30", "*/7", "15,45", "10-50/20", "59"]),
    "hour": st.sampled_from(["*", "*/2", "*/6", "0", "1", "2", "3", "0-3", "2,14", "23", "22-2", "8-18/2"]),
    "day": st.sampled_from(["*", "*", "*", "1", "29-31", "*/2", "L"]),
    "month": st.sampled_from(["*", "*", "3,10", "mar-nov", "apr"]),
    "weekday": st.sampled_from(["*", "*", "sun", "7", "0", "fri-mon", "1-5", "sat-sun"]),
}


def changes(zone, year):
    """The instants of a year at which the clocks are changed, to the minute."""
    here, found = datetime(year, 1, 1, tzinfo=UTC), []
    while here.year == year:
        there = here + timedelta(hours=1)
        if here.astimezone(zone).utcoffset() != there.astimezone(zone).utcoffset():
            while here.astimezone(zone).utcoffset() == (here + MINUTE).astimezone(zone).utcoffset():
                here += MINUTE
            found.append(here + MINUTE)
        here = there
    return found


def values(text, low, high, names=()):
    """What a field allows, by crontab(5), spelled out slowly."""
    allowed = set()
    for term in text.lower().split(","):
        span, _, step = term.partition("/")
        first, _, last = span.partition("-")
        number = {name: place for place, name in enumerate(names, low)}
        if first == "*":
            chosen = list(range(low, high + 1))
        else:
            start = number.get(first, first)
            end = number.get(last, last) if last else (high if step else start)
            start, end = int(start), int(end)
            chosen = list(range(start, end + 1)) if start <= end else [*range(start, high + 1), *range(low, end + 1)]
        allowed.update(chosen[:: int(step or 1)])
    return allowed


def matches(text, wall):
    """Whether a wall time is one that the cron text means."""
    minute, hour, day, month, weekday = text.split()
    if wall.minute not in values(minute, 0, 59) or wall.hour not in values(hour, 0, 23):
        return False
    if wall.month not in values(month, 1, 12, MONTHS):
        return False
    last = (wall + timedelta(days=1)).day == 1
    by_day = last if day == "L" else wall.day in values(day, 1, 31)
    days = {value % 7 for value in values(weekday, 0, 6, DAYS)}
    by_weekday = wall.isoweekday() % 7 in days
    either = not day.startswith("*") and not weekday.startswith("*")
    return (by_day or by_weekday) if either else (by_day and by_weekday)


def oracle(text, zone, start, end):
    """Every fire in (start, end], by looking at every minute."""
    is_wild = any(mark in text.split()[1] for mark in "*/")
    fires, here = set(), start - timedelta(days=2)
    before = here.astimezone(zone).replace(tzinfo=None)
    while here <= end:
        here += MINUTE
        wall = here.astimezone(zone).replace(tzinfo=None, fold=0)
        is_second = here.astimezone(zone).fold == 1
        if matches(text, wall) and (is_wild or not is_second):
            fires.add(here)
        gap = before + MINUTE
        while not is_wild and gap < wall:  # wall times that do not exist
            if matches(text, gap):
                fires.add(here)
            gap += MINUTE
        before = wall
    return sorted(fire for fire in fires if start < fire <= end)


def found(text, zone, start, end):
    schedule, here, fires = cron(text, tz=str(zone)), start, []
    while (here := schedule.next_after(here)) is not None and here <= end:
        fires.append(here)
    return fires


def check(text, name, moment, *, days=2):
    zone = ZoneInfo(name)
    start, end = moment - timedelta(days=days), moment + timedelta(days=days)
    assert found(text, zone, start, end) == oracle(text, zone, start, end), (text, name, moment)


MOMENTS = [
    (name, change) for name in ZONES for change in changes(ZoneInfo(name), 2026) or [datetime(2026, 2, 27, tzinfo=UTC)]
]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(MOMENTS), st.builds(lambda *fields: " ".join(fields), *FIELDS.values()))
def test_every_fire_around_a_clock_change_agrees_with_the_oracle(moment, text):
    check(text, *moment)


@pytest.mark.slow
def test_all_changing_zones_of_two_years_agree_with_the_oracle():
    texts = ["30 2 * * *", "0 0 * * *", "*/30 2 * * *", "15 * * * *", "0 */6 * * *", "30 1-3 * * *"]
    seen = set()
    for name in sorted(available_timezones()):
        zone = ZoneInfo(name)
        for change in [*changes(zone, 2026), *changes(zone, 2027)]:
            for text in texts:
                key = (
                    text,
                    change,
                    change.astimezone(zone).utcoffset(),
                    (change - MINUTE).astimezone(zone).utcoffset(),
                )
                if key not in seen:  # many names, one clock
                    seen.add(key)
                    check(text, name, change, days=1)
    assert len(seen) > 300


BERLIN = "Europe/Berlin"


def local(text, start, count, tz=BERLIN):
    schedule, here, fires = cron(text, tz=tz), datetime.fromisoformat(start).replace(tzinfo=ZoneInfo(tz)), []
    for _ in range(count):
        here = schedule.next_after(here)
        fires.append(here.astimezone(ZoneInfo(tz)).strftime("%d %H:%M %z"))
    return fires


def test_a_fixed_time_in_the_gap_runs_at_its_end():
    assert local("30 2 * * *", "2026-03-28 12:00", 2) == ["29 03:00 +0200", "30 02:30 +0200"]


def test_fires_that_meet_at_the_end_of_the_gap_are_one():
    assert local("*/30 2,3 * * *", "2026-03-28 12:00", 3) == ["29 03:00 +0200", "29 03:30 +0200", "30 02:00 +0200"]


def test_a_fixed_time_that_comes_twice_runs_once():
    assert local("30 2 * * *", "2026-10-24 12:00", 2) == ["25 02:30 +0200", "26 02:30 +0100"]


def test_a_wildcard_hour_runs_in_both_folds():
    assert local("30 * * * *", "2026-10-25 01:00", 4) == [
        "25 01:30 +0200",
        "25 02:30 +0200",
        "25 02:30 +0100",
        "25 03:30 +0100",
    ]


def test_midnight_after_the_spring_change_is_not_lost():
    assert local("0 0 * * *", "2026-03-28 12:00", 3) == ["29 00:00 +0100", "30 00:00 +0200", "31 00:00 +0200"]


def test_a_whole_day_that_does_not_exist_runs_when_the_next_begins():
    zone = ZoneInfo("Pacific/Apia")
    fires = found("0 6 * * *", zone, datetime(2011, 12, 29, 12, tzinfo=UTC), datetime(2011, 12, 31, tzinfo=UTC))
    assert [fire.astimezone(zone).isoformat() for fire in fires] == [
        "2011-12-29T06:00:00-10:00",
        "2011-12-31T00:00:00+14:00",
        "2011-12-31T06:00:00+14:00",
    ]


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("@hourly", "0 * * * *"),
        ("@daily", "0 0 * * *"),
        ("@weekly", "0 0 * * 0"),
        ("@monthly", "0 0 1 * *"),
        ("0 0 * * 7", "0 0 * * sun"),
        ("0 0 * * fri-mon", "0 0 * * 5,6,0,1"),
        ("0 0 * * 5-7", "0 0 * * 5,6,0"),
        ("0 0 * * 0-7", "0 0 * * *"),
        ("0 22-2 * * *", "0 22,23,0,1,2 * * *"),
        ("0 0 1 nov-feb *", "0 0 1 11,12,1,2 *"),
        ("5/20 0 * * *", "5,25,45 0 * * *"),
        ("0 0 * * MON", "0 0 * * 1"),
    ],
)
def test_two_ways_to_write_the_same(text, same):
    here = datetime(2026, 1, 1, tzinfo=UTC)
    one, other = cron(text, tz=BERLIN), cron(same, tz=BERLIN)
    for _ in range(50):
        here = one.next_after(here)
        assert other.next_after(here - timedelta(seconds=1)) == here


def test_day_and_weekday_are_joined_by_or():
    zone = ZoneInfo("UTC")
    fires = found("0 0 13 * 5", zone, datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 2, 28, tzinfo=UTC))
    assert [fire.day for fire in fires] == [6, 13, 20, 27]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0 6 * *", "has 4 fields; write five"),
        ("0 0 6 * * *", "has 6 fields; write five"),
        ("60 * * * *", "'60' is no minute; write 0 to 59"),
        ("* 24 * * *", "'24' is no hour; write 0 to 23"),
        ("* * 0 * *", "'0' is no day-of-month; write 1 to 31"),
        ("* * * 13 *", "'13' is no month; write 1 to 12, or jan to dec"),
        ("* * * * 8", "'8' is no day-of-week; write 0 to 7, or sun to sat"),
        ("* * * * fry", "'fry' is no day-of-week"),
        ("*/0 * * * *", "a step of 0 in the minute"),
        ("0 0 30 2 *", "never fires"),
        ("@dayly", "is no preset; use one of @hourly"),
        ("", "has 0 fields"),
        ("1,,2 * * * *", "'' is no minute"),
        ("１ * * * *", "is no minute"),
    ],
)
def test_bad_cron_text_is_told(text, said):
    with pytest.raises(DeclarationError, match=f"test_cron.py:.*{said}"):
        cron(text)


def test_an_unknown_zone_is_told_with_the_nearest():
    with pytest.raises(DeclarationError, match="no time zone 'Europe/Berln'; use 'Europe/Berlin'"):
        cron("0 0 * * *", tz="Europe/Berln")


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="has no time zone"):
        cron("0 0 * * *").next_after(datetime(2026, 1, 1))


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(MOMENTS),
    st.sampled_from(["*/20 * * * *", "30 2 * * *", "0 9-17 * * 1-5", "0 0 1 * *"]),
    st.integers(-90000, 90000),
)
def test_the_fire_before_is_the_one_whose_next_is_after(moment, text, seconds):
    name, change = moment
    schedule, here = cron(text, tz=name), change + timedelta(seconds=seconds)
    before = schedule.previous_before(here)
    assert before < here
    assert schedule.next_after(before) >= here
    start, end = schedule.interval_before(schedule.next_after(here))
    assert schedule.next_after(start) == end
