"""The DAGs of the state folders that earlier flowlites left behind: something in each state of its life.

Every flowlite from the first daemon on can load this file. `over` lets end what is to end while no daemon is there,
`go` what waits for the one of today.
"""

from __future__ import annotations

import asyncio
import os
import time
from datetime import timedelta
from pathlib import Path

from flowlite import Retry, approve, dag, every, group, sensor, shell, task

HERE = Path(os.environ["FLOWLITE_TEST"])
ONCE = {
    "schedule": every(hours=1, anchor="2024-01-01"),
    "start": "2024-01-01",
    "end": "2024-01-01T01:00",
    "catchup": True,
}
DECADES = timedelta(days=365 * 30)


def until(name: str) -> None:
    while not (HERE / name).exists():
        time.sleep(0.01)


def waits(name: str, then: str) -> str:
    return f'echo began; while [ ! -e "$FLOWLITE_TEST/{name}" ]; do sleep 0.05; done; {then}'


@task
async def fetch() -> list[int]:
    return [1, 2, 3]


@task
async def each(number: int) -> int:
    while number == 3 and not (HERE / "go").exists():  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    return number * 10


@task
async def total(numbers: list[int]) -> int:
    return sum(numbers)


@task(isolation="process")
def python_ends() -> dict[str, int]:
    print("in a process")
    until("over")
    return {"rows": 7}


@task(isolation="process")
def python_dies() -> str:
    until("go")
    return "again"


@task(retries=Retry(max_retries=2, delay=60))
async def shaky() -> str:
    if not (HERE / "go").exists():
        raise ConnectionError("at first it never works")
    return "at last"


@sensor(poke_every=timedelta(seconds=1), timeout=DECADES)
async def arrived() -> bool:
    return (HERE / "go").exists()


@task
async def report(sum_of_all: int, found: dict[str, int]) -> str:
    return f"{sum_of_all} and {found['rows']}"


@dag(**ONCE)
def inflight():
    found = python_ends()
    report(total(each.map(fetch())), found)
    shell(waits("over", "echo ended; exit 0"), id="command_ends")
    shell(waits("over", "echo failed >&2; exit 3"), id="command_fails")
    shell(waits("go", "echo again"), id="command_dies", pool="tight")
    shell("echo in line", id="in_line", pool="tight")
    with group("pair", retries=Retry(max_retries=1, delay=0)):
        python_dies() >> shell("true", id="after_it")
    shaky() >> shell("true", id="after_shaky")
    arrived() >> shell("true", id="after_arrival")
    approve("May it go out?", id="release") >> shell("echo out", id="after_release")


@dag(schedule="@daily", start="2024-01-01", end="2024-01-02")
def history():
    shell('test "{{ ds }}" != 2024-01-02', id="fails_once")


@dag(schedule="@daily", start="2024-02-01", end="2024-02-02")
def filled():
    shell(waits("go", "echo {{ ds }}"), id="day", pool="days")
