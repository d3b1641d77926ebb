"""`flowlite backfill gold_daily`: done once, done again, killed (-9) and resumed, the tables are the same."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pipelines_gold import COLUMNS, put_gold

from flowlite.demo.history import history
from flowlite.demo.publisher import DATA, publish
from flowlite.demo.stage import Stage
from flowlite.integrations import sql

DBT = Path(__file__).parents[2] / "pipelines" / "dbt"
IN_MEMORY = {"type": "duckdb", "path": ":memory:"}

# The lake of pipelines/dbt with two small models: what is run, killed and resumed is the same, only quicker.
HOURS = "select date '{{ run_date() }}' as ds, hour, hour * 7 % 24 as rentals from range(24) as t(hour) order by hour"
TOTAL = "select ds, cast(sum(rentals) as bigint) as rentals from {{ ref('hours') }} group by ds"
DAG_FILE = """
import time
from pathlib import Path

from flowlite import Context, dag, task
from flowlite.integrations import dbt

@task
def slowly(ctx: Context):
    while ctx.ds >= "2024-03-11" and Path({halt!r}).exists():  # the test holds the later dates until it has killed us
        time.sleep(0.02)

@dag(schedule="@daily", max_active_runs=2)
def small_daily():
    slowly() >> dbt.run({project!r}, id="dbt", vars={{"run_date": "{{{{ ds }}}}"}}, env={{"LAKE_ROOT": {lake!r}}})
"""


@dataclass(frozen=True, slots=True)
class Project:
    """A flowlite project of its own."""

    folder: Path

    @property
    def lake(self) -> Path:
        return self.folder / "lake"

    @property
    def halt(self) -> Path:
        """While it is there, the later dates don't begin."""
        return self.folder / "halt"

    def line(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "flowlite", "--config", str(self.folder / "flowlite.toml"), *words]

    def call(self, *words: str) -> str:
        done = subprocess.run(self.line(*words), cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def attempts(self) -> dict[str, list[str]]:
        """The outcomes of the dbt task's attempts, by date."""
        runs = json.loads(self.call("runs", "list", "--json"))
        found = {}
        for run in runs:
            shown = json.loads(self.call("runs", "show", str(run["id"]), "--json"))
            tasks = [one for one in shown["tasks"] if one["task_id"] == "dbt"]
            found[run["logical_date"][:10]] = [one["outcome"] for one in tasks[0]["attempts"]]
        return found


def tables(lake: Path) -> dict[str, bytes]:
    files = [path for layer in ("silver", "gold") for path in (lake / layer).rglob("*.parquet")]
    return {str(path.relative_to(lake)): path.read_bytes() for path in files}


@pytest.fixture
def small(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    shutil.copytree(
        DBT / "macros", tmp_path / "dbt" / "macros", ignore=shutil.ignore_patterns("bronze.sql", "tests.sql")
    )
    shutil.copytree(DBT / "plugins", tmp_path / "dbt" / "plugins", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(DBT / name, tmp_path / "dbt" / name)
    for name, text in {"silver/hours.sql": HOURS, "gold/total.sql": TOTAL}.items():
        path = tmp_path / "dbt" / "models" / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
    values = {"project": str(tmp_path / "dbt"), "lake": str(project.lake), "halt": str(project.halt)}
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags" / "small.py").write_text(DAG_FILE.format(**values))
    (tmp_path / "flowlite.toml").write_text('[flowlite]\ndags = ["dags"]\n')
    return project


def test_killed_and_resumed_and_done_again_the_tables_are_those_of_each_date(small: Project) -> None:
    small.halt.touch()
    words = ["backfill", "small_daily", "2024-03-09", "2024-03-13", "--concurrency", "4", "--yes"]
    child = subprocess.Popen(small.line(*words), cwd=small.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until(lambda: len(list(small.lake.glob("gold/total/ds=*/data.parquet"))) == 2, child)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    small.halt.unlink()
    small.call("backfills", "resume", "1")
    once = tables(small.lake)
    assert sorted(once) == [f"{name}/ds=2024-03-{day:02}/data.parquet" for name in ("gold/total", "silver/hours")
                            for day in range(9, 13)]  # fmt: skip
    for day in range(9, 13):  # no date has another's rows: nothing of the first run sticks to a manifest parsed once
        file = small.lake / f"gold/total/ds=2024-03-{day:02}/data.parquet"
        asked = "select cast(ds as varchar) as ds, rentals from read_parquet(?, hive_partitioning = false)"
        [row] = sql.query(IN_MEMORY, asked, [str(file)])
        assert row == {"ds": f"2024-03-{day:02}", "rentals": 276}
    small.call(*words, "--reprocess", "all")
    assert tables(small.lake) == once


def until(is_true: Any, child: subprocess.Popen[bytes]) -> None:
    """Look again and again, for a minute at most."""
    end_at = time.monotonic() + 60
    while not is_true():
        assert child.poll() is None, "it ended by itself"
        assert time.monotonic() < end_at
        time.sleep(0.01)


@pytest.mark.slow
def test_the_real_days_killed_in_the_middle_of_dbt_are_those_of_one_go(ready: Stage, tmp_path: Path) -> None:
    days = [date(2024, 3, 8), date(2024, 3, 9), date(2024, 3, 10), date(2024, 3, 11)]
    source = history(ready.project / DATA)
    for day in days:
        publish("lake", source, day)
    line = [sys.executable, "-m", "flowlite", "--state", str(tmp_path / "state")]
    words = ["backfill", "gold_daily", "2024-03-08", "2024-03-12", "--concurrency", "4", "--yes"]

    child = subprocess.Popen([*line, *words], cwd=ready.project, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until(lambda: any(ready.lake.glob("silver/clean_bookings/ds=*/data.parquet")), child)
    child.kill()
    child.wait()
    assert len(tables(ready.lake)) < 4 * 13
    subprocess.run([*line, "backfills", "resume", "1"], cwd=ready.project, check=True, stdout=subprocess.DEVNULL)
    resumed = tables(ready.lake)
    assert len(resumed) == 4 * 13
    kpis = sql.query(IN_MEMORY, "select ds, rentals from read_parquet(?, hive_partitioning = false) order by ds",
                     [str(ready.lake / "gold/kpi_summary/*/data.parquet")])  # fmt: skip
    assert [row["rentals"] for row in kpis] == [sum(hour.cnt for hour in source.hours(day)) for day in days]

    shutil.rmtree(ready.lake)
    again = [sys.executable, "-m", "flowlite", "--state", str(tmp_path / "another"), *words]
    subprocess.run(again, cwd=ready.project, check=True, stdout=subprocess.DEVNULL)
    assert tables(ready.lake) == resumed

    # What the tests of the model read is what dbt makes.
    columns = ", ".join(COLUMNS)
    rows = f"select {columns} from read_parquet(?, hive_partitioning = false) order by ds, hour"
    by_dbt = sql.query(IN_MEMORY, rows, [str(ready.lake / "gold/demand_features_hourly/*/data.parquet")])
    put_gold(ready.project, tmp_path / "lake", days[0], days[-1])
    assert by_dbt == sql.query(IN_MEMORY, rows, [str(tmp_path / "lake/gold/demand_features_hourly/*/data.parquet")])
