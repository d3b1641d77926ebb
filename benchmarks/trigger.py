"""From the wish for a run to the first line of its first task, with a daemon up: by a command, and over the socket.

    python -m benchmarks.trigger [--times 20]

Beside them, for the scale: an interpreter that does nothing, and a request that only looks.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PIPELINE = """
import time
from pathlib import Path
from flowlite import dag, task

@task
async def body():
    Path("{root}/first").write_text(repr(time.time()))

@dag
def first():
    body()
"""


FLOWLITE = [sys.executable, "-m", "flowlite"]
# Where bytecode may not be written, every command compiles every module again: that is not what is measured here.
ENV = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@contextmanager
def daemon() -> Iterator[Path]:
    """The folder of a project with a daemon up."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "pipelines").mkdir()
        (root / "flowlite.toml").write_text("")
        (root / "pipelines" / "first.py").write_text(PIPELINE.format(root=root))
        subprocess.run([*FLOWLITE, "up", "--detach"], cwd=root, check=True, env=ENV, stdout=subprocess.DEVNULL)
        try:
            yield root
        finally:
            subprocess.run([*FLOWLITE, "down", "--kill"], cwd=root, check=True, env=ENV, stdout=subprocess.DEVNULL)


def by_command(root: Path, times: int) -> list[float]:
    """`flowlite run first`, from before its process is made; milliseconds."""
    found = []
    for _ in range(times):
        began = time.time()
        subprocess.run([*FLOWLITE, "run", "first"], cwd=root, check=True, env=ENV, stdout=subprocess.DEVNULL)
        found.append(1e3 * (float((root / "first").read_text()) - began))
    return found


async def over_the_socket(root: Path, times: int) -> tuple[list[float], list[float]]:
    """A request for a run to its body, and a request that looks, in milliseconds."""
    from flowlite.client.remote import RemoteDesk
    from flowlite.client.remote_line import Line

    desk = RemoteDesk(Line(root / ".flowlite" / "api.sock"))
    bodies, looks = [], []
    for _ in range(times):
        began = time.time()
        run = await desk.request("first")
        await desk.watch([run], lambda details: None)
        bodies.append(1e3 * (float((root / "first").read_text()) - began))
        before = time.perf_counter()
        await desk.detail(run)
        looks.append(1e3 * (time.perf_counter() - before))
    return bodies, looks


def nothing(times: int) -> list[float]:
    """An interpreter that starts and ends."""
    found = []
    for _ in range(times):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", "pass"], check=True)
        found.append(1e3 * (time.perf_counter() - began))
    return found


def shown(name: str, found: list[float]) -> None:
    """One line."""
    worst = statistics.quantiles(found, n=20)[-1]
    print(f"{name:<44} p50 {statistics.median(found):7.1f} ms   p95 {worst:7.1f} ms")


def main() -> None:
    """All of it, in one run."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--times", type=int, default=20)
    times = options.parse_args().times
    with daemon() as root:
        by_command(root, 2)  # the first of everything is slower
        commands = by_command(root, times)
        bodies, looks = asyncio.run(over_the_socket(root, times))
    shown("flowlite run, to the first line of its task", commands)
    shown("a request for a run, to the same", bodies)
    shown("a request that looks at a run", looks)
    shown("an interpreter that does nothing", nothing(times))


if __name__ == "__main__":
    main()
