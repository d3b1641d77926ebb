"""The dbt project of MobilityCorp on the real history: two good dates and a bad one at once, over one manifest."""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import pytest

import flowlite

PROJECT = Path(__file__).parents[3] / "pipelines" / "dbt"
GOOD, ALSO_GOOD, BAD = "2024-03-10", "2024-01-02", "2023-03-09"
DAGS = """
from flowlite import dag
from flowlite.integrations import dbt

FOR_DATE = {{"vars": {{"run_date": "{{{{ ds }}}}"}}, "env": {{"LAKE_ROOT": {lake!r}}}}}

@dag(max_active_runs=3)
def gold_daily():
    silver = dbt.build({project!r}, select="silver", id="silver", retries=3, **FOR_DATE)
    silver >> dbt.build({project!r}, select=["gold"], id="gold", **FOR_DATE)
"""


@dataclass
class Played:
    lake: Path
    runs: dict[str, Any]
    nodes: dict[str, dict[str, list[Any]]]  # by date and node: its rows, as they were committed


@pytest.fixture(scope="module")
def played(
    tmp_path_factory: pytest.TempPathFactory,
    put_bronze: Callable[[Path, str], None],
    dag_file: Callable[[str], ModuleType],
) -> Played:
    """Three runs at once in one engine."""
    lake = tmp_path_factory.mktemp("lake")
    for day in (GOOD, ALSO_GOOD, BAD):
        put_bronze(lake, day)
    dag = dag_file(DAGS.format(lake=str(lake), project=str(PROJECT))).gold_daily
    played = Played(lake, {}, defaultdict(lambda: defaultdict(list)))
    asyncio.run(play(dag, played))
    return played


async def play(dag: flowlite.Dag, played: Played) -> None:
    async with flowlite.open(":memory:") as fl:
        listening = asyncio.create_task(listen(fl, played))
        runs = await asyncio.gather(*(fl.run(dag, logical_date=day) for day in (GOOD, ALSO_GOOD, BAD)))
        played.runs = dict(zip((GOOD, ALSO_GOOD, BAD), runs, strict=True))
        listening.cancel()


async def listen(fl: Any, played: Played) -> None:
    async for event in fl.events():
        if event.kind == "node":
            played.nodes[event.run_id][event.task_id].append(event)


def rows(played: Played, model: str, day: str, what: str = "*") -> list[tuple[Any, ...]]:
    path = played.lake / "gold" / model / f"ds={day}" / "data.parquet"
    return duckdb.connect().execute(f"select {what} from read_parquet('{path}', hive_partitioning = false)").fetchall()


def test_gold_counts_every_real_rental_of_the_day_the_clocks_changed(played: Played) -> None:
    assert played.runs[GOOD].state == "success"
    assert rows(played, "kpi_summary", GOOD, "rentals, hours_covered, hours_published") == [(4911, 23, 24)]


def test_two_dates_through_one_manifest_keep_to_their_own_files(played: Played) -> None:
    assert played.runs[ALSO_GOOD].state == "success"
    for day in (GOOD, ALSO_GOOD):
        for model in sorted((played.lake / "gold").iterdir()):
            assert rows(played, model.name, day, "distinct cast(ds as varchar)") == [(day,)], model.name
    assert rows(played, "kpi_summary", ALSO_GOOD, "rentals") == [(2236,)]


def test_a_day_without_humidity_stops_the_line_and_says_why(played: Played) -> None:
    bad = played.runs[BAD]
    [attempt] = bad.tasks["silver"][0].attempts  # a bad test is not tried again: the data would be the same
    assert bad.state == "failed"
    assert bad.tasks["gold"][0].state == "upstream_failed"
    assert "test humidity_was_measured on model clean_weather, column humidity_pct: 22 rows fail" in str(attempt.error)
    assert not (played.lake / "gold" / "kpi_summary" / f"ds={BAD}").exists()


def test_tolerable_dirt_is_told_and_lets_the_day_pass(played: Played) -> None:
    silver = played.runs[GOOD]["silver"]
    assert silver["states"]["warn"] >= 1
    assert {"name": "published_hours_hold_a_count", "rows": 1} in [
        {"name": one["name"], "rows": one["rows"]} for one in silver["warnings"]
    ]
    assert silver["rows_by_model"]["clean_bookings"] == 4911


def test_each_model_and_test_is_a_row_that_is_told_while_dbt_runs(played: Played) -> None:
    told = played.nodes[played.runs[GOOD].id]["silver"]
    states = [event.state for event in told]
    assert {"queued", "running", "success", "warn"} <= set(states)
    assert states.index("success") < len(states) - 1 - states[::-1].index("running")  # one ended before another began


def test_no_model_config_reads_a_value_of_the_run() -> None:
    """A manifest that was parsed once would freeze it: day 2 would overwrite day 1's file with both green."""
    texts = {path.name: path.read_text() for path in PROJECT.rglob("*.sql")}
    configs = {name: re.findall(r"config\((.*?)\)\s*}}", text, re.DOTALL) for name, text in texts.items()}
    assert not [name for name, found in configs.items() if any("var(" in one or "run_date" in one for one in found)]
    assert "var(" not in (PROJECT / "dbt_project.yml").read_text()
