"""A weather service on loopback, in the shape of Open-Meteo's forecast API, with bad manners that can be switched on.

Every value follows from place and hour alone, so the same question has the same answer; all of it is made up.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from threading import Lock
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flowlite.demo.standins.moody import Answer, Asked, MoodyServer

SEED = "mobilitycorp-weather-1"
PATH = "/v1/forecast"
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How badly the service behaves. `*_every`: each so many-th request; 0 is never. Places are latitudes as asked."""

    refused_every: int = 0  # 429 with Retry-After
    retry_after_s: int = 1
    failed_every: int = 0  # 500
    slow_every: int = 0
    slow_s: float = 0.3
    gap_every: int = 0  # an hour without a value, in each so many-th answer
    broken: frozenset[str] = frozenset()  # places that never get a forecast
    broken_status: int = 500
    late: int = 0  # so often it does not know the first hour of a question yet


class Weather(MoodyServer):
    """`with Weather() as service:` it forecasts at `service.url`. `manners` may be changed while it runs."""

    def __init__(self, manners: Manners | None = None) -> None:
        super().__init__({})
        self.manners = manners or Manners()
        self.told: list[int] = []
        """The status of every answer."""
        self._number, self._late = 0, 0
        self._turn = Lock()

    def next_answer(self, asked: Asked) -> Answer:
        """A forecast, or what the manners say."""
        with self._turn:
            self._number += 1
            self.asked.append(asked)
            answer = self._answer(asked, self._number, self.manners)
            self.told.append(answer.status)
            return answer

    def _answer(self, asked: Asked, number: int, manners: Manners) -> Answer:
        parts = urlsplit(asked.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if parts.path != PATH:
            return refusal(404, "Not Found")
        if query.get("latitude") in manners.broken:
            return refusal(manners.broken_status, "No data is available for this location")
        if is_turn(number, manners.failed_every):
            return refusal(500, "Internal Server Error")
        if is_turn(number, manners.refused_every):
            why = "Minutely API request limit exceeded. Please try again in one minute."
            return refusal(429, why, {"Retry-After": str(manners.retry_after_s)})
        try:
            body = forecast(query)
        except (KeyError, ValueError) as wrong:
            return refusal(400, f"Parameter {wrong} is missing or has no value that can be read")
        if self._late < manners.late:
            self._late += 1
            leave_out(body, 0)
        if is_turn(number, manners.gap_every):
            leave_out(body, number % len(body["hourly"]["time"]))
        return Answer(json=body, after_s=manners.slow_s if is_turn(number, manners.slow_every) else 0.0)


def is_turn(number: int, every: int) -> bool:
    """Whether this is one of each so many."""
    return every > 0 and number % every == 0


def refusal(status: int, reason: str, headers: Mapping[str, str] | None = None) -> Answer:
    """As Open-Meteo says no."""
    return Answer(status=status, json={"error": True, "reason": reason}, headers=headers or {})


def leave_out(body: dict[str, Any], hour: int) -> None:
    """An hour that has a time and no values."""
    for name in ("temperature_2m", "precipitation"):
        body["hourly"][name][hour] = None


def forecast(query: Mapping[str, str]) -> dict[str, Any]:
    """The answer to a question. Raises KeyError, ValueError."""
    latitude, longitude = float(query["latitude"]), float(query["longitude"])
    first, last = (datetime.fromisoformat(query[name]).replace(tzinfo=UTC) for name in ("start_hour", "end_hour"))
    hours = [first + number * HOUR for number in range(int((last - first) / HOUR) + 1)]
    return {
        "latitude": round(latitude * 8) / 8,  # the nearest point of a grid
        "longitude": round(longitude * 8) / 8,
        "generationtime_ms": 0.1,
        "utc_offset_seconds": 0,
        "timezone": "GMT",
        "timezone_abbreviation": "GMT",
        "elevation": 38.0,
        "hourly_units": {"time": "iso8601", "temperature_2m": "°C", "precipitation": "mm"},
        "hourly": {
            "time": [f"{hour:%Y-%m-%dT%H:%M}" for hour in hours],
            "temperature_2m": [temperature(latitude, longitude, hour) for hour in hours],
            "precipitation": [precipitation(latitude, longitude, hour) for hour in hours],
        },
    }


def temperature(latitude: float, longitude: float, hour: datetime) -> float:
    """Warm near the equator, in summer, and in the afternoon; each day has a mood of its own."""
    season = math.cos(2 * math.pi * (hour.timetuple().tm_yday - 200) / 365)
    local_hour = hour.hour + longitude / 15
    afternoon = math.cos(2 * math.pi * (local_hour - 15) / 24)
    mood = Random(f"{SEED}/{latitude}/{longitude}/{hour:%Y-%m-%d}").gauss(0, 2)
    return round(27 - abs(latitude) * 0.35 + latitude * 0.25 * season + 4 * afternoon + mood, 1)


def precipitation(latitude: float, longitude: float, hour: datetime) -> float:
    """One day in three has rain, in spells of some hours."""
    luck = Random(f"{SEED}/rain/{latitude}/{longitude}/{hour:%Y-%m-%d}")
    if luck.random() > 1 / 3:
        return 0.0
    begins, lasts, most = luck.randrange(24), luck.randint(1, 6), luck.expovariate(0.5)
    return round(most * luck.uniform(0.3, 1.0), 1) if begins <= hour.hour < begins + lasts else 0.0
