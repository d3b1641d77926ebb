"""Silver's `weather_conditions`: one row per city and hour, one Parquet file per date (UTC).

Beside it lies `newest.json`: the hour of the latest poll. A DAG that starts because the table was updated reads there
what the update was about.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from flowlite.integrations import sql

TABLE = Path("silver") / "weather_conditions"

INCOMING = """
select
    cast(unnest($location_ids) as bigint) as location_id,
    unnest($timestamps) as timestamp,
    cast(unnest($temps) as double) as temp,
    cast(unnest($precipitations) as double) as precipitation
"""
KEPT = """
select known.* from read_parquet($known, hive_partitioning = false) as known
anti join incoming on known.location_id = incoming.location_id and known.timestamp = incoming.timestamp
"""


@dataclass(frozen=True, slots=True)
class Condition:
    """The weather of a city in an hour: the standard schema. Degrees C, mm in the hour."""

    location_id: int
    timestamp: datetime
    temp: float
    precipitation: float


def upsert(lake: Path, rows: Sequence[Condition]) -> None:
    """Write rows over what is known of the same cities and hours; the rest stays. Twice is once.

    A file is replaced in one step, so readers see the old one or the new one. Callers take turns: two at once would
    lose what one of them brought.
    """
    for day in sorted({row.timestamp.astimezone(UTC).date() for row in rows}):
        upsert_day(file_of(lake, day), [row for row in rows if row.timestamp.astimezone(UTC).date() == day])


def upsert_day(file: Path, rows: Sequence[Condition]) -> None:
    """The same for the rows of one date."""
    file.parent.mkdir(parents=True, exist_ok=True)
    is_known = file.exists()
    whole = f"with incoming as ({INCOMING}) select * from incoming {f'union all {KEPT}' if is_known else ''}"
    values = {
        "location_ids": [row.location_id for row in rows],
        "timestamps": [row.timestamp for row in rows],
        "temps": [row.temp for row in rows],
        "precipitations": [row.precipitation for row in rows],
        "path": str(file),
        **({"known": str(file)} if is_known else {}),
    }
    sql.execute(
        "warehouse",
        f"copy ({whole} order by timestamp, location_id) to $path (format parquet, use_tmp_file true)",
        values,
    )


def file_of(lake: Path, day: date) -> Path:
    """Where the rows of a date are."""
    return lake / TABLE / f"ds={day}" / "data.parquet"


def note_poll(lake: Path, hour: datetime) -> None:
    """Remember which hour the latest poll was about."""
    note = lake / TABLE / "newest.json"
    part = note.with_suffix(".part")
    part.write_text(json.dumps({"hour": hour.astimezone(UTC).isoformat()}), encoding="utf-8")
    part.replace(note)


def newest_poll(lake: Path) -> datetime:
    """That hour."""
    return datetime.fromisoformat(json.loads((lake / TABLE / "newest.json").read_text(encoding="utf-8"))["hour"])
