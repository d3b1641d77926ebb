"""With a million task instances in the file: what every list, grid and figure costs, and what a run loses.

    python -m benchmarks.million [--keep DIR]

The file is made by flowlite itself: 20 DAGs of 100 tasks, 500 daily runs each, backfilled. `--keep` keeps it, and takes
it as it is the next time. Each question is asked 40 times on the wall clock, at other places each time.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import flowlite
from benchmarks import shapes
from benchmarks.__main__ import Figure
from benchmarks.measure import Sample, cpu_seconds, run_once
from flowlite.service.looking import Looking

DAGS, RUNS, TASKS = 20, 500, 100
FIRST = datetime(2023, 1, 1, tzinfo=UTC)
ASKED = 40
GOAL_MS = 50.0


async def fill(state: Path) -> None:
    """One backfill a DAG, all at once."""
    pools = {"default": 256}
    async with flowlite.open(state, pools=pools) as fl:
        end = FIRST + timedelta(days=RUNS)
        made = [wide(number) for number in range(DAGS)]
        done = await asyncio.gather(*(fl.backfill(dag, FIRST, end, concurrency=8) for dag in made))
        assert all(one.state == "success" for one in done)


def wide(number: int) -> flowlite.Dag:
    """Ten layers of ten."""
    with flowlite.Dag(f"dag_{number:02}", schedule="@daily") as dag:
        before: list[flowlite.Handle] = []
        for layer in range(TASKS // 10):
            here = [shapes.noop.options(id=f"layer_{layer}_{n}", retries=1)() for n in range(10)]
            for up, down in zip(before, here, strict=False):
                up >> down
            before = here
    return dag


def questions(looking: Looking, luck: random.Random) -> dict[str, Callable[[], Awaitable[object]]]:
    """What screens and commands ask."""

    def dag() -> str:
        return f"dag_{luck.randrange(DAGS):02}"

    def run() -> int:
        return luck.randrange(1, DAGS * RUNS + 1)

    def task() -> str:
        return f"layer_{luck.randrange(10)}_{luck.randrange(10)}"

    return {
        "snapshot of all DAGs": lambda: looking.snapshot(),
        "what is the case beside runs": lambda: looking.current(),
        "grid of a DAG, 60 runs of 100 tasks": lambda: looking.grid(dag()),
        "grid of a DAG, 400 runs, deep in the past": lambda: looking.grid(dag(), last=400, before=run()),
        "DAGs with their last runs": lambda: looking.views.dag_rows(),
        "newest runs": lambda: looking.runs(limit=200),
        "runs of a DAG, deep in the past": lambda: looking.runs(dag(), limit=200, before=run()),
        "failed runs (none)": lambda: looking.runs(states=["failed", "cancelled"], limit=200),
        "one run": lambda: looking.run(run()),
        "one run with its graph, in columns": lambda: looking.run_snapshot(run()),
        "instances of a run": lambda: looking.instances(run()),
        "attempts of a task": lambda: looking.attempts(run(), task()),
        "figures of a DAG, 100 runs": lambda: looking.stats(dag(), last=100),
        "trends of a DAG, 90 runs of 100 tasks": lambda: looking.trends(dag()),
        "attempts of a run, in columns": lambda: looking.run_course(run()),
        "pools with holders": lambda: looking.pools(),
        "backfills": lambda: looking.backfills(),
        "one backfill with its 500 days": lambda: looking.backfill(luck.randrange(1, DAGS + 1)),
        "why": lambda: looking.why(run()),
        "audit": lambda: looking.audit(),
        "deadlines": lambda: looking.deadlines(),
        "SLA of all time": lambda: looking.sla(0.0, time.time()),
        "events, 1,000 from the middle": lambda: looking.views.events_after(luck.randrange(3_000_000)),
        "health": lambda: looking.health(),
    }


async def ask_all(state: Path) -> list[Figure]:
    """p50 and p95 of each."""

    class Alone(Looking):
        """Without DAG files."""

        @property
        def catalog(self):  # type: ignore[no-untyped-def]
            from flowlite.loading.catalog import Catalog

            return Catalog()

    looking, found = Alone(state), []
    for name, ask in questions(looking, random.Random(7)).items():
        taken = []
        for _ in range(ASKED):
            begun = time.perf_counter()
            await ask()
            taken.append((time.perf_counter() - begun) * 1e3)
        p50, p95 = statistics.median(taken), sorted(taken)[int(ASKED * 0.95) - 1]
        value = f"p50 {p50:.1f} ms, p95 {p95:.1f} ms"
        found.append(Figure(name, value, "", f"p95 <= {GOAL_MS:.0f} ms", p95 <= GOAL_MS))
    looking.close()
    return found


def loss(state: Path, rounds: int = 5) -> Figure:
    """10,000 tasks in this file and in a new one, in turn."""
    dag = shapes.independent(10_000)
    ratios: list[tuple[float, float]] = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(prefix="flowlite-bench-") as folder:
            new = run_once(dag, Path(folder), 64)
        full = in_file(dag, state)
        ratios.append((full.wall_s / new.wall_s, full.cpu_s / new.cpu_s))
    wall, cpu = (statistics.median(pair) for pair in zip(*ratios, strict=True))
    return Figure(
        "10,000 tasks, beside a new file", f"{wall - 1:+.0%} wall, {cpu - 1:+.0%} CPU", "", "<= 10 %", wall <= 1.1
    )


def in_file(dag: flowlite.Dag, state: Path) -> Sample:
    """One run in the large file."""

    async def main() -> Sample:
        async with flowlite.open(state, pools={"default": 64}) as fl:
            await fl.register(dag)
            wall, cpu = time.perf_counter(), cpu_seconds()
            run = await fl.run(dag)
            assert run.state == "success"
            return Sample(time.perf_counter() - wall, cpu_seconds() - cpu, 0)

    return asyncio.run(main())


def main() -> None:
    """Make the file, ask, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.million", description=__doc__)
    parser.add_argument("--keep", type=Path, help="a folder for the file")
    asked = parser.parse_args()
    folder = asked.keep or Path(tempfile.mkdtemp(prefix="flowlite-bench-"))
    state = folder / "state"
    if not (state / "flowlite.db").exists():
        begun = time.perf_counter()
        asyncio.run(fill(state))
        made_s = time.perf_counter() - begun
        size = (state / "flowlite.db").stat().st_size / 2**20
        print(f"{DAGS * RUNS * TASKS:,} task instances made in {made_s:.0f} s: {size:,.0f} MiB")
    for one in [*asyncio.run(ask_all(state)), loss(state)]:
        print(f"{one.name:40} {one.value:40} goal {one.goal}: {'met' if one.is_met else 'NOT met'}", flush=True)
    if asked.keep is None:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
