"""What was made, read from where it lies: tables, the model, reports, mails, messages, metrics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from flowlite.demo.stage import Stage
from flowlite.integrations import sql

IN_MEMORY = {"type": "duckdb", "path": ":memory:"}


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the lake."""

    layer: str
    name: str
    dates: int
    rows: int


def tables(lake: Path) -> list[Table]:
    """Every Silver and Gold table with its row count, read from the files."""
    folders = [folder for layer in ("silver", "gold") for folder in sorted((lake / layer).glob("*"))]
    return [table_of(folder) for folder in folders if any(folder.glob("ds=*/*.parquet"))]


def table_of(folder: Path) -> Table:
    """Count the rows and dates of one table."""
    [found] = sql.query(
        IN_MEMORY,
        "select count(*) as n, count(distinct filename) as dates from read_parquet(?, filename = true)",
        [str(folder / "ds=*" / "*.parquet")],
    )
    return Table(folder.parent.name, folder.name, found["dates"], found["n"])


@dataclass(frozen=True, slots=True)
class Move:
    """The champion's alias went to another version."""

    version: int
    why: str


def moves(stage: Stage) -> list[Move]:
    """Every change of the champion, the first first."""
    if not stage.audit.exists():
        return []
    rows = sql.query(
        {"type": "sqlite", "path": str(stage.audit)}, "select to_version, why from model_moves order by at"
    )
    return [Move(row["to_version"], row["why"]) for row in rows]


def reports(lake: Path) -> list[Path]:
    """The PDFs, in the order in which they were made."""
    return sorted(lake.glob("reports/*/run=*/*.pdf"), key=lambda path: path.stat().st_mtime)


def metric_names(file: Path) -> int:
    """How many different metrics were pushed."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return len({line.partition("{")[0] for line in lines if not line.startswith("#")})


def clock_change_answer(lake: Path, day: date) -> list[str]:
    """Which hour of a day was the busiest, and how the day compares with that a week before; from Gold alone."""
    before = day - timedelta(days=7)
    kpis = {row["ds"]: row for row in gold(lake, "kpi_summary", [before, day])}
    missing = [str(one) for one in (before, day) if one not in kpis]
    if missing:
        return [f"No answer: Gold has no kpi_summary for {' and '.join(missing)}."]
    this, last = kpis[day], kpis[before]
    change = 100 * (this["rentals"] / last["rentals"] - 1)
    hour, rentals = this["peak_hour"], int(this["rentals"])
    busiest = f"{hour:02}:00 to {hour + 1:02}:00 was the busiest hour, with {int(this['peak_hour_rentals']):,} rentals."
    compared = (
        f"The day had {rentals:,}, {abs(change):.0f} % {'more' if change >= 0 else 'fewer'} than the {day:%A} before "
        f"with {int(last['rentals']):,},"
    )
    weather = f"at {this['mean_temperature_c']:g} instead of {last['mean_temperature_c']:g} degrees C."
    return [busiest, compared, weather]


def gold(lake: Path, table: str, days: Sequence[date]) -> list[sql.Row]:
    """The rows of a Gold table for some dates, the earliest first."""
    files = [str(path) for day in days if (path := lake / "gold" / table / f"ds={day}" / "data.parquet").exists()]
    return sql.query(IN_MEMORY, "select * from read_parquet(?) order by ds", [files]) if files else []
