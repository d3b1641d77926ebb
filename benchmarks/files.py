"""P9: what 1,000 DAG files cost: until all are loaded, in memory, and until a saved one is live again."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.__main__ import Figure
from benchmarks.real import project, up

FILES = 1_000
SAVES = 7
ONE = """
from flowlite import dag, task

@task
async def first() -> int:
    return {number}

@task
async def second(number: int) -> None: ...

@dag(schedule="0 3 * * *", tags=["{tag}"])
def dag_{number}():
    second(first())
"""


def files() -> Iterator[Figure]:
    """Three daemons on one folder; each is told of saved files."""
    ready, live, mib = [], [], []
    with project({f"one_{n}.py": ONE.format(number=n, tag="old") for n in range(FILES)}) as root:
        for round_ in range(3):
            with up(root) as daemon:
                ready.append(daemon.ready_s)
                live += asyncio.run(saved(root, f"round{round_}"))
                mib.append(daemon.pss_mib())
    loaded, again, memory = statistics.median(ready), statistics.median(live) * 1e3, statistics.median(mib)
    first = f"the first start: {ready[0]:.2f} s"
    yield Figure(f"{FILES:,} DAG files: `up` to ready", f"{loaded:.2f} s", first, "<= 4 s", loaded <= 4)
    yield Figure("a saved one is live again after", f"{again:.0f} ms", f"at most {max(live) * 1e3:.0f} ms",
                 "<= 500 ms", again <= 500)  # fmt: skip
    yield Figure("memory", f"{memory:.0f} MiB PSS", "", "<= 150 MiB", memory <= 150)


async def saved(root: Path, word: str) -> list[float]:
    """Seconds from the end of writing a file to the daemon's answer that has what is new, of several."""
    from flowlite.client.remote import Remote
    from flowlite.client.remote_line import Line

    remote = Remote(Line(root / ".flowlite" / "api.sock"))
    assert len(await remote.dags()) == FILES
    found = []
    for number in range(0, FILES, FILES // SAVES):
        tag = f"{word}-{number}"
        (root / "pipelines" / f"one_{number}.py").write_text(ONE.format(number=number, tag=tag))
        at = time.perf_counter()
        while tag not in (await remote.dag(f"dag_{number}")).dag.tags:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        found.append(time.perf_counter() - at)
    return found
