"""P6: from the wish for a run to the first line of its first task, with a daemon up: by a command, and over the socket.

Beside them, for the scale: an interpreter that does nothing, and a request that only looks.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.__main__ import Figure
from benchmarks.real import ENV, FLOWLITE, project, up, wait_for

TIMES = 20
PIPELINE = """
import time
from pathlib import Path
from flowlite import dag, task

@task
async def body():
    Path("{root}/first").write_text(repr(time.time()))

@dag(max_active_runs=10)
def first():
    body()
"""


def trigger(times: int = TIMES) -> Iterator[Figure]:
    """Medians of so many."""
    with project({"first.py": PIPELINE}) as root, up(root):
        by_command(root, 2)  # the first of everything is slower
        commands = statistics.median(by_command(root, times))
        bodies, looks = map(statistics.median, asyncio.run(over_the_socket(root, times)))
    bare = statistics.median(nothing(times))
    yield Figure("`trigger` to the first task body", f"p50 {commands:.0f} ms", f"a bare interpreter: {bare:.0f} ms",
                 "p50 <= 150 ms", commands <= 150)  # fmt: skip
    yield Figure("a request for a run, to the same", f"p50 {bodies:.1f} ms", f"a request that looks: {looks:.1f} ms",
                 "<= 10 ms", bodies <= 10)  # fmt: skip


def by_command(root: Path, times: int) -> list[float]:
    """`flowlite trigger first`, from before its process is made; milliseconds."""
    found, body = [], root / "first"
    for _ in range(times):
        body.unlink(missing_ok=True)
        began = time.time()
        subprocess.run([*FLOWLITE, "trigger", "first"], cwd=root, check=True, env=ENV, stdout=subprocess.DEVNULL)
        wait_for(lambda: body.exists() and body.stat().st_size > 0)
        found.append(1e3 * (float(body.read_text()) - began))
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
