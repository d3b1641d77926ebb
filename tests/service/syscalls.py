"""A daemon under strace: which system calls its life is made of, and a kill at the n-th of one of them.

strace counts for each thread: the first one that gets to the n-th call of that name is killed with its process, be it
the daemon, a supervisor, or the server that forks them.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from flowlite.engine.lock import pid_of

LINE = re.compile(r"(\d+)\s+(\w+)\(")


class Calls(NamedTuple):
    """How often one thread made a call: before the daemon was up, and in all."""

    is_main: bool
    name: str
    before: int
    all: int


class Point(NamedTuple):
    """Where to kill. Not `follow`: only the daemon's main thread counts."""

    name: str
    number: int
    follow: bool


def under(trace: str, *, follow: bool, inject: str = "", to: str = "/dev/null") -> list[str]:
    """The command in front of the daemon's."""
    how = ["--seccomp-bpf", "-f"] if follow else []
    return ["strace", "-qq", *how, "-o", to, "-e", f"trace={trace}", *(["-e", f"inject={inject}"] if inject else [])]


def calls_of(project: Any, names: tuple[str, ...], is_over: Callable[[], object]) -> list[Calls]:
    """One whole life, with every call of these names counted by thread."""
    record = project.root / "calls"
    tracer = project.start(*under(",".join(names), follow=True, to=str(record)))
    assert tracer.ready.readline() == "ready\n", project.said()
    before = counted(record)
    project.wait_for(is_over)
    end(project, tracer)
    main = record.read_text().split(None, 1)[0]
    return [
        Calls(thread == main, name, before.get((thread, name), 0), number)
        for (thread, name), number in counted(record).items()
    ]


def counted(record: Path) -> Counter[tuple[str, str]]:
    """By thread and name."""
    return Counter((found[1], found[2]) for line in record.read_text().splitlines() if (found := LINE.match(line)))


def points_of(calls: list[Calls], names: dict[str, int], *, main_only: bool) -> Iterator[Point]:
    """Every n-th call of these names (name -> n) from the moment when the daemon was up, or of a process that came
    later from its first."""
    for name, step in names.items():
        spans = [(one.before + 1, one.all) for one in calls if one.name == name and (one.is_main or not main_only)]
        spans = [span for span in spans if span[1] >= span[0]]
        if spans:
            first, last = min(span[0] for span in spans), max(span[1] for span in spans)
            yield from (Point(name, number, not main_only) for number in range(first, last + 1, step))


def killed_at(project: Any, point: Point, is_over: Callable[[], object]) -> bool:
    """A daemon that lives up to this point; whether it, or a process of its, was killed there."""
    record = project.root / "record"
    inject = f"{point.name}:signal=KILL:when={point.number}"
    tracer = project.start(*under(point.name, follow=point.follow, inject=inject, to=str(record)))
    until = time.monotonic() + 30
    while not (was_killed := is_killed(tracer, record)) and not is_over() and time.monotonic() < until:
        time.sleep(0.01)
    end(project, tracer)
    return was_killed


def is_killed(tracer: subprocess.Popen[str], record: Path) -> bool:
    """Somebody is."""
    return tracer.poll() is not None or (record.exists() and "killed by SIGKILL" in record.read_text())


def end(project: Any, tracer: subprocess.Popen[str]) -> None:
    """The daemon, if it lives, then whoever traces it."""
    daemon = pid_of(project.state, "daemon")
    if daemon is not None:
        with suppress(ProcessLookupError):
            os.kill(daemon, signal.SIGKILL)
    project.wait_for(lambda: pid_of(project.state, "daemon") is None)
    tracer.kill()  # what it traces beside the daemon goes on without it
    tracer.wait()
    tracer.ready.close()
    project.daemons.remove(tracer)
