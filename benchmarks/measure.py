"""Timing: wall and CPU seconds of one run, medians over several, taken side by side."""

from __future__ import annotations

import asyncio
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import flowlite


@dataclass(frozen=True, slots=True)
class Sample:
    """One run: seconds on the wall, CPU seconds of this process and of its children."""

    wall_s: float
    cpu_s: float
    peak_rss_bytes: int


def run_once(dag: flowlite.Dag, folder: Path, slots: int, *, before: int = 0) -> Sample:
    """One run of a DAG with durable state in a new file; from the trigger to the end being known. `before`: so many
    runs came before it in the same engine, as in a daemon that is up."""

    async def main() -> tuple[float, float]:
        pools = {"default": slots, "commands": slots}
        async with flowlite.open(folder / "state", pools=pools) as fl:
            await fl.register(dag)
            for _ in range(before):
                await fl.run(dag)
            wall, cpu = time.perf_counter(), cpu_seconds()
            run = await fl.run(dag)
            wall, cpu = time.perf_counter() - wall, cpu_seconds() - cpu
            assert run.state == "success", run.root_cause
        return wall, cpu

    wall, cpu = asyncio.run(main())
    return Sample(wall, cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)


def cpu_seconds() -> float:
    """User and system time so far, with that of children that have been waited for."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def median_of(runs: int, measure: Callable[[Path], Sample]) -> Sample:
    """The run in the middle by wall time, each in a folder of its own."""
    samples = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory(prefix="flowlite-bench-") as folder:
            samples.append(measure(Path(folder)))
    return sorted(samples, key=lambda sample: sample.wall_s)[len(samples) // 2]


def median_seconds(runs: int, measure: Callable[[Path], float]) -> float:
    """The same for code that measures itself."""
    seconds = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory(prefix="flowlite-bench-") as folder:
            seconds.append(measure(Path(folder)))
    return statistics.median(seconds)


def alone(tasks: int) -> None:
    """One run of a map in this process, told as JSON on stdout."""
    import json
    from dataclasses import asdict

    from benchmarks import shapes

    with tempfile.TemporaryDirectory(prefix="flowlite-bench-") as folder:
        print(json.dumps(asdict(run_once(shapes.mapped(tasks), Path(folder), 64))))
