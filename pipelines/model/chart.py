"""The chart of a training: what came and what the model expected, hour by hour over the holdout's last week."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from flowlite.integrations import library, sql
from model.judging import Measured

LAST_HOURS = 7 * 24
CAME, EXPECTED, LAST_WEEK = "#1b4965", "#d1495b", "#b8c4cc"


def draw(rows: Sequence[sql.Row], expected: Sequence[float], measured: Measured, path: Path) -> Path:
    """Write the chart as a PNG."""
    figures = library("matplotlib.figure", extra="report")  # and no pyplot: it keeps every figure alive
    rows, expected = rows[-LAST_HOURS:], expected[-LAST_HOURS:]
    hours = range(len(rows))
    figure = figures.Figure(figsize=(10, 4.2), layout="constrained")
    axes = figure.subplots()
    axes.fill_between(hours, [row["rentals_last_week"] or 0 for row in rows], color=LAST_WEEK, label="the week before")
    axes.plot(hours, [row["rentals"] for row in rows], color=CAME, linewidth=1.6, label="came")
    axes.plot(hours, expected, color=EXPECTED, linewidth=1.6, label="expected")
    starts = [at for at in hours if at == 0 or rows[at]["ds"] != rows[at - 1]["ds"]]
    axes.set_xticks(starts, [f"{rows[at]['ds']:%a %d %b}" for at in starts], ha="left")
    off = f"off by {measured.mae:.1f} on average, the week before by {measured.floor_mae:.1f}"
    axes.set_title(f"Rentals an hour: {off}", loc="left")
    axes.set_ylabel("rentals an hour")
    axes.set_ylim(0, 1.2 * max(1.0, *expected, *(row["rentals"] for row in rows)))  # room for the legend
    axes.set_xlim(0, max(len(rows) - 1, 1))
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="upper left", ncols=3, frameon=False)
    axes.set_xlabel(f"Source: Gold demand_features_hourly to {measured.last}", loc="right", size=7, color="#555555")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    return path
