"""The physical limits, written as plainly as possible: what flowlite is measured against."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from pathlib import Path


def asyncio_without_state(tasks: int, at_once: int) -> float:
    """Seconds for no-op coroutines under a semaphore, with nothing kept."""

    async def main() -> None:
        gate = asyncio.Semaphore(at_once)

        async def noop() -> None:
            async with gate:
                pass

        await asyncio.gather(*(noop() for _ in range(tasks)))

    begun = time.perf_counter()
    asyncio.run(main())
    return time.perf_counter() - begun


def spawn_loop(tasks: int, at_once: int) -> float:
    """Seconds for /bin/true, spawned and waited for, with nothing kept."""

    async def main() -> None:
        gate = asyncio.Semaphore(at_once)

        async def true() -> None:
            async with gate:
                process = await asyncio.create_subprocess_exec("/bin/true")
                await process.wait()

        await asyncio.gather(*(true() for _ in range(tasks)))

    begun = time.perf_counter()
    asyncio.run(main())
    return time.perf_counter() - begun


def durable_commits(folder: Path, commits: int, rows: int = 1) -> float:
    """Seconds for one durable transaction after the other, `rows` inserts each, in a file of the same settings."""
    path = folder / "bare.db"
    path.unlink(missing_ok=True)
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("pragma journal_mode=wal")
    db.execute("pragma synchronous=full")
    db.execute("create table change (id integer primary key, state text not null) strict")
    begun = time.perf_counter()
    for _ in range(commits):
        db.execute("begin immediate")
        db.executemany("insert into change (state) values (?)", [("success",)] * rows)
        db.execute("commit")
    seconds = time.perf_counter() - begun
    db.close()
    return seconds
