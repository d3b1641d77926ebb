"""The real history: hourly rentals and weather of Washington DC, in order, moved to 2023-2024, with their dirt kept."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

SHIFT = timedelta(days=4382)  # 626 whole weeks: weekdays stay, and so does the spring clock change of 2012 in 2024
TIMEZONE = "America/New_York"


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour as the source has it. Blank cells are None; numbers are the source's own, to the last digit."""

    day: date  # shifted
    hour: int
    label: str  # the hour as the source writes it: "6am"
    src_ts: str  # the source's own date and hour, not shifted
    season: str
    holiday: str
    weekday: str | None
    workingday: str
    weathersit: str | None
    temp: float
    atemp: float
    hum: float
    windspeed: float
    casual: int
    registered: int
    cnt: int


def read_hours(path: Path) -> list[Hour]:
    """Every hour of the file, the oldest first (the file has them shuffled)."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        return sorted((hour_of(row) for row in csv.DictReader(lines)), key=lambda hour: (hour.day, hour.hour))


def hour_of(row: Mapping[str, str]) -> Hour:
    """A row of the source, moved in time and otherwise untouched."""
    source_day, hour = date.fromisoformat(row["dteday"]), clock_hour(row["hr"])
    return Hour(
        day=source_day + SHIFT,
        hour=hour,
        label=row["hr"],
        src_ts=f"{source_day} {hour:02}:00:00",
        season=row["season"],
        holiday=row["holiday"],
        weekday=row["weekday"] or None,
        workingday=row["workingday"],
        weathersit=row["weathersit"] or None,
        temp=float(row["temp"]),
        atemp=float(row["atemp"]),
        hum=float(row["hum"]),
        windspeed=float(row["windspeed"]),
        casual=int(row["casual"]),
        registered=int(row["registered"]),
        cnt=int(row["cnt"]),
    )


def clock_hour(label: str) -> int:
    """The hour of a label: "12am" is 0, "6am" is 6, "12pm" is 12, "11pm" is 23."""
    return datetime.strptime(label, "%I%p").hour  # noqa: DTZ007 - an hour of no date


class History:
    """The file by date; it is read once, when first asked."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._days: dict[date, tuple[Hour, ...]] = {}

    def hours(self, day: date) -> tuple[Hour, ...]:
        """The hours of a date, in order: 24 on most, fewer where the source has gaps, none outside of it."""
        return self._by_day().get(day, ())

    def days(self) -> Iterator[date]:
        """Every date there is, the first first."""
        return iter(self._by_day())

    def _by_day(self) -> dict[date, tuple[Hour, ...]]:
        if not self._days:
            for hour in read_hours(self.path):
                self._days[hour.day] = (*self._days.get(hour.day, ()), hour)
        return self._days


@cache
def history(path: Path) -> History:
    """The history in a file, one for all who ask in this process."""
    return History(path)
