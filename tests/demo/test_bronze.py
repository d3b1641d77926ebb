"""The generated sources: real totals, the promised dirt, and the same bytes every time."""

from __future__ import annotations

import gzip
import hashlib
import json
import subprocess
import sys
from collections import Counter
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from flowlite.demo.bronze import SOURCES, BronzeObject, key_of, objects_of
from flowlite.demo.history import History
from flowlite.demo.rides import later, rides_of

CHANGE = date(2024, 3, 10)  # the clocks go forward


def lines_of(found: BronzeObject) -> list[dict[str, Any]]:
    return [json.loads(line) for line in gzip.decompress(found.body).decode().splitlines()]


@pytest.fixture(scope="module")
def objects(source: History) -> list[list[BronzeObject]]:
    return list(objects_of(source, CHANGE))


def test_every_hour_has_an_object_of_every_source(objects: list[list[BronzeObject]]) -> None:
    keys = [one.key for hour in objects for one in hour]
    assert keys == [key_of(source, CHANGE, hour) for hour in range(24) for source in SOURCES]
    assert keys[0] == "bronze/hourly_counts/ds=2024-03-10/hr=00.jsonl.gz"
    assert [one.lines for one in objects[2]][:3] == [0, 0, 0]


def test_the_number_of_rides_is_the_real_one(objects: list[list[BronzeObject]]) -> None:
    for counts, _, bookings, _ in objects:
        once = {line["booking_id"]: line["user_type"] for line in lines_of(bookings)}
        kinds = Counter(once.values())
        for real in lines_of(counts):
            assert (kinds["casual"], kinds["registered"]) == (real["casual"], real["registered"])
            assert len(once) == real["cnt"]


def test_some_bookings_come_twice_and_identical(objects: list[list[BronzeObject]]) -> None:
    lines = [line for _, _, bookings, _ in objects for line in lines_of(bookings)]
    twice = [line for line, seen in Counter(map(json.dumps, lines)).items() if seen > 1]
    assert 0 < len(twice) < len(lines) / 100
    assert len(lines) - len({line["booking_id"] for line in lines}) == len(twice)


def test_a_booking_lies_in_its_object_and_within_bounds(objects: list[list[BronzeObject]]) -> None:
    for hour, (_, _, bookings, _) in enumerate(objects):
        for line in lines_of(bookings):
            assert line["booked_at"].startswith(f"2024-03-10 {hour:02}:")
            assert 0 < line["duration_min"] <= 240
            assert line["synthetic"] == "booked_at,station,vehicle,duration"


def test_pings_lie_where_they_arrived(objects: list[list[BronzeObject]]) -> None:
    pings = [(hour, line) for hour, (*_, telemetry) in enumerate(objects) for line in lines_of(telemetry)]
    assert all(line["received_at"].startswith(f"2024-03-10 {hour:02}:") for hour, line in pings)
    assert all(line["event_at"] <= line["received_at"] for _, line in pings)
    late = [line for _, line in pings if line["event_at"][:13] < line["received_at"][:13]]
    from_yesterday = [line for line in late if line["event_at"] < "2024-03-10"]
    assert 0 < len(from_yesterday) < len(late) < len(pings) / 20
    blind = sum(line["battery_pct"] == 255 for _, line in pings)
    assert 0 < blind < len(pings) / 100
    assert all(5 <= line["battery_pct"] <= 100 or line["battery_pct"] == 255 for _, line in pings)


def test_no_ping_is_lost_at_midnight(source: History) -> None:
    days = [date(2024, 6, 1) + timedelta(days=number) for number in range(3)]
    arrived = {line["ping_id"] for day in days for *_, pings in objects_of(source, day) for line in lines_of(pings)}
    sent = {f"{ride.id}-{event}" for day in days[:2] for ride in rides_of(source, day) for event in "se"}
    assert sent <= arrived


def test_nothing_happens_in_the_hour_that_does_not_exist(objects: list[list[BronzeObject]]) -> None:
    assert [one.lines for one in objects[2]] == [0, 0, 0, 0]
    pings = [line for *_, telemetry in objects for line in lines_of(telemetry)]
    assert not [line for line in pings if line["event_at"].startswith("2024-03-10 02:")]


def test_time_never_runs_backwards_in_a_ride() -> None:
    twenty = timedelta(minutes=20)
    assert later(datetime(2024, 3, 10, 1, 50), twenty) == datetime(2024, 3, 10, 3, 10)
    assert later(datetime(2024, 3, 10, 3, 50), twenty) == datetime(2024, 3, 10, 4, 10)
    assert later(datetime(2024, 11, 3, 1, 50), twenty) == datetime(2024, 11, 3, 2, 10)
    assert later(datetime(2024, 11, 3, 0, 50), twenty) == datetime(2024, 11, 3, 1, 10)


def test_a_vehicle_is_in_one_place_at_a_time(source: History) -> None:
    rides = sorted(rides_of(source, date(2024, 9, 14)), key=lambda ride: (ride.vehicle, ride.booked_at))  # the busiest
    clashes = [
        (one, two)
        for one, two in pairwise(rides)
        if one.vehicle == two.vehicle and (one.ended_at > two.booked_at or one.end_station != two.start_station)
    ]
    assert clashes == []


def test_another_process_makes_the_same_bytes(objects: list[list[BronzeObject]], data_file: Path) -> None:
    code = (
        "import hashlib, sys; from datetime import date; from pathlib import Path\n"
        "from flowlite.demo.bronze import objects_of; from flowlite.demo.history import history\n"
        "found = objects_of(history(Path(sys.argv[1])), date(2024, 3, 10))\n"
        "print(hashlib.sha256(b''.join(one.body for hour in found for one in hour)).hexdigest())"
    )
    there = subprocess.run([sys.executable, "-c", code, data_file], capture_output=True, text=True, check=True).stdout
    here = hashlib.sha256(b"".join(one.body for hour in objects for one in hour)).hexdigest()
    assert there.strip() == here
