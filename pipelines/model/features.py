"""Features: what is known at 02:00 about each hour of the day that begins, and the demand that came.

The calendar, the weather, and demand of earlier days: yesterday, a week ago, the last four days of the same kind, and
the week as a whole. Nothing of the day itself but its weather, which stands for the forecast that one would have.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from flowlite.integrations import sql

LOOK_BACK_DAYS = 21  # so far back the lags reach
FEATURES = (
    "hour", "weekday_number", "is_holiday", "is_working_day", "weather", "temperature_c", "felt_temperature_c",
    "humidity_pct", "wind_kmh", "rentals_yesterday", "rentals_last_week", "rentals_on_days_like_this", "rentals_a_day",
)  # fmt: skip

EXAMPLES = """
with hours as (
    select * from read_parquet($files, hive_partitioning = false)
),

days as (
    select
        ds,
        avg(sum(rentals)) over (
            order by ds range between interval 7 days preceding and interval 1 day preceding
        ) as a_day
    from hours group by ds
),

like_this as (
    select ds, hour,
        avg(rentals) over (
            partition by is_working_day, hour order by ds rows between 4 preceding and 1 preceding
        ) as rentals
    from hours
)

select
    hours.ds,
    hours.hour,
    hours.weekday_number,
    cast(hours.is_holiday as integer) as is_holiday,
    cast(hours.is_working_day as integer) as is_working_day,
    nullif(list_position(['Clear', 'Mist', 'Light Rain', 'Heavy Rain'], hours.condition), 0) as weather,
    hours.temperature_c,
    hours.felt_temperature_c,
    hours.humidity_pct,
    hours.wind_kmh,
    yesterday.rentals as rentals_yesterday,
    last_week.rentals as rentals_last_week,
    like_this.rentals as rentals_on_days_like_this,
    days.a_day as rentals_a_day,
    hours.rentals
from hours
left join hours as yesterday on yesterday.ds = hours.ds - 1 and yesterday.hour = hours.hour
left join hours as last_week on last_week.ds = hours.ds - 7 and last_week.hour = hours.hour
join like_this on like_this.ds = hours.ds and like_this.hour = hours.hour
join days on days.ds = hours.ds
where hours.ds > $after
order by hours.ds, hours.hour
"""


def split(last: date, days: int, holdout_days: int) -> tuple[date, date, date]:
    """The first day, the last day for learning, and the last day of the holdout."""
    return last - timedelta(days - 1), last - timedelta(holdout_days), last


def days_of_gold(lake: Path, last: date, days: int) -> list[date]:
    """Those of the days up to `last` that Gold has, the earliest first."""
    wanted = (last - timedelta(days=back) for back in reversed(range(days)))
    return [day for day in wanted if gold_file(lake, day).exists()]


def gold_file(lake: Path, day: date) -> Path:
    """Where dbt puts a day's hours."""
    return lake / "gold" / "demand_features_hourly" / f"ds={day}" / "data.parquet"


def write_examples(lake: Path, last: date, days: int, path: Path) -> int:
    """One row for each hour of the `days` days that end with `last`, to a Parquet file; returns how many there are."""
    known = days_of_gold(lake, last, days + LOOK_BACK_DAYS)
    path.parent.mkdir(parents=True, exist_ok=True)
    files, after = [str(gold_file(lake, day)) for day in known], last - timedelta(days=days)
    sql.execute(
        "warehouse",
        f"copy ({EXAMPLES}) to $path (format parquet, use_tmp_file true)",
        {"files": files, "after": after, "path": str(path)},
    )
    [row] = sql.query("warehouse", "select count(*) as n from read_parquet(?)", [str(path)])
    return int(row["n"])


def read_examples(path: str | Path, first: date, last: date) -> list[sql.Row]:
    """The rows of some days, in order of time."""
    wanted = "select * from read_parquet(?, hive_partitioning = false) where ds between ? and ? order by ds, hour"
    return sql.query("warehouse", wanted, [str(path), first, last])


def matrix(rows: Sequence[sql.Row]) -> list[list[float]]:
    """The features of the rows; what is not known is NaN, which trees can deal with."""
    unknown = float("nan")
    return [[unknown if row[name] is None else float(row[name]) for name in FEATURES] for row in rows]
