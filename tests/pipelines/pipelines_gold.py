"""Gold's `demand_features_hourly` straight from the real history: what dbt makes of half a year, in half a second.

That dbt makes the same of a day is a test in test_gold_daily.py.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flowlite.demo.history import TIMEZONE, Hour, history
from flowlite.demo.publisher import DATA
from flowlite.integrations import library

COLUMNS = {
    "ds": "date", "hour": "bigint", "weekday_number": "bigint", "is_holiday": "boolean", "is_working_day": "boolean",
    "condition": "varchar", "temperature_c": "double", "felt_temperature_c": "double", "humidity_pct": "double",
    "wind_kmh": "double", "rentals": "bigint",
}  # fmt: skip


def put_gold(project: Path, lake: Path, first: date, last: date) -> None:
    """Write the days from `first` to `last`."""
    source, days = history(project / DATA), [first + timedelta(n) for n in range((last - first).days + 1)]
    database = library("duckdb", extra="dbt").connect()
    columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    database.execute(f"create table hours ({columns})")
    rows = [row_of(hour) for day in days for hour in source.hours(day)]
    values = {name: list(column) for name, column in zip(COLUMNS, zip(*rows, strict=True), strict=True)}
    database.execute(f"insert into hours select {', '.join(f'unnest(${name})' for name in COLUMNS)}", values)
    for day in days:
        folder = lake / "gold" / "demand_features_hourly" / f"ds={day}"
        folder.mkdir(parents=True, exist_ok=True)
        database.execute("copy (from hours where ds = $ds order by hour) to $path (format parquet)",
                         {"ds": day, "path": str(folder / "data.parquet")})  # fmt: skip
    database.close()


def row_of(hour: Hour) -> tuple[Any, ...]:
    """What Silver and Gold make of an hour: a humidity or wind of 0 was not measured."""
    return (
        hour.day, hour.hour, hour.day.isoweekday(), hour.holiday == "Yes", hour.workingday == "Yes",
        hour.weathersit or "unknown", round(hour.temp, 2), round(hour.atemp, 2), round(hour.hum, 1) or None,
        round(hour.windspeed, 1) or None, hour.cnt,
    )  # fmt: skip


KPIS = {
    "ds": "date", "rentals": "bigint", "casual_rentals": "bigint", "registered_rentals": "bigint",
    "peak_hour": "bigint", "peak_hour_rentals": "bigint", "vehicles_used": "bigint", "mean_temperature_c": "double",
    "rain_hours": "bigint", "hours_published": "bigint", "hours_covered": "bigint",
}  # fmt: skip


def put_kpis(project: Path, lake: Path, first: date, last: date) -> None:
    """Gold's `kpi_summary`, the part that is real, and small tables of what is made up anyway."""
    source, database = history(project / DATA), library("duckdb", extra="dbt").connect()
    for number in range((last - first).days + 1):
        day = first + timedelta(number)
        hours = source.hours(day)
        top = max(hours, key=lambda hour: (hour.cnt, -hour.hour))
        rain = sum(hour.weathersit in ("Light Rain", "Heavy Rain") for hour in hours)
        warmth = round(sum(round(hour.temp, 2) for hour in hours) / len(hours), 1)
        counts = [sum(getattr(hour, name) for hour in hours) for name in ("cnt", "casual", "registered")]
        kpis = [day, *counts, top.hour, top.cnt, 900, warmth, rain, 24, len(hours)]
        columns = ", ".join(f"cast(${name} as {kind}) as {name}" for name, kind in KPIS.items())
        for table, select, values in (
            ("gold/kpi_summary", f"select {columns}", dict(zip(KPIS, kpis, strict=True))),
            ("gold/station_balance", STATIONS, {"ds": day}),
            ("gold/fleet_health", VEHICLES, {"ds": day}),
            ("gold/ride_lengths", RIDES, {"ds": day}),
            ("gold/demand_by_weather", SKY, {"ds": day}),
            ("silver/clean_bookings", "select $ds as ds, 'station,vehicle' as synthetic", {"ds": day}),
        ):
            file = lake / table / f"ds={day}" / "data.parquet"
            file.parent.mkdir(parents=True, exist_ok=True)
            database.execute(f"copy ({select}) to $path (format parquet)", {**values, "path": str(file)})
    database.close()


STATIONS = """
select $ds as ds, 'st-' || lpad(n::varchar, 3, '0') as station, cast(100 as bigint) as departures,
    cast(case when n = 7 then 88 else 100 + n % 5 end as bigint) as arrivals from range(1, 21) as t(n)
"""
VEHICLES = """
select $ds as ds, n as vehicle_id, case when n < 80 then 'charge now' when n < 200 then 'charge soon' else 'ok' end
    as charge_state from range(900) as t(n)
"""
RIDES = """
select $ds as ds, user_type, cast(100 as bigint) as rides, 30.0 as ride_hours, 15.0 as median_minutes,
    cast(2 as bigint) as rides_over_an_hour from (values ('casual'), ('registered')) as t(user_type)
"""
SKY = "select $ds as ds, 'Clear' as condition, cast(20 as bigint) as hours, cast(4000 as bigint) as rentals"


def end_of(day: date) -> datetime:
    """The logical date of the last hourly run of a date: it reads all hours of it."""
    return datetime.combine(day, time(23), ZoneInfo(TIMEZONE))
