"""A generated dbt project in one DAG, with a live row per model, against the bare `dbt build`, side by side.

    python -m benchmarks.dbt_build --models 150

Cold: nothing parsed before, for both. Warm: dbt has its partial parse, flowlite its warm server. What is timed is the
command from start to end, and the run from its trigger to its end being known. CPU seconds are those of the command and
of the attempt's process; what the warm server spent on parsing, once, is not in them.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import flowlite
from benchmarks.dbt_project import write_project
from benchmarks.measure import cpu_seconds

DAG_FILE = """
from flowlite import dag
from flowlite.integrations import dbt

@dag
def bench_dbt():
    dbt.build({project!r}, id="all", env={{"BENCH_WAREHOUSE": {warehouse!r}}})
"""


@dataclass
class Times:
    """Seconds on the wall and CPU seconds of each round."""

    wall_s: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)

    def add(self, wall_s: float, cpu_s: float) -> None:
        """One round."""
        self.wall_s.append(wall_s)
        self.cpu_s.append(cpu_s)

    def __str__(self) -> str:
        return f"{statistics.median(self.wall_s):8.2f} {statistics.median(self.cpu_s):8.2f}"


def main() -> None:
    """Alternate the two, so that a busy moment of the machine hits both."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--models", type=int, default=150)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="flowlite-bench-") as name:
        folder = Path(name)
        write_project(folder / "project", asked.models)
        times, rows = asyncio.run(measure(folder, asked.runs))
    print(f"{asked.models} models, median of {asked.runs} warm rounds; {rows} node rows told live per run")
    print(f"{'':24} {'wall s':>8} {'CPU s':>8}")
    for what, measured in times.items():
        print(f"{what:24} {measured}")
    for kind in ("cold", "warm"):
        ours, bare_s = (statistics.median(times[f"{who} {kind}"].wall_s) for who in ("flowlite", "dbt build"))
        print(f"flowlite takes {ours / bare_s:.2f} of the bare command's time, {kind}")


async def measure(folder: Path, runs: int) -> tuple[dict[str, Times], int]:
    """One cold round of each, then warm ones."""
    times = {f"{who} {kind}": Times() for kind in ("cold", "warm") for who in ("dbt build", "flowlite")}
    dag = load(folder)
    heard: list[str] = []
    async with flowlite.open(folder / "state") as fl:
        listening = asyncio.create_task(listen(fl, heard))
        for number in range(runs + 1):
            kind = "warm" if number else "cold"
            times[f"dbt build {kind}"].add(*await asyncio.to_thread(bare, folder))
            heard.clear()
            wall = time.perf_counter()
            run = await fl.run(dag)
            wall = time.perf_counter() - wall
            assert run.state == "success", run.root_cause
            times[f"flowlite {kind}"].add(wall, run["all"]["cpu_seconds"])
        listening.cancel()
    return times, len(heard)


async def listen(fl: flowlite.open, heard: list[str]) -> None:
    """Every change of a node, as a screen would hear of it."""
    async for event in fl.events():
        heard += [event.state] if event.kind == "node" else []


def bare(folder: Path) -> tuple[float, float]:
    """`dbt build` on a warehouse of its own."""
    project = str(folder / "project")
    words = ["build", "--quiet", "--project-dir", project, "--profiles-dir", project]
    own = ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]
    environment = {**os.environ, "BENCH_WAREHOUSE": str(folder / "bare" / "w.duckdb")}
    (folder / "bare").mkdir(exist_ok=True)
    wall, cpu = time.perf_counter(), cpu_seconds()
    subprocess.run(
        [sys.executable, "-m", "dbt.cli.main", *words, *own, "--no-version-check", "--no-send-anonymous-usage-stats"],
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return time.perf_counter() - wall, cpu_seconds() - cpu


def load(folder: Path) -> flowlite.Dag:
    """The DAG from a file of its own, where the task's process finds it again."""
    (folder / "flowlite").mkdir()
    path = folder / "bench_dags.py"
    path.write_text(DAG_FILE.format(project=str(folder / "project"), warehouse=str(folder / "flowlite" / "w.duckdb")))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    dag: flowlite.Dag = module.bench_dbt
    return dag


if __name__ == "__main__":
    main()
