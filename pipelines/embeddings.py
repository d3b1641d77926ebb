"""The second half of pipeline 1: every day as a point in a small space, where days of the same shape are neighbours.

A day is 24 numbers (each hour's share of its rentals). The singular value decomposition of the last 90 days finds the
few directions in which days differ most; a commuters' Tuesday and a sunny Sunday end up far apart. Models and reports
can then ask which days were like today.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from etl import gold_kpis

import flowlite
from flowlite import Asset, Context, Retry, dag, task
from flowlite.integrations import sql

LAKE = Path(flowlite.connection("warehouse").root)
DAYS = 90
DIRECTIONS = 3

day_embeddings = Asset("gold.day_embeddings")


# numpy takes memory and threads of its own: in a process, neither is the engine's.
@task(isolation="process", memory="1GiB", retries=Retry(1, memory_factor=2), outlets=[day_embeddings])
def embed_days(ctx: Context) -> str:
    """Write the embeddings of the 90 days that end with this one, and return where they are."""
    profiles = day_profiles(LAKE, date.fromisoformat(ctx.ds))
    points = embedded([[row[f"share_{hour:02}"] for hour in range(24)] for row in profiles])
    path = LAKE / "gold" / "day_embeddings" / f"ds={ctx.ds}" / "data.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    sql.execute(
        "warehouse",
        "copy (select unnest($days) as day, unnest($points) as point) to $path (format parquet, use_tmp_file true)",
        {"days": [str(row["ds"]) for row in profiles], "points": points, "path": str(path)},
    )
    ctx.log.info("%d days in %d directions: %s", len(profiles), DIRECTIONS, path)
    return str(path)


@task
def most_similar_day(embeddings: str, ctx: Context) -> str | None:
    """Which earlier day was most like this one."""
    found = sql.query(
        "warehouse",
        """
        with points as (select * from read_parquet($path))
        select other.day
        from points as this, points as other
        where this.day = $ds and other.day < $ds
        order by list_distance(this.point, other.point), other.day desc
        limit 1
        """,
        {"path": embeddings, "ds": ctx.ds},
    )
    return found[0]["day"] if found else None


@dag(tags=["etl", "ml"], team="ml")
def embedding_pipeline():
    """Where this day lies among the last 90."""
    most_similar_day(embed_days())


gold_kpis >> embedding_pipeline  # for the same date, when gold_kpis has succeeded


def day_profiles(lake: Path, last: date) -> list[dict[str, Any]]:
    """The profiles of the days that Gold has, the earliest first."""
    days = [last - timedelta(days=back) for back in range(DAYS)]
    files = [
        str(path) for day in days if (path := lake / "gold" / "day_profiles" / f"ds={day}" / "data.parquet").exists()
    ]
    return sql.query("warehouse", "select * from read_parquet(?) order by ds", [files])


def embedded(profiles: list[list[float]]) -> list[list[float]]:
    """Each row's place along the directions in which the rows differ most; short of rows, the rest is 0.

    A direction's sign is free: the largest part of each is made positive, so that the same days give the same points.
    """
    import numpy as np

    matrix = np.array(profiles)
    matrix = matrix - matrix.mean(axis=0)
    left, sizes, directions = np.linalg.svd(matrix, full_matrices=False)
    signs = np.sign([direction[np.argmax(np.abs(direction))] for direction in directions])
    points = np.zeros((len(profiles), DIRECTIONS))
    kept = min(DIRECTIONS, len(sizes))
    points[:, :kept] = (left * sizes * signs)[:, :kept]
    return [[round(float(part), 6) for part in point] for point in points]
