"""Pipeline 4: fifty cities from a service with bad manners; what lies in Silver is what the service knows."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from flowlite import Asset, Dag
from flowlite.demo.stage import Stage
from flowlite.demo.standins.weather import Manners, precipitation, temperature
from flowlite.integrations import sql
from flowlite.testing import TestEngine, engine

IN_MEMORY = {"type": "duckdb", "path": ":memory:"}
HOUR = datetime(2024, 7, 1, 22, tzinfo=UTC)  # the coming day lies in two files
CAIRO, CAIRO_ID = "30.06263", 360630
QUARTERS = [HOUR + timedelta(minutes=15) * number for number in range(4)]


@pytest.fixture
def service(ready: Stage) -> Iterator[Any]:
    """The weather service, well-behaved unless a test says otherwise."""
    ready.weather.asked.clear()
    ready.weather.told.clear()
    yield ready.weather
    ready.weather.manners = Manners()


@pytest.fixture
async def fl(ready: Stage, dags: dict[str, Dag]) -> AsyncIterator[TestEngine]:
    """An engine whose clock runs by itself: the waits between tries cost nothing."""
    async with engine(dags["weather"], pools=ready.settings.pools, start=datetime.now(UTC)) as opened:
        yield opened


def cities(ready: Stage) -> dict[int, tuple[float, float]]:
    with (ready.project / "pipelines" / "data" / "cities50.csv").open(encoding="utf-8") as lines:
        return {int(row["geonameid"]): (float(row["lat"]), float(row["lon"])) for row in csv.DictReader(lines)}


def silver(ready: Stage) -> list[tuple[int, datetime, float, float]]:
    """The table, in the order of its key."""
    asked = "select * from read_parquet(?, hive_partitioning = false) order by location_id, timestamp"
    found = sql.query(IN_MEMORY, asked, [str(ready.lake / "silver/weather_conditions/ds=*/data.parquet")])
    assert not found or list(found[0]) == ["location_id", "timestamp", "temp", "precipitation"]
    return [tuple(row.values()) for row in found]


def truth(ready: Stage, first: datetime) -> list[tuple[int, datetime, float, float]]:
    """What the service knows about the day that begins with an hour."""
    hours = [first + timedelta(hours=number) for number in range(24)]
    return [
        (place, hour, temperature(*where, hour), precipitation(*where, hour))
        for place, where in sorted(cities(ready).items())
        for hour in hours
    ]


async def test_four_polls_of_an_hour_leave_one_row_a_city_and_hour(fl: TestEngine, ready: Stage, service: Any) -> None:
    service.manners = Manners(refused_every=29, failed_every=31, slow_every=11, slow_s=0.05, gap_every=13, late=2)
    for poll in QUARTERS:
        run = await fl.run("weather", logical_date=poll)
        assert (run.state, run.had_failures, run["load"]["missing"]) == ("success", False, [])
    assert {200, 429, 500} == set(service.told)
    assert silver(ready) == truth(ready, HOUR)  # and no gap is left: none of them was there four times


@pytest.mark.slow
async def test_the_next_hour_goes_on_where_this_one_ends(fl: TestEngine, ready: Stage, service: Any) -> None:
    await fl.run("weather", logical_date=HOUR)
    await fl.run("weather", logical_date=HOUR + timedelta(hours=1))
    assert silver(ready) == sorted({*truth(ready, HOUR), *truth(ready, HOUR + timedelta(hours=1))})


async def test_ten_cities_are_asked_at_a_time(fl: TestEngine, service: Any) -> None:
    service.manners = Manners(slow_every=1, slow_s=0.02)
    run = await fl.run("weather", logical_date=HOUR)
    assert run.state == "success"
    assert 2 <= service.most_at_once <= 10


async def test_whoever_is_told_to_wait_is_not_asked_before(fl: TestEngine, service: Any) -> None:
    service.manners = Manners(refused_every=6)
    assert (await fl.run("weather", logical_date=HOUR)).state == "success"
    by_city: dict[str, list[tuple[float, int]]] = {}
    for asked, status in zip(service.asked, service.told, strict=True):
        [latitude] = parse_qs(urlsplit(asked.path).query)["latitude"]
        by_city.setdefault(latitude, []).append((asked.at, status))
    waits = [
        after - before
        for asked in by_city.values()
        for (before, status), (after, _) in pairwise(asked)
        if status == 429
    ]
    assert len(waits) >= 8
    assert min(waits) >= 1.0


@pytest.mark.slow
async def test_a_long_wait_holds_no_slot_and_is_kept(fl: TestEngine, service: Any) -> None:
    service.manners = Manners(refused_every=50, retry_after_s=120)
    run = await fl.run("weather", logical_date=HOUR)
    assert (run.state, run.had_failures) == ("success", False)
    [slow] = [one for one in run.tasks["forecast"] if len(one.attempts) > 1]
    assert [attempt.outcome for attempt in slow.attempts] == ["failed", "success"]
    assert slow.attempts[1].started_at - slow.attempts[0].ended_at >= timedelta(seconds=115)


async def test_a_wait_beyond_the_next_poll_is_left_to_it(fl: TestEngine, service: Any) -> None:
    service.manners = Manners(refused_every=50, retry_after_s=3600)
    run = await fl.run("weather", logical_date=HOUR)
    assert (run.state, run.had_failures) == ("success", True)
    [left] = [one for one in run.tasks["forecast"] if one.state == "failed"]
    assert len(left.attempts) == 1
    assert str(left.attempts[0].error).endswith("the next poll comes sooner")


async def test_one_city_that_fails_loses_none_of_the_others_and_is_seen(
    fl: TestEngine, ready: Stage, service: Any
) -> None:
    service.manners = Manners(broken=frozenset({CAIRO}))
    hour = HOUR + timedelta(days=2)
    run = await fl.run("weather", logical_date=hour)
    assert (run.state, run.had_failures) == ("success", True)
    assert run["load"] == {"hour": hour.isoformat(), "rows": 49 * 24, "missing": ["Cairo"]}
    assert {row for row in silver(ready) if row[1] >= hour} == {row for row in truth(ready, hour) if row[0] != CAIRO_ID}
    assert len(next(one for one in run.tasks["forecast"] if one.state == "failed").attempts) == 4
    assert "no weather of Cairo" in run.tasks["load"][0].attempts[0].log
    assert 'mobilitycorp_weather_cities_missing{job="weather"} 1\n' in ready.metrics.read_text()

    service.manners = Manners()
    await fl.run("weather", logical_date=hour + timedelta(minutes=15))
    assert {row for row in silver(ready) if row[1] >= hour} == set(truth(ready, hour))
    assert 'mobilitycorp_weather_cities_missing{job="weather"} 0\n' in ready.metrics.read_text()


@pytest.mark.slow
async def test_an_hour_without_a_value_does_not_take_away_what_was_known(
    fl: TestEngine, ready: Stage, service: Any
) -> None:
    hour = HOUR + timedelta(days=4)
    await fl.run("weather", logical_date=hour)
    service.manners = Manners(gap_every=1)
    run = await fl.run("weather", logical_date=hour + timedelta(minutes=15))
    assert run["load"]["rows"] == 50 * 23
    assert {row for row in silver(ready) if row[1] >= hour} == set(truth(ready, hour))


async def test_many_missing_cities_fail_the_run_after_the_rest_is_loaded(
    fl: TestEngine, ready: Stage, service: Any
) -> None:
    hour = HOUR + timedelta(days=6)
    latitudes = [str(where[0]) for where in list(cities(ready).values())[:11]]
    service.manners = Manners(broken=frozenset(latitudes), broken_status=404)
    run = await fl.run("weather", logical_date=hour)
    assert (run.state, run.root_cause.task_id) == ("failed", "forecast")
    assert "11 cities did not answer" in str(run.tasks["enough"][0].attempts[-1].error)
    assert len([row for row in silver(ready) if row[1] >= hour]) == 39 * 24


async def test_without_any_answer_silver_stays_as_it_was(fl: TestEngine, ready: Stage, service: Any) -> None:
    before = silver(ready)
    service.manners = Manners(failed_every=1)
    run = await fl.run("weather", logical_date=HOUR + timedelta(days=8))
    assert run.state == "failed"
    assert run.root_cause.task_id == "has_forecast"  # it looked for ten minutes
    assert silver(ready) == before


async def test_killed_in_the_middle_of_a_poll_the_next_start_completes_it(
    fl: TestEngine, ready: Stage, service: Any
) -> None:
    hour = HOUR + timedelta(days=12)
    service.manners = Manners(slow_every=20, slow_s=5.0)  # some cities have answered, others have not
    run = await fl.trigger_unsettled("weather", logical_date=hour)
    while service.told.count(200) < 20:  # noqa: ASYNC110 - it is what others do that is waited for
        await asyncio.sleep(0.01)
    await fl.crash_and_restart()
    service.manners = Manners()
    await fl.clock.advance(minutes=5)
    assert (await fl.result(run)).state == "success"
    assert {row for row in silver(ready) if row[1] >= hour} == set(truth(ready, hour))


async def test_it_waits_until_the_service_has_the_hour(fl: TestEngine, service: Any) -> None:
    service.manners = Manners(late=3)
    service._late = 0
    run = await fl.run("weather", logical_date=HOUR + timedelta(days=10))
    assert run.state == "success"
    assert run.tasks["has_forecast"][0].pokes == 4


def test_new_weather_starts_what_depends_on_it(dags: dict[str, Dag]) -> None:
    [made] = dags["weather"].specs["load"].task.outlets
    waiting = {name for name, dag in dags.items() if isinstance(dag.schedule, Asset) and dag.schedule.name == made}
    assert waiting == {"demand_inputs", "fleet_rebalancing"}
