"""Ctrl-C in the middle of the demo, and a kill -9."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from flowlite.demo.footprint import Footprint
from flowlite.demo.stage import MARKED

pytestmark = pytest.mark.slow


@contextmanager
def playing(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """The quick demo in a process group of its own, once something has been done and more is going on."""
    line = [sys.executable, "-m", "flowlite", "demo", "--quick", "--plain", "--folder", str(folder)]
    session = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "start_new_session": True}
    with subprocess.Popen(line, **session) as show:
        next(told for told in show.stdout if "✓" in told)
        yield show


def left(folder: Path) -> list[Path]:
    """What still runs ten seconds later: a process that has been told to end needs a moment."""
    watched, until = Footprint(MARKED, str(folder)), time.monotonic() + 10
    while len(found := watched.processes()) > 1 and time.monotonic() < until:
        time.sleep(0.05)
    return found[1:]


def test_ctrl_c_leaves_no_process_behind(tmp_path: Path) -> None:
    with playing(tmp_path / "demo") as show:
        os.killpg(show.pid, signal.SIGINT)
        rest = show.stdout.read()
        assert (show.wait(60), "nothing is left running" in rest) == (130, True), rest
    assert left(tmp_path / "demo") == []


def test_a_demo_that_is_killed_takes_its_daemon_along(tmp_path: Path) -> None:
    with playing(tmp_path / "demo") as show:
        show.kill()
        show.stdout.read()
    assert left(tmp_path / "demo") == []
