"""Pipeline 4: the weather of fifty cities, every quarter of an hour, for whoever has to know what people will want.

    has_forecast -> cities -> forecast[0..49] -> load -> enough        weather
                                                   |
                                                   +-> demand_inputs, fleet_rebalancing: when Silver has new weather

Each poll asks for the day that begins with its hour. What it brings replaces what Silver knew about the same cities
and hours, so four polls of one hour leave one row, and a poll that is repeated changes nothing.

What happens when things are not as they should be:

    the service has not this hour yet   the sensor looks again, for ten minutes
    429 with Retry-After                that city waits as long as it was told to, and the others go on
    500, a timeout, no connection       the city is asked again, three times
    told to wait longer than a poll     the city is left to the next poll
    one city does not answer            the other 49 are loaded; the run says `with failures`, log and metric which
    an hour without a value             is left out: what an earlier poll said about it stays
    more than ten cities are missing    what came is loaded, and then the run fails, so that somebody hears of it
"""

from __future__ import annotations

import csv
import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from etl import LAKE, PROJECT, TIMEZONE, once_more, patient
from weather_table import Condition, newest_poll, note_poll, upsert

from flowlite import Asset, Context, Fail, FlowliteError, Handle, Retry, dag, every, task
from flowlite.integrations import dbt, http, metrics

CITIES = Path(__file__).parent / "data" / "cities50.csv"
HOURS = 24  # of the forecast, from the hour of the poll on
MISSING_AT_MOST = 10  # cities: with fewer of them it is no longer bad luck
NEXT_POLL = timedelta(minutes=15)

weather_conditions = Asset("silver.weather_conditions")


@dataclass(frozen=True, slots=True)
class City:
    """A place to ask for."""

    location_id: int
    name: str
    lat: float
    lon: float


@task
def cities() -> list[City]:
    """The fifty of data/cities50.csv."""
    with CITIES.open(encoding="utf-8", newline="") as lines:
        return [
            City(int(row["geonameid"]), row["name"], float(row["lat"]), float(row["lon"]))
            for row in csv.DictReader(lines)
        ]


def hour_of(ctx: Context) -> datetime:
    """The hour that a poll is about: four of them are about the same one."""
    return ctx.logical_date.replace(minute=0, second=0, microsecond=0)


def question(city: City, ctx: Context) -> dict[str, str]:
    """In the words of Open-Meteo. Times are UTC, in both directions."""
    first = hour_of(ctx)
    return {
        "latitude": f"{city.lat}",
        "longitude": f"{city.lon}",
        "hourly": "temperature_2m,precipitation",
        "start_hour": f"{first:%Y-%m-%dT%H:%M}",
        "end_hour": f"{first + timedelta(hours=HOURS - 1):%Y-%m-%dT%H:%M}",
        "timezone": "GMT",
    }


def has_this_hour(answer: dict) -> bool:
    """Whether the service knows the first of the hours that it was asked for."""
    return answer["hourly"]["temperature_2m"][:1] not in ([], [None])


# `weather` has ten slots: so many cities are asked at a time, and a city that waits for its next try holds none.
@task(pool="weather", timeout=60, retries=Retry(3, backoff="exponential", delay=2, max_delay=60, jitter=0.2))
async def forecast(city: City, ctx: Context) -> list[Condition]:
    """The next day of one city."""
    try:
        answer = await http.get_json_async("/v1/forecast", connection="weather", params=question(city, ctx))
    except http.HttpFailed as failed:
        if failed.retry_at and failed.retry_at > time.time() + NEXT_POLL.total_seconds():
            raise Fail(f"{city.name}: {failed}; the next poll comes sooner") from failed
        raise
    found = conditions(city, answer)
    if not found:
        raise FlowliteError(f"{city.name}: no hour of the answer holds a value")
    return found


def conditions(city: City, answer: dict) -> list[Condition]:
    """The hours of an answer in the standard schema; those without a value are left out."""
    hourly, shift = answer["hourly"], timedelta(seconds=answer["utc_offset_seconds"])
    hours = zip(hourly["time"], hourly["temperature_2m"], hourly["precipitation"], strict=True)
    return [
        Condition(city.location_id, datetime.fromisoformat(at).replace(tzinfo=UTC) - shift, temp, precipitation)
        for at, temp, precipitation in hours
        if temp is not None and precipitation is not None
    ]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a poll brought."""

    hour: datetime
    rows: int
    missing: list[str]  # the cities that did not answer


# One slot, as for every table that is read and written again: two loads at once would lose what one of them brought.
@task(pool="weather_table", retries=patient, trigger_rule="all_done_min_one_success", outlets=[weather_conditions])
def load(forecasts: list[list[Condition]], asked: list[City], ctx: Context) -> Loaded:
    """Put the hours of the cities that answered into Silver."""
    rows = [row for found in forecasts for row in found]
    if not rows:
        raise Fail("no city answered; look at the attempts of `forecast`, and at the connection 'weather'")
    upsert(LAKE, rows)
    note_poll(LAKE, hour_of(ctx))
    answered = {row.location_id for row in rows}
    missing = [city.name for city in asked if city.location_id not in answered]
    ctx.log.info("%d hours of %d cities", len(rows), len(answered))
    if missing:
        ctx.log.warning("no weather of %s", ", ".join(missing))
    return Loaded(hour_of(ctx), len(rows), missing)


@task(retries=patient)
def publish(loaded: Loaded, asked: list[City], ctx: Context) -> None:
    """Show Prometheus how complete the picture is."""
    answered = len(asked) - len(loaded.missing)
    gauges = [
        metrics.gauge("mobilitycorp_weather_cities", answered, "Cities that answered the latest poll."),
        metrics.gauge("mobilitycorp_weather_cities_missing", len(loaded.missing), "Cities that did not."),
        metrics.gauge("mobilitycorp_weather_hour", loaded.hour.timestamp(), "Its hour, in seconds since 1970."),
    ]
    metrics.push("metrics", gauges, job=ctx.dag_id)


@task
def enough(loaded: Loaded) -> int:
    """Fail where so many cities are missing that somebody should know."""
    if len(loaded.missing) > MISSING_AT_MOST:
        names = ", ".join(loaded.missing)
        raise Fail(f"{len(loaded.missing)} cities did not answer: {names}; what came is in Silver")
    return loaded.rows


def address(ctx: Context) -> str:
    """What the sensor asks: another city each time, for one of them may be the trouble."""
    return f"/v1/forecast?{urlencode(question(random.choice(cities()), ctx))}"


@dag(schedule=every(minutes=15), sla=timedelta(minutes=10), tags=["weather"], team="data")
def weather():
    """Forecasts of fifty cities into Silver, every quarter of an hour."""
    has_forecast = http.answers(
        address, connection="weather", is_ready=has_this_hour, id="has_forecast", poke_every=15, timeout=600
    )
    asked = cities()
    has_forecast >> asked
    loaded = load(forecast.map(asked), asked)
    publish(loaded, asked)
    enough(loaded)


@task
def newest_hour() -> dict[str, str]:
    """What the new weather is about, for dbt: the hour of the poll, and the date that it belongs to for people here."""
    hour = newest_poll(LAKE)
    return {"run_date": str(hour.astimezone(ZoneInfo(TIMEZONE)).date()), "from_hour": f"{hour:%Y-%m-%d %H:%M:%S+00}"}


def gold_of(model: str) -> Handle:
    """Build a Gold table that looks ahead, for the date and hour of the newest weather."""
    newest = newest_hour()
    about = {"run_date": newest["run_date"], "from_hour": newest["from_hour"]}
    return dbt.build(
        PROJECT, id="build", select=model, vars=about, env={"LAKE_ROOT": str(LAKE)}, pool="dbt", retries=once_more
    )


@dag(schedule=weather_conditions, tags=["weather"], team="data")
def demand_inputs():
    """What a forecast of demand may know about the coming day, city by city."""
    gold_of("demand_forecast_inputs")


@dag(schedule=weather_conditions, tags=["weather"], team="data")
def fleet_rebalancing():
    """How many vehicles the crew should bring to each station, with the coming day's weather in view."""
    gold_of("fleet_rebalancing")
