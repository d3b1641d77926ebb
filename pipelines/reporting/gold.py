"""Gold, read for reports: the rows of a table for some days, as far as they are there."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from flowlite.integrations import sql


def rows(
    lake: Path, table: str, first: date, last: date, query: str = "select * from days order by ds"
) -> list[sql.Row]:
    """What `query` says about the rows of the days from `first` to `last` (as `days`); nothing where there are none."""
    files = files_of(lake, table, first, last)
    if not files:
        return []
    known = "with days as (select * from read_parquet($files, hive_partitioning = false))"
    return sql.query("warehouse", f"{known} {query}", {"files": files})


def files_of(lake: Path, table: str, first: date, last: date) -> list[str]:
    """The files that there are, the earliest first. `table` may name a layer: `silver/clean_bookings`."""
    folder = lake / (table if "/" in table else f"gold/{table}")
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return [str(path) for day in days if (path := folder / f"ds={day}" / "data.parquet").exists()]
