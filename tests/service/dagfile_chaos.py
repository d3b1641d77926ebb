"""The work that is under way while its daemon is killed: each body tells on itself if anything ran twice at once, or if
a pool was over-subscribed. What it has done is a line in a file, written at once.

A lock of the kernel goes with its process: it can't be left behind, and it can't be held by two.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import time
from contextlib import contextmanager
from pathlib import Path

from flowlite import Context, Retry, dag, every, group, sensor, shell, task

HERE = Path(os.environ["FLOWLITE_TEST"])
START = os.environ["FLOWLITE_CHAOS_START"]
TIGHT = 2


def note(text: str) -> None:
    fd = os.open(HERE / "effects", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(fd, f"{text}\n".encode())
    os.close(fd)


def locked(name: str) -> int | None:
    fd = os.open(HERE / "locks" / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        return None
    return fd


@contextmanager
def alone(ctx: Context, pool: bool = False):
    key = f"{ctx.dag_id}-{ctx.run_id}-{ctx.task_id}-{ctx.map_index}"
    held = [locked(key)]
    if held[0] is None:
        note(f"TWICE {key}")
    if pool:
        held.append(next((fd for n in range(TIGHT) if (fd := locked(f"tight{n}")) is not None), None))
        if held[-1] is None:
            note(f"CROWDED {key}")
    try:
        yield
        note(f"did {key}")
    finally:
        for fd in held:
            if fd is not None:
                os.close(fd)


@task
async def fetch(ctx: Context) -> list[int]:
    with alone(ctx):
        await asyncio.sleep(0.02)
    return [1, 2, 3]


@task
async def each(ctx: Context, n: int) -> int:
    with alone(ctx):
        await asyncio.sleep(0.01 * n)
    return n


@task(retries=Retry(max_retries=2, delay=0.05))
async def shaky(ctx: Context) -> None:
    with alone(ctx):
        if ctx.attempt == 1:
            raise ConnectionError("at first it never works")


@task
def in_thread(ctx: Context) -> None:
    with alone(ctx):
        time.sleep(0.03)


@task(isolation="process", pool="tight")
def in_process(ctx: Context) -> str:
    with alone(ctx, pool=True):
        time.sleep(0.05)
    return "from a process"


@sensor(poke_every=0.15, timeout=3600)
async def arrived(ctx: Context) -> bool:
    seen = HERE / f"seen-{ctx.run_id}"
    with alone(ctx):
        was_seen = seen.exists()
        seen.touch()
    return was_seen


@task
async def total(ctx: Context, numbers: list[int]) -> int:
    with alone(ctx):
        return sum(numbers)


@dag(schedule=every(minutes=1, anchor=START), start=START, catchup=True, max_active_runs=3)
def chaos():
    numbers = each.map(fetch())
    done = total(numbers)
    with group("outside", retries=Retry(max_retries=3, delay=0.02)):
        process = in_process()
        command = shell(
            'sleep 0.05; echo "did {{ run_id }}-command" >> "$FLOWLITE_TEST/effects"', id="command", pool="tight"
        )
        process >> command
    shaky() >> in_thread() >> done
    process >> done
    arrived() >> done
