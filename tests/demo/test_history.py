"""The history: moved in time, in order, and as dirty as it was."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from flowlite.demo.history import History, clock_hour, read_hours


def test_the_file_holds_every_hour_once_and_in_order_when_read(data_file: Path) -> None:
    hours = read_hours(data_file)
    assert len(hours) == 17_379
    places = [(hour.day, hour.hour) for hour in hours]
    assert places == sorted(set(places))


def test_weekdays_survive_the_shift(source: History) -> None:
    for day in source.days():
        assert {hour.weekday for hour in source.hours(day)} <= {f"{day:%a}", None}


def test_half_a_year_has_the_hours_that_the_readme_says(source: History) -> None:
    days = [date(2024, 1, 1) + timedelta(days=number) for number in range(182)]
    assert sum(len(source.hours(day)) for day in days) == 4_358
    assert days[-1] == date(2024, 6, 30)


def test_the_dirt_is_kept(source: History) -> None:
    hours = [hour for day in source.days() for hour in source.hours(day)]
    assert sum(hour.weekday is None for hour in hours) == 875
    assert sum(hour.weathersit is None for hour in hours) == 1_258
    assert sum(hour.windspeed == 0 for hour in hours) == 2_180
    assert {hour.hum for hour in source.hours(date(2023, 3, 9))} == {0.0}
    assert len(source.hours(date(2024, 10, 28))) == 1


def test_two_o_clock_is_missing_when_the_clocks_go_forward(source: History) -> None:
    assert [hour.hour for hour in source.hours(date(2024, 3, 10))] == [0, 1, *range(3, 24)]


def test_the_source_time_is_not_shifted(source: History) -> None:
    assert source.hours(date(2024, 3, 10))[5].src_ts == "2012-03-11 06:00:00"


@pytest.mark.parametrize(("label", "hour"), [("12am", 0), ("6am", 6), ("12pm", 12), ("11pm", 23)])
def test_hours_are_read_as_the_source_writes_them(label: str, hour: int) -> None:
    assert clock_hour(label) == hour


def test_a_date_outside_has_no_hours(source: History) -> None:
    assert source.hours(date(2025, 6, 1)) == ()
