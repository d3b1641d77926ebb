"""Both sides of a measurement: a daemon (a recorded world, or a real one) and the terminal UI on it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.tui.terminal import Terminal

ROOT = Path(__file__).parents[2]
# As it was installed: a machine that forbids bytecode makes every start pay for compiling all of it again.
# And the terminal says how large it is: what the environment says of that is about another.
LEFT_OUT = ("PYTHONDONTWRITEBYTECODE", "NO_COLOR", "COLUMNS", "LINES")
CLEAN = {name: value for name, value in os.environ.items() if name not in LEFT_OUT}


@contextmanager
def recorded(world: str, folder: Path, *, speed: float = 0.0, flood: float = 0.0) -> Iterator[subprocess.Popen[str]]:
    """A recorded world in a process of its own."""
    command = [sys.executable, str(ROOT / "tests/tui/worlds/serve.py"), world, str(folder)]
    command += ["--speed", str(speed), "--flood", str(flood)]
    daemon = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=CLEAN)
    try:
        assert daemon.stdout is not None
        assert "is up" in daemon.stdout.readline()
        yield daemon
    finally:
        daemon.terminate()
        daemon.wait(20)


def tui(folder: Path, *arguments: str, columns: int, lines: int) -> Terminal:
    """The terminal UI on the state of a project folder."""
    command = [sys.executable, "-m", "flowlite", "--config", str(folder / "flowlite.toml"), "tui", *arguments]
    terminal = Terminal(command, columns=columns, lines=lines, env=CLEAN)
    terminal.process.args = command
    return terminal


class Project:
    """A folder with DAG files and a real daemon."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "pipelines").mkdir(parents=True)
        (root / "flowlite.toml").write_text('[flowlite]\ndags = ["pipelines"]\nstate = "state"\n')
        self.daemon: subprocess.Popen[bytes] | None = None

    def write(self, text: str) -> None:
        """Its DAG file."""
        (self.root / "pipelines" / "dags.py").write_text(textwrap.dedent(text))

    def up(self) -> float:
        """Start the daemon; when it was ready."""
        theirs, ours = os.pipe()
        with (self.root / "daemon.txt").open("ab") as said:
            self.daemon = subprocess.Popen(
                [sys.executable, "-m", "flowlite", "up", "--ready-fd", str(ours)], cwd=self.root, stdout=said,
                stderr=said, pass_fds=(ours,), env=CLEAN,
            )  # fmt: skip
        os.close(ours)
        with os.fdopen(theirs) as answer:
            assert answer.readline() == "ready\n", (self.root / "daemon.txt").read_text()
        return time.perf_counter()

    def kill(self) -> None:
        """kill -9."""
        assert self.daemon is not None
        self.daemon.send_signal(signal.SIGKILL)
        self.daemon.wait()

    def end(self) -> None:
        """All of it."""
        if self.daemon is not None and self.daemon.poll() is None:
            self.daemon.send_signal(signal.SIGUSR2)
            self.daemon.wait(20)

    def flowlite(self, *arguments: str) -> str:
        """What a command prints."""
        command = [sys.executable, "-m", "flowlite", *arguments]
        return subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=True, env=CLEAN).stdout
