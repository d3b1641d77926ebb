"""Single rides out of the real hourly counts: as many as were counted, the rest drawn from a seeded generator.

A date always gives the same rides, in any process and order of asking: its luck is seeded by the date alone.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from itertools import accumulate
from math import hypot
from random import Random
from zoneinfo import ZoneInfo

from flowlite.demo.history import TIMEZONE, History, Hour

SEED = "mobilitycorp-1"
STATIONS = 60
VEHICLES = 900
ZONE = ZoneInfo(TIMEZONE)


@dataclass(frozen=True, slots=True)
class Ride:
    """One rental. Times are Washington's local time without a zone, as the sources write them."""

    id: str
    user_type: str
    vehicle: str
    start_station: str
    end_station: str
    booked_at: datetime
    ended_at: datetime
    duration_min: float
    speed_kmh: float
    battery_start: int
    battery_end: int
    src_ts: str


@dataclass(frozen=True, slots=True)
class Station:
    """A place in the city, in km from its middle, and how much it is liked."""

    id: str
    x: float
    y: float
    weight: float


@lru_cache(maxsize=1)
def stations() -> tuple[Station, ...]:
    """The city: the same sixty stations on every date, busier towards the middle."""
    luck = Random(SEED)
    places = [(luck.gauss(0, 2.2), luck.gauss(0, 2.2)) for _ in range(STATIONS)]
    return tuple(
        Station(f"st-{number:03}", x, y, weight=luck.uniform(0.5, 1.5) / (1 + hypot(x, y)))
        for number, (x, y) in enumerate(places, start=1)
    )


@dataclass(slots=True)
class City:
    """Where every vehicle stands during one date: first in, first out at its station."""

    luck: Random
    standing: list[deque[int]]
    battery: list[float]
    riding: list[tuple[datetime, int, int]] = field(default_factory=list)  # back at, vehicle, station
    chances: Sequence[float] = field(default_factory=lambda: list(accumulate(place.weight for place in stations())))

    @classmethod
    def at_dawn(cls, luck: Random) -> City:
        """Every date starts from a placing of its own, so that it can be generated alone."""
        city = cls(luck, [deque() for _ in range(STATIONS)], [luck.uniform(40, 100) for _ in range(VEHICLES)])
        order = list(range(VEHICLES))
        luck.shuffle(order)
        for vehicle in order:
            city.standing[city.any_station()].append(vehicle)
        return city

    def any_station(self) -> int:
        """A station, the liked ones more often."""
        return self.luck.choices(range(STATIONS), cum_weights=self.chances)[0]

    def take(self, now: datetime) -> tuple[int, int]:
        """A station and the vehicle that has waited there longest."""
        while self.riding and self.riding[0][0] <= now:
            _, vehicle, station = heapq.heappop(self.riding)
            self.standing[station].append(vehicle)
        station = self.any_station()
        for step in range(STATIONS):
            here = (station + step) % STATIONS
            if self.standing[here]:
                return here, self.standing[here].popleft()
        _, vehicle, station = heapq.heappop(self.riding)  # all are out: the next one to come back
        return station, vehicle

    def ride(self, vehicle: int, km: float) -> tuple[int, int]:
        """Battery before and after; a nearly empty one is swapped before the ride."""
        before = self.battery[vehicle] if self.battery[vehicle] >= 20 else 95.0
        self.battery[vehicle] = max(5.0, before - 1.1 * km)
        return round(before), round(self.battery[vehicle])


def rides_of(history: History, day: date) -> tuple[Ride, ...]:
    """The rides that were booked on a date, the earliest first."""
    return _rides_of(history, day)


@lru_cache(maxsize=4)  # the objects of a date need the rides of the date before it, too
def _rides_of(history: History, day: date) -> tuple[Ride, ...]:
    luck = Random(f"{SEED}/{day}")
    city = City.at_dawn(luck)
    return tuple(ride for hour in history.hours(day) for ride in rides_of_hour(city, hour))


def rides_of_hour(city: City, hour: Hour) -> Iterator[Ride]:
    """As many rides of each user type as were counted, spread over the hour."""
    types = ["casual"] * hour.casual + ["registered"] * hour.registered
    city.luck.shuffle(types)
    seconds = sorted(city.luck.randrange(3600) for _ in types)
    opens = datetime.combine(hour.day, datetime.min.time()) + timedelta(hours=hour.hour)
    for number, (user_type, second) in enumerate(zip(types, seconds, strict=True)):
        yield one_ride(city, hour, number, user_type, opens + timedelta(seconds=second))


def one_ride(city: City, hour: Hour, number: int, user_type: str, booked_at: datetime) -> Ride:
    """Draw the way, the pace and the vehicle of one rental."""
    start, vehicle = city.take(booked_at)
    end = city.any_station()
    km, speed = way(city.luck, start, end, user_type)
    duration = round(min(max(60 * km / speed, 0.5), 240.0), 1)
    ended_at = later(booked_at, timedelta(minutes=duration))
    heapq.heappush(city.riding, (ended_at, vehicle, end))
    before, after = city.ride(vehicle, km)
    return Ride(
        id=f"b-{hour.day:%Y%m%d}-{hour.hour:02}-{number:04}",
        user_type=user_type,
        vehicle=f"v-{vehicle + 1:04}",
        start_station=stations()[start].id,
        end_station=stations()[end].id,
        booked_at=booked_at,
        ended_at=ended_at,
        duration_min=duration,
        speed_kmh=round(60 * km / duration, 1),
        battery_start=before,
        battery_end=after,
        src_ts=hour.src_ts,
    )


def way(luck: Random, start: int, end: int, user_type: str) -> tuple[float, float]:
    """Kilometres and km/h: members ride straight to work, visitors make detours and stop for the view."""
    is_casual = user_type == "casual"
    here, there = stations()[start], stations()[end]
    straight = hypot(here.x - there.x, here.y - there.y) or luck.uniform(1.0, 4.0)
    km = straight * luck.uniform(1.2, 2.4 if is_casual else 1.5)
    return km, min(max(luck.gauss(9.0 if is_casual else 14.0, 2.0), 4.0), 25.0)


def later(local: datetime, wait: timedelta) -> datetime:
    """Local time after a real length: it jumps over the hour that does not exist in spring.

    In autumn the sources count one hour and not two, so nothing is turned back: time never runs backwards in a ride.
    """
    there = local + wait
    if is_even(local.date()) and is_even(there.date()):
        return there
    jump = offset(there) - offset(local)
    return there + max(jump, timedelta())


@cache
def is_even(day: date) -> bool:
    """Whether the clocks stay as they are on a date."""
    midnight = datetime.combine(day, datetime.min.time())
    return offset(midnight) == offset(midnight + timedelta(days=1))


def offset(local: datetime) -> timedelta:
    """From UTC to the local clock; for a time in the missing hour, the offset after the change (PEP 495: fold 1)."""
    found = local.replace(tzinfo=ZONE, fold=1).utcoffset()
    assert found is not None
    return found
