"""The publisher plays the source systems: it puts the Bronze objects of a date into S3, hour by hour.

python -m flowlite.demo.publisher --connection lake 2024-03-10 2024-03-11
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

import click

from flowlite import FlowliteError
from flowlite.demo.bronze import BronzeObject, objects_of
from flowlite.demo.history import History, history
from flowlite.integrations import Connection, s3

DATA = Path("pipelines") / "data" / "bike_sharing_hour.csv.gz"


@dataclass(frozen=True, slots=True)
class Published:
    """What was put for a date."""

    day: date
    objects: int
    lines: int
    size_bytes: int


def publish(
    connection: Connection,
    source: History,
    day: date,
    hours: Iterable[int] = range(24),
    on_hour: Callable[[int], None] = lambda hour: None,
) -> Published:
    """Put the objects of the hours of a date, the earliest first. The same date gives the same bytes, however often."""
    if not source.hours(day):
        first, *_, last = source.days()
        raise FlowliteError(f"there is no data for {day}; choose a date from {first} to {last}")
    wanted, put = set(hours), list[BronzeObject]()
    with ThreadPoolExecutor(4, thread_name_prefix="publisher") as pool:
        for hour, objects in enumerate(all_objects(source, day)):
            if hour in wanted:
                list(pool.map(lambda one: s3.write(connection, one.key, one.body), objects))
                put += objects
                on_hour(hour)
    return Published(day, len(put), sum(one.lines for one in put), sum(len(one.body) for one in put))


@lru_cache(maxsize=2)  # a day that comes hour by hour is made once
def all_objects(source: History, day: date) -> list[list[BronzeObject]]:
    """Those of all hours of a date."""
    return list(objects_of(source, day))


@click.command()
@click.option("--connection", default="lake", show_default=True, help="The S3 connection in flowlite.toml.")
@click.option("--data", type=click.Path(path_type=Path), default=DATA, show_default=True, help="The hourly history.")
@click.argument("days", nargs=-1, required=True, type=click.DateTime(["%Y-%m-%d"]))
def main(connection: str, data: Path, days: tuple[date, ...]) -> None:
    """Put the Bronze objects of DAYS into S3."""
    for day in days:
        done = publish(connection, history(data), date(day.year, day.month, day.day))
        click.echo(f"{done.day}: {done.objects} objects, {done.lines:,} lines, {done.size_bytes / 1024:,.0f} KiB")


if __name__ == "__main__":
    main()
