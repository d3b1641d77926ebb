"""Real daemons: processes of their own on a project folder of the test."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest


def wait_for(what: Callable[[], object], timeout_s: float = 30.0) -> None:
    """Wait until it is true; what it waits for happens in another process."""
    until = time.monotonic() + timeout_s
    while not what():
        assert time.monotonic() < until, "it never came true"
        time.sleep(0.01)


class Project:
    """A folder with a configuration and DAG files, and the daemons that were started on it."""

    def __init__(self, root: Path) -> None:
        self.root, self.state = root, root / "state"
        self.daemons: list[subprocess.Popen[str]] = []
        (root / "pipelines").mkdir()
        self.configure("")

    def configure(self, text: str) -> None:
        """flowlite.toml: the folders, and more."""
        head = '[flowlite]\ndags = ["pipelines"]\nstate = "state"\n'
        (self.root / "flowlite.toml").write_text(head + textwrap.dedent(text))

    def write(self, name: str, text: str) -> Path:
        """A DAG file."""
        path = self.root / "pipelines" / name
        path.write_text(textwrap.dedent(text))
        return path

    def start(self, **env: str) -> subprocess.Popen[str]:
        """A daemon that does not work yet; its lines go to daemon.txt."""
        theirs, ours = os.pipe()
        with (self.root / "daemon.txt").open("ab") as lines:
            daemon = subprocess.Popen(
                [sys.executable, "-m", "flowlite", "up", "--ready-fd", str(ours)],
                cwd=self.root, env={**os.environ, **env}, stdout=lines, stderr=lines, pass_fds=(ours,), text=True,
            )  # fmt: skip
        os.close(ours)
        daemon.ready = os.fdopen(theirs)
        self.daemons.append(daemon)
        return daemon

    def up(self, **env: str) -> subprocess.Popen[str]:
        """A daemon that works."""
        daemon = self.start(**env)
        assert daemon.ready.readline() == "ready\n", self.said()
        return daemon

    @staticmethod
    def wait_for(what: Callable[[], object]) -> None:
        """Wait until it is true."""
        wait_for(what)

    def said(self) -> str:
        """All lines of all its daemons."""
        return (self.root / "daemon.txt").read_text()

    def flowlite(self, *arguments: str, code: int | None = 0, timeout_s: float = 60.0) -> str:
        """What a command prints; it must end with this code."""
        done = subprocess.run(
            [sys.executable, "-m", "flowlite", *arguments], cwd=self.root, capture_output=True, text=True,
            timeout=timeout_s, check=False,
        )  # fmt: skip
        assert code is None or done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def kill(self) -> None:
        """kill -9 of the daemon that was started last."""
        self.daemons[-1].send_signal(signal.SIGKILL)
        self.daemons[-1].wait()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Ask the last daemon to end; its exit code."""
        self.daemons[-1].send_signal(how)
        return self.daemons[-1].wait(60)

    def end(self) -> None:
        """Nothing of it is left behind."""
        (self.root / "go").touch()  # what a failed test left waiting ends by itself
        for daemon in self.daemons:
            if daemon.poll() is None:
                daemon.send_signal(signal.SIGUSR2)
                try:
                    daemon.wait(10)
                except subprocess.TimeoutExpired:
                    daemon.kill()
                    daemon.wait()
            daemon.ready.close()


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setenv("FLOWLITE_TEST", str(tmp_path))
    project = Project(tmp_path)
    yield project
    project.end()
