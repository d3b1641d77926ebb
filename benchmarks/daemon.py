"""Figures of the real daemon, each in a process of its own on a project made for it.

    python -m benchmarks.daemon [start idle lateness sensors trigger files]

start: from the command to the first task body. idle: memory and CPU with 100 DAGs. lateness: how late 1,000 scheduled
DAGs start, over a minute. sensors: what 10,000 waiting sensors cost. trigger: from the wish for a run to its body.
files: what 1,000 DAG files cost. Medians of 3 and more; reads /proc, so it needs Linux.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.__main__ import Figure, table
from benchmarks.files import files
from benchmarks.real import an_hour_ago, project, up, wait_for
from benchmarks.trigger import trigger

ROUNDS = 3

FIRST = """
from datetime import UTC, datetime, timedelta
import time
from pathlib import Path
from flowlite import dag, every, task

start = "{start}"

@dag(schedule=every(hours=1, anchor=start), start=start, catchup=True)
def first():
    @task
    async def body():
        Path("{root}/first").write_text(str(time.time()))
    body()
"""

DAILY = """
from flowlite import dag, task

@task
async def body(): ...

def make(number):
    @dag(id=f"dag_{{number}}", schedule="0 3 * * *", start="2024-01-01")
    def one():
        body()
    return one

made = [make({first} + number) for number in range(10)]
globals().update((one.id, one) for one in made)
"""

MINUTES = DAILY.replace('schedule="0 3 * * *"', 'schedule="* * * * *"')

# The same, but each at a moment of its own within the minute.
SPREAD = DAILY.replace("import dag, task", "import dag, every, task").replace(
    'schedule="0 3 * * *"', 'schedule=every(minutes=1, anchor=f"2024-01-01T00:00:{{number * 0.06:09.6f}}+00:00")'
)

SENSORS = """
from flowlite import dag, every, sensor, task

start = "{start}"

@task
async def numbers() -> list[int]:
    return list(range({count}))

@sensor(poke_every=600, timeout=86400)
async def never(number: int) -> bool:
    return False

@dag(schedule=every(hours=1, anchor=start), start=start, catchup=True)
def waiting():
    never.map(numbers())
"""


def start() -> Iterator[Figure]:
    """P5."""
    ready, body = [], []
    for _ in range(2 * ROUNDS + 1):  # the first of everything is slower
        with project({"first.py": FIRST.format(start=an_hour_ago(), root="{root}")}) as root, up(root) as daemon:
            wait_for((root / "first").exists)
            ready.append(daemon.ready_s)
            body.append(float((root / "first").read_text() or time.time()) - daemon.begun_at)
    first = statistics.median(body[1:])
    yield Figure("`up` to the first task body", f"{first:.2f} s", f"ready: {statistics.median(ready[1:]):.2f} s",
                 "<= 0.6 s", first <= 0.6)  # fmt: skip


def idle() -> Iterator[Figure]:
    """P5."""
    with project({f"ten_{n}.py": DAILY.format(first=n * 10) for n in range(10)}) as root, up(root) as daemon:
        time.sleep(5)
        cpu = statistics.median(daemon.cpu_percent(30) for _ in range(ROUNDS))
        pss = daemon.pss_mib()
    yield Figure("idle, 100 DAGs: memory", f"{pss:.0f} MiB PSS", "", "<= 90 MiB", pss <= 90)
    yield Figure("idle, 100 DAGs: CPU", f"{cpu:.2f} %", "", "<= 0.3 %", cpu <= 0.3)


def lateness() -> Iterator[Figure]:
    """P6: spread over the minute, and all in the same instant."""
    for name, text, goal_ms in (("spread over it", SPREAD, 20), ("all at :00", MINUTES, None)):
        late = sorted(started_late(text))
        p50, p99 = (late[int(len(late) * part)] * 1e3 for part in (0.5, 0.99))
        value = f"late by p50 {p50:.1f}, p99 {p99:.1f} ms"
        goal = "-" if goal_ms is None else f"p99 <= {goal_ms} ms"
        yield Figure(
            f"1,000 DAGs a minute, {name}", value, f"{len(late):,} runs", goal, goal_ms is None or p99 <= goal_ms
        )


def started_late(dag_file: str) -> list[float]:
    """Seconds between the end of the interval and the start of the run, of each run of three minutes."""
    pools = "[pools]\ndefault = 64\n"
    with project({f"ten_{n}.py": dag_file.format(first=n * 10) for n in range(100)}, pools) as root, up(root):
        time.sleep(65 * ROUNDS - time.time() % 60)
        with sqlite3.connect(root / ".flowlite" / "flowlite.db") as state:
            return [late for (late,) in state.execute("SELECT started_at - data_interval_end FROM run")]


def sensors() -> Iterator[Figure]:
    """P8."""
    (few_cpu, few_mib), (cpu, mib) = waiting(1), waiting(10_000)
    yield Figure("10,000 sensors that wait", f"{cpu:.2f} % CPU, {mib - few_mib:.0f} MiB more",
                 f"one: {few_cpu:.2f} %, {few_mib:.0f} MiB", "<= 3 %, <= 40 MiB more",
                 cpu <= 3 and mib - few_mib <= 40)  # fmt: skip


def waiting(count: int) -> tuple[float, float]:
    """CPU percent and MiB of a daemon with so many."""
    with project({"waiting.py": SENSORS.format(start=an_hour_ago(), count=count)}) as root, up(root) as daemon:
        time.sleep(20)
        return statistics.median(daemon.cpu_percent(30) for _ in range(ROUNDS)), daemon.pss_mib()


PARTS = {part.__name__: part for part in (start, trigger, files, idle, sensors, lateness)}


def main() -> None:
    """Measure, print, and write `daemon.md`."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.daemon", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], help="which; all by default")
    parser.add_argument("--out", type=Path, default=Path(".bench"))
    asked = parser.parse_args()
    figures: list[Figure] = []
    for name in asked.parts or PARTS:
        for one in PARTS[name]():
            figures.append(one)
            met = "met" if one.is_met else "NOT met"
            print(f"{one.name:38} {one.value:38} {one.beside:30} goal {one.goal}: {met}"
                  f"  (load {os.getloadavg()[0]:.1f})", flush=True)  # fmt: skip
    asked.out.mkdir(parents=True, exist_ok=True)
    (asked.out / "daemon.md").write_text(table(figures) + "\n")


if __name__ == "__main__":
    main()
