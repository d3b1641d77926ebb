"""Real daemons to measure: each a process of its own on a project made for it. Reads /proc, so it needs Linux."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
FLOWLITE = [sys.executable, "-m", "flowlite"]
# Where bytecode may not be written, every process compiles every module again: that is not what is measured.
ENV = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
NEVER_S = 120.0


class Daemon:
    """One on a folder, and what the kernel says of it and its children."""

    def __init__(self, root: Path) -> None:
        self.begun_at = time.time()
        theirs, ours = os.pipe()
        command = [*FLOWLITE, "up", "--ready-fd", str(ours)]
        self.process = subprocess.Popen(command, cwd=root, pass_fds=(ours,), stdout=subprocess.DEVNULL, env=ENV)
        os.close(ours)
        with os.fdopen(theirs) as answer:
            assert answer.readline() == "ready\n"
        self.ready_s = time.time() - self.begun_at

    def family(self) -> list[int]:
        """Its pid and those of all processes below it."""
        found, seen = [self.process.pid], []
        while found:
            seen.append(pid := found.pop())
            for children in Path(f"/proc/{pid}/task").glob("*/children"):
                found += [int(child) for child in children.read_text().split()]
        return seen

    def pss_mib(self) -> float:
        """Memory of the family, shared pages divided among those who share them."""
        lines = [Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines() for pid in self.family()]
        return sum(int(line.split()[1]) for rows in lines for line in rows if line.startswith("Pss:")) / 1024

    def cpu_s(self) -> float:
        """CPU seconds of the family so far."""
        stats = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in self.family()]
        return sum(int(stat[11]) + int(stat[12]) for stat in stats) / TICKS_PER_S

    def cpu_percent(self, seconds: float) -> float:
        """Over so long a time, of one core."""
        before, begun = self.cpu_s(), time.monotonic()
        time.sleep(seconds)
        return (self.cpu_s() - before) / (time.monotonic() - begun) * 100

    def stop(self) -> None:
        """And wait."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


@contextmanager
def up(root: Path) -> Iterator[Daemon]:
    """One, and its end."""
    daemon = Daemon(root)
    try:
        yield daemon
    finally:
        daemon.stop()


@contextmanager
def project(files: dict[str, str], pools: str = "") -> Iterator[Path]:
    """A folder with these DAG files."""
    with tempfile.TemporaryDirectory(prefix="flowlite-bench-") as name:
        root = Path(name)
        (root / "pipelines").mkdir()
        (root / "flowlite.toml").write_text(f'[flowlite]\ndags = ["pipelines"]\n{pools}')
        for file, text in files.items():
            (root / "pipelines" / file).write_text(text.replace("{root}", name))
        yield root


def an_hour_ago() -> str:
    """One interval of an hour is due since."""
    return (datetime.now(UTC) - timedelta(minutes=61)).isoformat()


def wait_for(what: Callable[[], bool]) -> None:
    """Until it is true; raises TimeoutError if it never is."""
    until = time.monotonic() + NEVER_S
    while not what():
        if time.monotonic() > until:
            raise TimeoutError("what was waited for never came")
        time.sleep(0.005)
