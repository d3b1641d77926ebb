"""`python -m benchmarks [--quick] [--out DIR]`: flowlite beside the bare loops, in one run; a table and a plot.

Every figure is the median of 3 runs (--quick: 1), with durable state (synchronous=FULL), logs kept and events written.
Start-up times are those of new interpreters, with bytecode as it was installed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks import bare, shapes
from benchmarks.measure import Sample, median_of, median_seconds, run_once


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. `goal` as goals are written: a text for people, `is_met` for machines."""

    name: str
    value: str
    beside: str
    goal: str
    is_met: bool


def throughput(runs: int) -> Iterable[Figure]:
    """W1: independent no-op coroutine tasks, 64 slots."""
    tasks = 10_000
    plain = median_seconds(runs, lambda _: bare.asyncio_without_state(tasks, 64))
    for dag in (shapes.independent(tasks), shapes.mapped(tasks)):
        flow = median_of(runs, lambda folder, dag=dag: run_once(dag, folder, 64))
        cpu_ms = flow.cpu_s / tasks * 1e3
        yield Figure(
            f"{tasks:,} no-op tasks, {'mapped' if 'mapped' in dag.id else 'declared'}",
            f"{tasks / flow.wall_s:,.0f} tasks/s, {cpu_ms:.3f} CPU-ms each",
            f"asyncio without state: {tasks / plain:,.0f} tasks/s",
            ">= 10,000 tasks/s, <= 0.1 CPU-ms",
            tasks / flow.wall_s >= 10_000 and cpu_ms <= 0.1,
        )


def chain(runs: int) -> Iterable[Figure]:
    """W2: a chain of 1,000; a hop beside a durable commit of the same disk."""
    tasks = 1_000
    flow = median_of(runs, lambda folder: run_once(shapes.chain_of(tasks), folder, 64))
    commit = median_seconds(runs, lambda folder: bare.durable_commits(folder, tasks, rows=4)) / tasks
    ratio = flow.wall_s / tasks / commit
    yield Figure(
        f"chain of {tasks:,}",
        f"{flow.wall_s / tasks * 1e3:.2f} ms a hop = {ratio:.1f} commits",
        f"one durable commit: {commit * 1e3:.2f} ms",
        "<= 2.5 commits",
        ratio <= 2.5,
    )


def days(runs: int) -> Iterable[Figure]:
    """W3: a backfill of 181 daily runs of a 3-task chain, 10 at a time."""
    flow = median_of(runs, shapes.backfill_once)
    yield Figure("181 runs of 3 tasks, 10 at a time", f"{flow.wall_s:.2f} s", "", "<= 0.3 s", flow.wall_s <= 0.3)


def processes(runs: int) -> Iterable[Figure]:
    """W4: /bin/true under supervision that survives a kill of the engine, 10 slots."""
    tasks = 300
    flow = median_of(runs, lambda folder: run_once(shapes.commands(tasks), folder, 10))
    plain = median_seconds(runs, lambda _: bare.spawn_loop(tasks, 10))
    yield Figure(
        f"{tasks} x /bin/true, 10 at a time",
        f"{tasks / flow.wall_s:,.0f} tasks/s",
        f"spawn loop without state: {tasks / plain:,.0f} tasks/s",
        ">= 150 tasks/s",
        tasks / flow.wall_s >= 150,
    )


def real_shapes(runs: int) -> Iterable[Figure]:
    """P12: graphs as large and as dense as those of published scientific workflows, whose tasks do nothing; not the
    first run of its engine, which starts its threads."""
    for tasks, edges, layers in shapes.REAL:
        dag = shapes.layered(tasks, edges, layers)
        flow = median_of(runs, lambda folder, dag=dag: run_once(dag, folder, 64, before=1))
        rate = tasks / flow.wall_s
        name = f"{tasks:,} tasks, {edges:,} edges, {layers} layers"
        yield Figure(name, f"{rate:,.0f} tasks/s", "", ">= 3,000 tasks/s", rate >= 3_000)


def growth(runs: int) -> Iterable[Figure]:
    """P13: cost per task at 1,000, 10,000 and 100,000 tasks in one run, and memory per finished task."""
    found: dict[int, Sample] = {}
    for tasks in (1_000, 10_000, 100_000):
        found[tasks] = median_of(runs, lambda folder, tasks=tasks: in_new_process(tasks))
    each = {tasks: sample.cpu_s / tasks * 1e6 for tasks, sample in found.items()}
    spread = max(each.values()) / min(each.values()) - 1
    kib = (found[100_000].peak_rss_bytes - found[1_000].peak_rss_bytes) / 99_000 / 1024
    yield Figure(
        "1k, 10k, 100k tasks in one run",
        " / ".join(f"{cost:.0f}" for cost in each.values()) + f" CPU-us a task (spread {spread:.0%})",
        "",
        "within 20 %",
        spread <= 0.2,
    )
    yield Figure("memory at 100,000 tasks", f"{kib:.2f} KiB a task at the peak", "", "<= 1.5 KiB", kib <= 1.5)


def in_new_process(tasks: int) -> Sample:
    """A run in an interpreter of its own, so that its memory is its own."""
    code = f"from benchmarks.measure import alone; alone({tasks})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return Sample(**json.loads(done.stdout))


def start_up(runs: int) -> Iterable[Figure]:
    """P5: how long a person waits for nothing."""
    python = median_command(runs, [sys.executable, "-c", "pass"])
    for name, command, goal_s in (
        ("import flowlite", [sys.executable, "-c", "import flowlite"], 0.150),
        ("flowlite --help", [str(Path(sys.executable).with_name("flowlite")), "--help"], 0.120),
    ):
        seconds = median_command(runs, command)
        yield Figure(
            name,
            f"{seconds * 1e3:.0f} ms",
            f"a bare interpreter: {python * 1e3:.0f} ms",
            f"<= {goal_s * 1e3:.0f} ms",
            seconds <= goal_s,
        )


def median_command(runs: int, command: list[str]) -> float:
    """Seconds of a whole process, after one that is not counted."""
    # Bytecode is not written where this is set, and every start would compile everything again.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    seconds = []
    for _ in range(runs * 3 + 1):
        begun = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=env)
        seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds[1:])


PARTS = {part.__name__: part for part in (throughput, chain, days, real_shapes, processes, growth, start_up)}


def table(figures: list[Figure]) -> str:
    """Markdown."""
    rows = [
        f"| {one.name} | {one.value} | {one.beside} | {one.goal} | {'yes' if one.is_met else 'no'} |" for one in figures
    ]
    head = ["| measured | flowlite | beside it, in the same run | goal | met |", "| --- | --- | --- | --- | --- |"]
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} {platform.release()}"
    return "\n".join([*head, *rows, "", f"Medians, synchronous=FULL, {machine}."])


def main() -> int:
    """Measure, print, write `bench.md`, `bench.json` and, with Matplotlib, `bench.png`."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", help="which parts; all by default")
    parser.add_argument("--quick", action="store_true", help="one run of each")
    parser.add_argument("--out", type=Path, default=Path(".bench"))
    asked = parser.parse_args()
    figures: list[Figure] = []
    for name in asked.parts or PARTS:
        for figure in PARTS[name](1 if asked.quick else 3):
            figures.append(figure)
            print(f"{figure.name:34} {figure.value:48} {figure.beside:42} goal {figure.goal}: "
                  f"{'met' if figure.is_met else 'NOT met'}", flush=True)  # fmt: skip
    asked.out.mkdir(parents=True, exist_ok=True)
    (asked.out / "bench.md").write_text(table(figures) + "\n")
    (asked.out / "bench.json").write_text(json.dumps([asdict(one) for one in figures], indent=1) + "\n")
    print(f"written: {asked.out}/bench.md, bench.json{drawn(asked.out)}")
    return 0


def drawn(out: Path) -> str:
    """The plot of throughput, if there is something to draw with."""
    try:
        from benchmarks.plot import draw
    except ImportError:
        return " (no plot: pip install matplotlib)"
    draw(out)
    return ", bench.png"


if __name__ == "__main__":
    raise SystemExit(main())
