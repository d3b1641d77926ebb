"""A daemon, or its fork server, under strace: which system calls a run is made of, and a kill at the n-th of one.

Traced is from a moment when nothing is under way, so that the numbers are those of the run. strace counts for each
thread: the first one that gets to the n-th call of that name is killed with its process.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

LINE = re.compile(r"(\d+)\s+(\w+)\(")


class Point(NamedTuple):
    """Where to kill."""

    name: str
    number: int


class Tracer:
    """strace on a process that lives already; on those that it makes, too, if it `follow`s."""

    def __init__(self, pid: int, names: str, record: Path, *, follow: bool, inject: str = "") -> None:
        # Not --seccomp-bpf, which would be faster: with it no signal is injected (strace 6.1).
        whom = ["-f", "-p", str(pid)] if follow else [part for tid in threads(pid) for part in ("-p", str(tid))]
        more = ["-e", f"inject={inject}"] if inject else []
        self._strace = subprocess.Popen(
            ["strace", *whom, "-o", str(record), "-e", f"trace={names}", *more],
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._strace.stderr is not None
        for line in self._strace.stderr:
            if "attached" in line:
                break
        self._record = record

    def counted(self) -> Counter[tuple[str, str]]:
        """Calls so far, by thread and name."""
        lines = self._record.read_text().splitlines()
        return Counter((found[1], found[2]) for line in lines if (found := LINE.match(line)))

    def end(self) -> None:
        """What it traced goes on without it."""
        self._strace.kill()
        self._strace.communicate()


def threads(pid: int) -> list[int]:
    """Of a process, as it is."""
    return sorted(int(found.name) for found in Path(f"/proc/{pid}/task").iterdir())


def fork_server(daemon: int) -> int | None:
    """The process that a daemon's supervisors come from."""
    for pid in threads(daemon):
        for child in Path(f"/proc/{daemon}/task/{pid}/children").read_text().split():
            with suppress(OSError):
                if b"answers_fd" in Path(f"/proc/{child}/cmdline").read_bytes():
                    return int(child)
    return None


def points_of(counted: Counter[tuple[str, str]], steps: dict[str, int]) -> list[Point]:
    """Every n-th call of each name (name -> n), as often as the thread that makes most of them does."""
    most = {name: max((n for (_, called), n in counted.items() if called == name), default=0) for name in steps}
    return [Point(name, number) for name, step in steps.items() for number in range(1, most[name] + 1, step)]


def killed_at(point: Point, tracer: Tracer, is_over: Callable[[], object], timeout_s: float = 30.0) -> bool:
    """Wait for it; whether it came before the run was over."""
    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        if any(name == point.name and number >= point.number for (_, name), number in tracer.counted().items()):
            return True
        if is_over():
            return False
        time.sleep(0.01)
    return False


def inject(point: Point) -> str:
    """For strace."""
    return f"{point.name}:signal=KILL:when={point.number}"


def end(daemon: subprocess.Popen[str], tracer: Tracer) -> None:
    """The daemon, if it still lives, then whoever traces it."""
    with suppress(ProcessLookupError):
        os.kill(daemon.pid, signal.SIGKILL)
    tracer.end()
    daemon.wait()
    daemon.ready.close()
