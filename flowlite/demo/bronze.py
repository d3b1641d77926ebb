"""The Bronze objects of a date, as the four source systems deliver them: same date, same bytes.

Layout and columns: pipelines/dbt/BRONZE.md.
"""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from random import Random
from typing import Any

from flowlite.demo.history import History, Hour
from flowlite.demo.rides import SEED, Ride, later, rides_of

SOURCES = ("hourly_counts", "weather", "bookings", "vehicle_telemetry")
DOUBLES = 1 / 500  # bookings that a source delivers twice
LATE = 1 / 100  # pings that arrive hours after they were measured
NO_READING = 1 / 200  # pings without a battery reading, which the devices send as 255

AS_JSON = json.JSONEncoder(separators=(",", ":")).encode

Line = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class BronzeObject:
    """One source's delivery for one hour."""

    key: str
    lines: int
    body: bytes


def key_of(source: str, day: date, hour: int) -> str:
    """Where the object of an hour lies, in S3 and below the local lake."""
    return f"bronze/{source}/ds={day}/hr={hour:02}.jsonl.gz"


def objects_of(history: History, day: date) -> Iterator[list[BronzeObject]]:
    """The 24 hours of a date in order, each with one object per source, empty ones included."""
    hours = {hour.hour: hour for hour in history.hours(day)}
    bookings, pings = bookings_of(history, day), pings_of(history, day)
    for number in range(24):
        real = [hours[number]] if number in hours else []
        yield [
            pack("hourly_counts", day, number, map(counts_line, real)),
            pack("weather", day, number, map(weather_line, real)),
            pack("bookings", day, number, bookings[number]),
            pack("vehicle_telemetry", day, number, pings[number]),
        ]


def pack(source: str, day: date, hour: int, lines: Iterable[Line]) -> BronzeObject:
    """Gzipped JSON lines. No time stamp in the header, so that the same hour gives the same bytes."""
    text = [f"{AS_JSON(line)}\n" for line in lines]
    return BronzeObject(key_of(source, day, hour), len(text), gzip.compress("".join(text).encode(), 5, mtime=0))


def counts_line(hour: Hour) -> Line:
    """The real counts of an hour."""
    return {
        "dteday": str(hour.day),
        "hr": hour.label,
        "src_ts": hour.src_ts,
        "season": hour.season,
        "holiday": hour.holiday,
        "weekday": hour.weekday,
        "workingday": hour.workingday,
        "casual": hour.casual,
        "registered": hour.registered,
        "cnt": hour.cnt,
    }


def weather_line(hour: Hour) -> Line:
    """The real weather of an hour."""
    return {
        "dteday": str(hour.day),
        "hr": hour.label,
        "src_ts": hour.src_ts,
        "weathersit": hour.weathersit,
        "temp": hour.temp,
        "atemp": hour.atemp,
        "hum": hour.hum,
        "windspeed": hour.windspeed,
    }


def bookings_of(history: History, day: date) -> Mapping[int, list[Line]]:
    """The booking lines of a date by hour; some are delivered twice."""
    luck = Random(f"{SEED}/{day}/bookings")
    lines: defaultdict[int, list[Line]] = defaultdict(list)
    for ride in rides_of(history, day):
        line = booking_line(ride)
        lines[ride.booked_at.hour] += [line, line] if luck.random() < DOUBLES else [line]
    return lines


def booking_line(ride: Ride) -> Line:
    """A rental: that it took place in this hour is real, the rest is not."""
    return {
        "booking_id": ride.id,
        "booked_at": str(ride.booked_at),
        "src_ts": ride.src_ts,
        "start_station": ride.start_station,
        "end_station": ride.end_station,
        "vehicle_id": ride.vehicle,
        "user_type": ride.user_type,
        "duration_min": ride.duration_min,
        "synthetic": "booked_at,station,vehicle,duration",
    }


def pings_of(history: History, day: date) -> Mapping[int, list[Line]]:
    """The pings that arrive on a date, by hour of arrival: of its own rides, and late ones of the date before."""
    arrivals = [*arrivals_of(history, day - timedelta(days=1)), *arrivals_of(history, day)]
    lines: defaultdict[int, list[Line]] = defaultdict(list)
    for received_at, line in sorted(arrivals, key=lambda arrival: (arrival[0], arrival[1]["ping_id"])):
        if received_at.date() == day:
            lines[received_at.hour].append(line)
    return lines


@lru_cache(maxsize=2)  # the next date asks for them, too
def arrivals_of(history: History, booked_on: date) -> list[tuple[datetime, Line]]:
    """The pings of the rides of a date, whenever they arrive."""
    luck = Random(f"{SEED}/{booked_on}/pings")
    return [arrival for ride in rides_of(history, booked_on) for arrival in pings_of_ride(ride, luck)]


def pings_of_ride(ride: Ride, luck: Random) -> Iterator[tuple[datetime, Line]]:
    """When each of the two pings arrives, and what it says."""
    yield ping(ride, luck, "start", ride.booked_at, ride.start_station, ride.battery_start, 0.0)
    yield ping(ride, luck, "end", ride.ended_at, ride.end_station, ride.battery_end, ride.speed_kmh)


def ping(
    ride: Ride, luck: Random, event: str, event_at: datetime, station: str, battery: int, speed: float
) -> tuple[datetime, Line]:
    """A ping of a vehicle; all of it is made up."""
    way_s = luck.randint(3600, 6 * 3600) if luck.random() < LATE else luck.randint(1, 9)
    received_at = later(event_at, timedelta(seconds=way_s))
    return received_at, {
        "ping_id": f"{ride.id}-{event[0]}",
        "booking_id": ride.id,
        "vehicle_id": ride.vehicle,
        "event": event,
        "event_at": str(event_at),
        "received_at": str(received_at),
        "station": station,
        "battery_pct": 255 if luck.random() < NO_READING else battery,
        "speed_kmh": speed,
        "synthetic": "all",
    }
