"""The DAGs that are measured: bodies do nothing, so that what is left is the orchestrator."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from pathlib import Path

import flowlite
from benchmarks.measure import Sample, cpu_seconds
from flowlite import Dag, shell, task

# Tasks, edges and layers of published executions of scientific workflows: sarek, srasearch, viralrecon, airrflow, bwa,
# montage (WfCommons), and of the largest graph that the core is tested with.
REAL = (
    (26, 50, 10), (104, 152, 4), (203, 343, 18), (212, 327, 25), (1_004, 4_000, 3), (1_738, 4_698, 8),
    (2_122, 6_114, 40),
)  # fmt: skip


@task
async def noop() -> None:
    """The least that a task can do."""


@task
async def take(number: int) -> None:
    """No work, but an argument."""


def independent(tasks: int) -> Dag:
    """So many tasks without an edge."""
    with Dag(f"independent_{tasks}") as dag:
        for number in range(tasks):
            noop.options(id=f"t{number}")()
    return dag


def mapped(elements: int) -> Dag:
    """One task mapped over a list."""
    with Dag(f"mapped_{elements}") as dag:
        take.map(list(range(elements)))
    return dag


def chain_of(tasks: int) -> Dag:
    """One after the other."""
    with Dag(f"chain_{tasks}") as dag:
        before = noop.options(id="t0")()
        for number in range(1, tasks):
            before = before >> noop.options(id=f"t{number}")()
    return dag


def commands(tasks: int) -> Dag:
    """So many processes that do nothing."""
    with Dag(f"commands_{tasks}", pool="commands") as dag:
        for number in range(tasks):
            shell(["/bin/true"], id=f"t{number}")
    return dag


def layered(tasks: int, edges: int, layers: int, seed: int = 7) -> Dag:
    """A generated graph in layers, every task below the first layer with at least one upstream."""
    luck = random.Random(seed)
    with Dag(f"layered_{tasks}") as dag:
        rows = [[noop.options(id=f"t{n}")() for n in range(layer, tasks, layers)] for layer in range(layers)]
        pairs = {(luck.choice(above), node) for above, here in itertools.pairwise(rows) for node in here}
        while len(pairs) < edges:
            layer = luck.randrange(layers - 1)
            pairs.add((luck.choice(rows[layer]), luck.choice(rows[layer + 1])))
        for up, down in sorted(pairs, key=lambda pair: (pair[0].id, pair[1].id)):
            up >> down
    return dag


def backfill_once(folder: Path) -> Sample:
    """181 daily runs of a chain of three, 10 at a time, with durable state."""
    with Dag("three", schedule="@daily") as dag:
        noop.options(id="a")() >> noop.options(id="b")() >> noop.options(id="c")()

    async def main() -> tuple[float, float]:
        async with flowlite.open(folder / "state") as fl:
            await fl.register(dag)
            wall, cpu = time.perf_counter(), cpu_seconds()
            done = await fl.backfill(dag, "2024-01-01", "2024-06-30", concurrency=10)
            wall, cpu = time.perf_counter() - wall, cpu_seconds() - cpu
            assert len(done.runs) == 181 and done.state == "success"
        return wall, cpu

    wall, cpu = asyncio.run(main())
    return Sample(wall, cpu, 0)
