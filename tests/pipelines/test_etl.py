"""Pipeline 1: its shape, what it waits for, and what it does without data. With dbt: tests/demo/test_play.py."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import flowlite
from flowlite import Dag
from flowlite.demo.history import history
from flowlite.demo.publisher import DATA, publish
from flowlite.demo.stage import Stage
from flowlite.integrations import s3


def module_of(dag: Dag) -> ModuleType:
    """The module that a DAG file was loaded as."""
    return next(module for module in sys.modules.values() if getattr(module, "__file__", None) == dag.file)


class At:
    """The part of a Context that says which hour a run is about."""

    def __init__(self, ds: str, utc: datetime) -> None:
        self.ds, self.logical_date = ds, utc


def test_the_line_runs_from_bronze_to_metrics(dags: dict[str, Dag]) -> None:
    names = [spec.id for spec in dags["gold_kpis"].specs.values()]
    assert sorted(names) == ["arrived", "download", "gold", "publish_metrics", "silver", "silver_tests"]
    assert {"gold_kpis", "gold_daily", "embedding_pipeline"} <= set(dags)
    assert list(dags["gold_kpis"].following) == ["embedding_pipeline"]


def test_the_silver_task_gets_more_memory_after_it_was_killed_for_it(dags: dict[str, Dag]) -> None:
    silver = dags["gold_kpis"].specs["silver"]
    assert (silver.memory_bytes, silver.memory_factor) == (1 << 30, 2)


@pytest.mark.parametrize(
    ("utc", "hour"),
    [
        (datetime(2024, 3, 10, 6, tzinfo=UTC), "01"),
        (datetime(2024, 3, 10, 7, tzinfo=UTC), "03"),  # there is no 2 o'clock
        (datetime(2024, 7, 1, 3, tzinfo=UTC), "23"),
    ],
)
def test_it_waits_for_the_hour_on_washingtons_clock(dags: dict[str, Dag], utc: datetime, hour: str) -> None:
    wanted = module_of(dags["gold_kpis"]).this_hour(At("2024-03-10", utc))
    assert wanted[0] == f"bronze/hourly_counts/ds=2024-03-10/hr={hour}."
    assert len(wanted) == 4


async def test_a_date_that_was_never_published_fails_at_once_and_says_so(dags: dict[str, Dag]) -> None:
    async with flowlite.open(":memory:", pools={"s3": 4, "dbt": 2}) as fl:
        run = await fl.run(dags["gold_daily"], logical_date="2023-05-05")
    assert run.state == "failed"
    assert "no Bronze objects of 2023-05-05" in str(run.root_cause)
    assert len(run.tasks["whole_day"][0].attempts) == 1


async def test_the_publisher_puts_what_the_sensor_waits_for(ready: Stage, dags: dict[str, Dag]) -> None:
    hours: list[int] = []
    done = publish("lake", history(ready.project / DATA), date(2023, 6, 1), range(3), on_hour=hours.append)
    assert (done.objects, hours) == (12, [0, 1, 2])
    keys = s3.keys_below("lake", "bronze/weather/ds=2023-06-01/")
    assert keys == [f"bronze/weather/ds=2023-06-01/hr=0{hour}.jsonl.gz" for hour in range(3)]
    before = s3.read("lake", keys[0])
    publish("lake", history(ready.project / DATA), date(2023, 6, 1), range(1))
    assert s3.read("lake", keys[0]) == before


def test_a_date_outside_the_history_is_refused(ready: Stage) -> None:
    with pytest.raises(flowlite.FlowliteError, match="choose a date from 2022-12-31 to 2024-12-30"):
        publish("lake", history(ready.project / DATA), date(2025, 6, 1))


def profile(peak: int) -> list[float]:
    return [0.5 if hour == peak else 0.5 / 23 for hour in range(24)]


def test_days_of_one_shape_are_neighbours(dags: dict[str, Dag]) -> None:
    embedded: Any = module_of(dags["embedding_pipeline"]).embedded
    points = embedded([profile(8), profile(15), profile(8), profile(15), profile(8)])
    assert points[0] == points[2] == points[4]
    assert points[1] == points[3]
    assert points[0] != points[1]


def test_the_same_days_give_the_same_points(dags: dict[str, Dag]) -> None:
    embedded: Any = module_of(dags["embedding_pipeline"]).embedded
    days = [profile(hour) for hour in (8, 15, 17, 9)]
    assert embedded(days) == embedded(days)
    assert embedded([profile(8)]) == [[0.0, 0.0, 0.0]]


def test_every_pipeline_loads_without_the_stand_ins(ready: Stage) -> None:
    """`flowlite check` in a fresh checkout, where no variable is set."""
    ours = ("LAKE_", "METRICS_", "MLFLOW_", "SLACK_", "FLOWLITE_")
    unset = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    line = [sys.executable, "-m", "flowlite", "check"]
    done = subprocess.run(line, cwd=ready.project, env=unset, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


def test_the_data_has_its_attribution() -> None:
    readme = (Path(__file__).parents[2] / "pipelines" / "data" / "README.md").read_text()
    for needed in ("CC BY 4.0", "Fanaee-T", "GeoNames", "4,382 days", "synthetic"):
        assert needed in readme
