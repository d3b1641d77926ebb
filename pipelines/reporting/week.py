"""The figures of a week: what Gold says about its seven days, beside the weeks before. Nothing is worded here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from flowlite import Fail
from reporting import gold

WEEKS = 12  # so far back the trend goes
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Day:
    """A day in Gold's `kpi_summary`."""

    ds: date
    rentals: int
    casual: int
    registered: int
    peak_hour: int | None
    peak_rentals: int | None
    vehicles: int
    temperature: float | None
    rain_hours: int
    empty_hours: int  # published without a count


@dataclass(frozen=True, slots=True)
class Station:
    """How a station's balance stood on an average day."""

    station: str
    departures: float
    arrivals: float

    @property
    def net(self) -> float:
        """Vehicles that pile up in a day; below 0, that are missing at its end."""
        return self.arrivals - self.departures


@dataclass(frozen=True, slots=True)
class Charge:
    """How many vehicles were in which state at the end of a day."""

    ds: date
    ok: int
    soon: int
    now: int
    unknown: int

    @property
    def vehicles(self) -> int:
        """All that were seen."""
        return self.ok + self.soon + self.now + self.unknown


@dataclass(frozen=True, slots=True)
class Rides:
    """The rides of members, or of everybody else."""

    user_type: str
    rides: int
    ride_hours: float
    median_minutes: float
    long_rides: int


@dataclass(frozen=True, slots=True)
class Sky:
    """Hours with one kind of weather."""

    condition: str
    hours: int
    rentals_an_hour: float


@dataclass(frozen=True, slots=True)
class Hour:
    """Mean rentals of an hour of the day: on working days, and on the others."""

    hour: int
    working: float | None
    free: float | None


@dataclass(frozen=True, slots=True)
class Week:
    """All that the weekly summary tells."""

    first: date
    last: date
    history: list[Day]  # the last WEEKS weeks, this one included, as far as Gold has them
    hours: list[Hour]
    stations: list[Station]
    charge: list[Charge]
    rides: list[Rides]
    sky: list[Sky]
    generated: list[str]  # which fields of the source are made up

    @property
    def days(self) -> list[Day]:
        """Those of this week."""
        return self.back(0)

    def back(self, weeks: int) -> list[Day]:
        """The days of the week so many weeks ago."""
        last = self.last - weeks * WEEK
        return [day for day in self.history if last - WEEK < day.ds <= last]

    @property
    def whole_weeks(self) -> list[tuple[date, int]]:
        """The weeks of which no day is missing, the earliest first: their Monday, and their rentals."""
        found = [self.back(number) for number in reversed(range(WEEKS))]
        return [(days[0].ds, sum(day.rentals for day in days)) for days in found if len(days) == 7]


def figures(lake: Path, last: date) -> Week:
    """The week that ends with `last`. Fails if Gold has none of its days."""
    first = last - timedelta(days=6)
    history = [day_of(row) for row in gold.rows(lake, "kpi_summary", last - WEEKS * WEEK + timedelta(1), last)]
    if not [day for day in history if day.ds >= first]:
        raise Fail(f"Gold has no kpi_summary from {first} to {last}; `flowlite runs list gold_daily` shows why")
    return Week(
        first, last, history,
        hours=[Hour(**row) for row in gold.rows(lake, "demand_features_hourly", first, last, HOURS)],
        stations=[Station(**row) for row in gold.rows(lake, "station_balance", first, last, STATIONS)],
        charge=[Charge(**row) for row in gold.rows(lake, "fleet_health", first, last, CHARGE)],
        rides=[Rides(**row) for row in gold.rows(lake, "ride_lengths", first, last, RIDES)],
        sky=[Sky(**row) for row in gold.rows(lake, "demand_by_weather", first, last, SKY)],
        generated=[row["field"] for row in gold.rows(lake, "silver/clean_bookings", first, last, GENERATED)],
    )  # fmt: skip


def day_of(row: dict) -> Day:
    """A row of kpi_summary."""
    return Day(
        ds=row["ds"], rentals=row["rentals"], casual=row["casual_rentals"], registered=row["registered_rentals"],
        peak_hour=row["peak_hour"], peak_rentals=row["peak_hour_rentals"], vehicles=row["vehicles_used"],
        temperature=row["mean_temperature_c"], rain_hours=row["rain_hours"],
        empty_hours=row["hours_published"] - row["hours_covered"],
    )  # fmt: skip


HOURS = """
select hour,
    avg(rentals) filter (where is_working_day) as working,
    avg(rentals) filter (where not is_working_day) as free
from days group by hour order by hour
"""
STATIONS = """
select station, avg(departures) as departures, avg(arrivals) as arrivals from days group by station order by station
"""
CHARGE = """
select ds,
    count(*) filter (where charge_state = 'ok') as ok,
    count(*) filter (where charge_state = 'charge soon') as soon,
    count(*) filter (where charge_state = 'charge now') as now,
    count(*) filter (where charge_state = 'no reading') as unknown
from days group by ds order by ds
"""
RIDES = """
select user_type, cast(sum(rides) as bigint) as rides, sum(ride_hours) as ride_hours,
    sum(median_minutes * rides) / sum(rides) as median_minutes, cast(sum(rides_over_an_hour) as bigint) as long_rides
from days group by user_type order by user_type
"""
SKY = """
select condition, cast(sum(hours) as bigint) as hours, sum(rentals) / sum(hours) as rentals_an_hour
from days group by condition
order by list_position(['Clear', 'Mist', 'Light Rain', 'Heavy Rain', 'unknown'], condition)
"""
GENERATED = (
    "select distinct unnest(string_split(synthetic, ',')) as field from days where synthetic <> '' order by field"
)
