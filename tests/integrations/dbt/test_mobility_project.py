"""The dbt project of MobilityCorp on the real history: two good dates and a bad one at once, over one manifest."""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import pytest

import flowlite

PROJECT = Path(__file__).parents[3] / "pipelines" / "dbt"
GOOD, ALSO_GOOD, BAD = "2024-03-10", "2024-01-02", "2023-03-09"
AHEAD = "2024-03-17"
DAGS = """
from flowlite import dag
from flowlite.integrations import dbt

FOR_DATE = {{"vars": {{"run_date": "{{{{ ds }}}}"}}, "env": {{"LAKE_ROOT": {lake!r}}}}}

@dag(max_active_runs=3)
def gold_daily():
    silver = dbt.build({project!r}, select="silver", id="silver", retries=3, **FOR_DATE)
    silver >> dbt.build({project!r}, select=["gold"], id="gold", **FOR_DATE)

@dag
def ahead():
    about = {{"run_date": "{{{{ ds }}}}", "from_hour": "2024-03-17 09:00:00+00"}}
    dbt.build({project!r}, select="tag:ahead", vars=about, env={{"LAKE_ROOT": {lake!r}}})
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
    put_weather(lake)
    dags = dag_file(DAGS.format(lake=str(lake), project=str(PROJECT)))
    played = Played(lake, {}, defaultdict(lambda: defaultdict(list)))
    asyncio.run(play(dags, played))
    return played


def put_weather(lake: Path) -> None:
    """Forecasts of two cities in two files; it rains in Philadelphia, the city nearest to the fleet, for six hours."""
    first = datetime(2024, 3, 17, 8, tzinfo=UTC)  # an hour that is over
    for day in (first, first + timedelta(days=1)):
        path = lake / "silver" / "weather_conditions" / f"ds={day:%Y-%m-%d}" / "data.parquet"
        path.parent.mkdir(parents=True)
        hours = [first + timedelta(hours=number) for number in range(30)]
        told = [
            (city, hour, 10.0, 1.5 if city == 4560349 and hour.hour < 6 else 0.0)
            for city in (4560349, 2950159)
            for hour in hours
            if hour.date() == day.date()
        ]
        columns = dict(zip(("i", "t", "c", "p"), map(list, zip(*told, strict=True)), strict=True))
        duckdb.connect().execute(
            "copy (select unnest($i) as location_id, unnest($t) as timestamp, unnest($c) as temp, "
            f"unnest($p) as precipitation) to '{path}' (format parquet)",
            columns,
        )


async def play(dags: ModuleType, played: Played) -> None:
    async with flowlite.open(":memory:") as fl:
        listening = asyncio.create_task(listen(fl, played))
        runs = await asyncio.gather(*(fl.run(dags.gold_daily, logical_date=day) for day in (GOOD, ALSO_GOOD, BAD)))
        played.runs = dict(zip((GOOD, ALSO_GOOD, BAD), runs, strict=True))
        played.runs[AHEAD] = await fl.run(dags.ahead, logical_date=AHEAD)
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
        for model in sorted(path.parent for path in (played.lake / "gold").glob(f"*/ds={day}")):
            assert rows(played, model.name, day, "distinct cast(ds as varchar)") == [(day,)], model.name
    assert rows(played, "kpi_summary", ALSO_GOOD, "rentals") == [(2236,)]


def test_a_day_without_humidity_stops_the_line_and_says_why(played: Played) -> None:
    bad = played.runs[BAD]
    [attempt] = bad.tasks["silver"][0].attempts  # a bad test is not tried again: the data would be the same
    assert bad.state == "failed"
    assert bad.tasks["gold"][0].state == "upstream_failed"
    assert "test humidity_was_measured on model clean_weather, column humidity_pct: 22 rows fail" in str(attempt.error)
    assert not (played.lake / "gold" / "kpi_summary" / f"ds={BAD}").exists()


def test_what_looks_ahead_has_the_coming_day_of_each_city_on_its_own_clock(played: Played) -> None:
    assert played.runs[AHEAD].state == "success", played.runs[AHEAD].root_cause
    what = "city, count(*), min(timestamp), max_by(hour, timestamp), sum(precipitation)"
    grouped = f"{what} from read_parquet(?, hive_partitioning = false) group by city order by city"
    file = str(played.lake / "gold" / "demand_forecast_inputs" / f"ds={AHEAD}" / "data.parquet")
    found = duckdb.connect().execute(f"select {grouped}", [file]).fetchall()
    nine = datetime(2024, 3, 17, 9, tzinfo=UTC)
    assert found == [("Berlin", 24, nine, 9, 0.0), ("Philadelphia", 24, nine, 4, 9.0)]


def test_what_is_usual_is_what_came_at_that_hour_on_such_days_before(played: Played) -> None:
    came = dict(rows(played, "demand_features_hourly", GOOD, "hour, rentals"))  # the Sunday before
    found = rows(played, "demand_forecast_inputs", AHEAD, "city, hour, is_working_day, usual_rentals")
    sunday = {hour: usual for city, hour, is_working, usual in found if city == "Philadelphia" and not is_working}
    assert sunday == {hour: came.get(hour) for hour in range(5, 24)}
    assert {usual for *_, is_working, usual in found if is_working} == {None}  # Gold has no working day before


def test_the_crew_brings_what_runs_out_and_less_where_it_rains(played: Played) -> None:
    net = dict(rows(played, "station_balance", GOOD, "station, net_vehicles"))
    found = rows(played, "fleet_rebalancing", AHEAD, "station, rain_hours, demand_factor, vehicles_to_bring")
    assert {station for station, *_ in found} == set(net)
    for station, rain_hours, factor, bring in found:
        assert rain_hours == 6
        assert 0 <= factor <= 1
        assert abs(bring + net[station] * factor) <= 0.5


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
