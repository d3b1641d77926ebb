"""Gold's `demand_features_hourly` straight from the real history: what dbt makes of half a year, in half a second.

That dbt makes the same of a day is a test in test_gold_daily.py.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from flowlite.demo.history import Hour, history
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
