"""The daemon's figures as Prometheus reads them. Written by ourselves: a dozen lines of text need no library, and no
label here grows without bounds (pools and DAGs are few, runs and tasks are not)."""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress

from flowlite.core.instances import Instance
from flowlite.core.states import FINISHED_RUN
from flowlite.engine.engine import Engine
from flowlite.engine.loop import Commit

BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)
SAMPLE_EVERY_S = 1.0
Labels = tuple[tuple[str, str], ...]


class Histogram:
    """How often which lengths were seen."""

    def __init__(self) -> None:
        self._buckets = [0] * (len(BOUNDS_S) + 1)
        self._sum_s = 0.0

    def see(self, length_s: float) -> None:
        """One more."""
        self._buckets[bisect_left(BOUNDS_S, length_s)] += 1
        self._sum_s += length_s

    def lines(self, name: str, about: str) -> Iterable[str]:
        """With the sums up to each bound."""
        yield from head(name, "histogram", about)
        seen = 0
        for bound, number in zip([*map(str, BOUNDS_S), "+Inf"], self._buckets, strict=True):
            seen += number
            yield f'{name}_bucket{{le="{bound}"}} {seen}'
        yield f"{name}_sum {self._sum_s!r}"
        yield f"{name}_count {seen}"


class Figures:
    """Counts what an engine commits, from `start` to `stop`; the rest is looked up when somebody asks."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._since = time.time()
        self._runs: Counter[str] = Counter()
        self._attempts: Counter[str] = Counter()
        self._commits = self._events = self._missed = 0
        self._commit_s, self._late_s, self._loop_s = Histogram(), Histogram(), Histogram()
        self._sampling: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Listen."""
        self._engine.listeners.append(self._committed)
        self._sampling = asyncio.get_running_loop().create_task(self._sample(), name="flowlite loop lag")

    def stop(self) -> None:
        """No more."""
        with suppress(ValueError):
            self._engine.listeners.remove(self._committed)
        if self._sampling is not None:
            self._sampling.cancel()

    def _committed(self, commit: Commit) -> None:
        self._commits += 1
        self._events = max(self._events, commit.last_event)
        self._commit_s.see(commit.took_s)
        self._runs.update(row.state for row in commit.changes.runs if row.state in FINISHED_RUN)
        self._attempts.update(row.outcome for row in commit.changes.attempts)
        self._missed += sum(not row.was_met for row in commit.changes.deadlines)
        for row in commit.changes.intervals:
            if row.decision == "ran" and row.ends_at >= self._since:  # what is caught up on is not late
                self._late_s.see(max(0.0, row.at - row.ends_at))

    async def _sample(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            wanted = loop.time() + SAMPLE_EVERY_S
            await asyncio.sleep(SAMPLE_EVERY_S)
            self._loop_s.see(max(0.0, loop.time() - wanted))

    def text(self, version: str, last_event: int) -> str:
        """All of it. `last_event`: some are written beside the engine's commits."""
        return "\n".join([*self._now(version), *self._counted(max(last_event, self._events)), ""])

    def _now(self, version: str) -> Iterable[str]:
        machine = self._engine.machine
        yield from gauge("flowlite_info", "What runs here.", {(("version", version),): 1})
        yield from gauge("flowlite_up_seconds", "Since the start of the daemon.", {(): time.time() - self._since})
        ok = self._engine.trouble is None
        yield from gauge("flowlite_can_write", "Whether the state can be written.", {(): int(ok)})
        runs = Counter(str(run.state) for run in machine.runs.values())
        yield from gauge("flowlite_runs", "Unfinished runs by state.", by("state", {"queued": 0, "running": 0, **runs}))
        instances = Counter(str(one.state) for one in instances_of(self._engine))
        yield from gauge("flowlite_task_instances", "Those of unfinished runs, by state.", by("state", instances))
        pools = machine.pools
        sizes = {name: pool.size for name, pool in pools.items()}
        yield from gauge("flowlite_pool_slots", "The size of a pool.", by("pool", sizes))
        used = {name: pool.used for name, pool in pools.items()}
        yield from gauge("flowlite_pool_slots_used", "Slots that are taken.", by("pool", used))
        queued = {name: sum(1 for _ in pool.in_line()) for name, pool in pools.items()}
        yield from gauge("flowlite_pool_queued", "Task instances that wait for a slot.", by("pool", queued))

    def _counted(self, last_event: int) -> Iterable[str]:
        runs = {str(state): self._runs[state] for state in sorted(FINISHED_RUN)}
        yield from counter("flowlite_runs_finished_total", "Runs that ended, by state.", by("state", runs))
        yield from counter("flowlite_attempts_total", "Attempts that ended, by outcome.", by("outcome", self._attempts))
        yield from counter("flowlite_deadlines_missed_total", "Deadlines that were missed.", {(): self._missed})
        yield from counter("flowlite_commits_total", "Transactions of the engine.", {(): self._commits})
        yield from counter("flowlite_last_event", "The number of the newest event.", {(): last_event})
        yield from self._commit_s.lines("flowlite_commit_seconds", "How long a transaction of the engine took.")
        yield from self._late_s.lines("flowlite_schedule_late_seconds", "From when a run was due to its creation.")
        yield from self._loop_s.lines("flowlite_loop_late_seconds", "How much later than asked the engine's loop woke.")


def instances_of(engine: Engine) -> Iterable[Instance]:
    """Of the runs that the machine has in hand."""
    for run in engine.machine.runs.values():
        for node in run.nodes:
            yield from node.counted()


def by(label: str, values: Mapping[str, int]) -> dict[Labels, float]:
    """Values under one label."""
    return {((label, name),): value for name, value in values.items()}


def head(name: str, kind: str, about: str) -> tuple[str, str]:
    """What stands before the samples."""
    return f"# HELP {name} {about}", f"# TYPE {name} {kind}"


def gauge(name: str, about: str, samples: Mapping[Labels, float]) -> Iterable[str]:
    """What goes up and down."""
    return (*head(name, "gauge", about), *(sample(name, *one) for one in samples.items()))


def counter(name: str, about: str, samples: Mapping[Labels, float]) -> Iterable[str]:
    """What only goes up."""
    return (*head(name, "counter", about), *(sample(name, *one) for one in samples.items()))


def sample(name: str, labels: Labels, value: float) -> str:
    """`name{label="value"} 3`."""
    told = ",".join(f'{label}="{escaped(text)}"' for label, text in labels)
    return f"{name}{{{told}}} {value!r}" if told else f"{name} {value!r}"


def escaped(text: str) -> str:
    """As a label's value may be."""
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
