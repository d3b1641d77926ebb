"""Figures of the real daemon, each in a process of its own on a project made for it.

    python -m benchmarks.daemon [start idle lateness sensors]

start: from the command to the first task body. idle: memory and CPU with 100 DAGs. lateness: how late 1,000 scheduled
DAGs start, over a minute. sensors: what 10,000 waiting sensors cost. Reads /proc, so it needs Linux.
"""

from __future__ import annotations

import argparse
import os
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.__main__ import Figure

TICKS_PER_S = os.sysconf("SC_CLK_TCK")

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


class Daemon:
    """One on a folder, and what the kernel says of it and its children."""

    def __init__(self, root: Path) -> None:
        self.begun_at = time.time()
        theirs, ours = os.pipe()
        command = [sys.executable, "-m", "flowlite", "up", "--ready-fd", str(ours)]
        env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        self.process = subprocess.Popen(command, cwd=root, pass_fds=(ours,), stdout=subprocess.DEVNULL, env=env)
        os.close(ours)
        with os.fdopen(theirs) as answer:
            assert answer.readline() == "ready\n"
        self.ready_s = time.time() - self.begun_at

    def family(self) -> list[int]:
        """Its pid and those of all processes below it."""
        found, seen = [self.process.pid], []
        while found:
            seen.append(pid := found.pop())
            for children in Path(f"/proc/{pid}/task").glob("*/children"):
                found += [int(child) for child in children.read_text().split()]
        return seen

    def pss_mib(self) -> float:
        """Memory of the family, shared pages divided among those who share them."""
        lines = [Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines() for pid in self.family()]
        return sum(int(line.split()[1]) for rows in lines for line in rows if line.startswith("Pss:")) / 1024

    def cpu_s(self) -> float:
        """CPU seconds of the family so far."""
        stats = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in self.family()]
        return sum(int(stat[11]) + int(stat[12]) for stat in stats) / TICKS_PER_S

    def cpu_percent(self, seconds: float) -> float:
        """Over so long a time, of one core."""
        before, begun = self.cpu_s(), time.monotonic()
        time.sleep(seconds)
        return (self.cpu_s() - before) / (time.monotonic() - begun) * 100

    def stop(self) -> None:
        """And wait."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


@contextmanager
def project(files: dict[str, str], pools: str = "") -> Iterator[Path]:
    """A folder with these DAG files."""
    with tempfile.TemporaryDirectory(prefix="flowlite-bench-") as name:
        root = Path(name)
        (root / "pipelines").mkdir()
        (root / "flowlite.toml").write_text(f'[flowlite]\ndags = ["pipelines"]\n{pools}')
        for file, text in files.items():
            (root / "pipelines" / file).write_text(text.replace("{root}", name))
        yield root


def an_hour_ago() -> str:
    """One interval of an hour is due since."""
    return (datetime.now(UTC) - timedelta(minutes=61)).isoformat()


def wait_for(what: Callable[[], bool]) -> None:
    """Until it is true."""
    while not what():
        time.sleep(0.005)


def start() -> Iterator[Figure]:
    """P5."""
    ready, body = [], []
    for _ in range(6):
        with project({"first.py": FIRST.format(start=an_hour_ago(), root="{root}")}) as root:
            daemon = Daemon(root)
            wait_for((root / "first").exists)
            ready.append(daemon.ready_s)
            body.append(float((root / "first").read_text() or time.time()) - daemon.begun_at)
            daemon.stop()
    first = statistics.median(body[1:])
    yield Figure("`up` to the first task body", f"{first:.2f} s (ready {statistics.median(ready[1:]):.2f} s)", "",
                 "<= 0.6 s", first <= 0.6)  # fmt: skip


def idle() -> Iterator[Figure]:
    """P5."""
    with project({f"ten_{n}.py": DAILY.format(first=n * 10) for n in range(10)}) as root:
        daemon = Daemon(root)
        time.sleep(5)
        cpu = daemon.cpu_percent(60)
        pss = daemon.pss_mib()
        daemon.stop()
    yield Figure("idle, 100 DAGs: memory", f"{pss:.0f} MiB PSS", "", "<= 90 MiB", pss <= 90)
    yield Figure("idle, 100 DAGs: CPU", f"{cpu:.2f} %", "", "<= 0.3 %", cpu <= 0.3)


def lateness() -> Iterator[Figure]:
    """P6: spread over the minute, and all in the same instant."""
    for name, text, goal_ms in (("spread over it", SPREAD, 20), ("all at :00", MINUTES, None)):
        late = sorted(started_late(text))
        p50, p99 = (late[int(len(late) * part)] * 1e3 for part in (0.5, 0.99))
        value = f"{len(late)} runs started late by p50 {p50:.1f}, p99 {p99:.1f} ms"
        goal = "-" if goal_ms is None else f"p99 <= {goal_ms} ms"
        yield Figure(f"1,000 DAGs a minute, {name}", value, "", goal, goal_ms is None or p99 <= goal_ms)


def started_late(dag_file: str) -> list[float]:
    """Seconds between the end of the interval and the start of the run, of each run within two minutes."""
    pools = "[pools]\ndefault = 64\n"
    with project({f"ten_{n}.py": dag_file.format(first=n * 10) for n in range(100)}, pools) as root:
        daemon = Daemon(root)
        time.sleep(125 - time.time() % 60)
        daemon.stop()
        with sqlite3.connect(root / ".flowlite" / "flowlite.db") as state:
            return [late for (late,) in state.execute("SELECT started_at - data_interval_end FROM run")]


def sensors() -> Iterator[Figure]:
    """P8."""
    cost = {}
    for count in (1, 10_000):
        with project({"waiting.py": SENSORS.format(start=an_hour_ago(), count=count)}) as root:
            daemon = Daemon(root)
            time.sleep(20)
            cost[count] = (daemon.cpu_percent(60), daemon.pss_mib())
            daemon.stop()
    (few_cpu, few_mib), (cpu, mib) = cost[1], cost[10_000]
    yield Figure("10,000 sensors that wait", f"{cpu:.2f} % CPU, {mib - few_mib:.0f} MiB more",
                 f"one: {few_cpu:.2f} %, {few_mib:.0f} MiB", "<= 3 %, <= 40 MiB more",
                 cpu <= 3 and mib - few_mib <= 40)  # fmt: skip


PARTS = {part.__name__: part for part in (start, idle, lateness, sensors)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.daemon", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], help="which; all by default")
    for name in parser.parse_args().parts or PARTS:
        for one in PARTS[name]():
            met = "met" if one.is_met else "NOT met"
            print(f"{one.name:36} {one.value:60} {one.beside}  goal {one.goal}: {met}", flush=True)


if __name__ == "__main__":
    main()
