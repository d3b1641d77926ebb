"""kill -9 at each step of a task's life, step by step: at the n-th system call of each kind, for every n there is.

A daemon is killed there (or a supervisor of its, or the server that forks them), another one goes on, and all that
`test_chaos` asks for has to hold. Nothing is given up: every attempt was under way at one kill at most.
"""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.service.conftest import Project
from tests.service.syscalls import calls_of, killed_at, points_of
from tests.service.test_chaos import POOLS, WORK, check_all, ended

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")

# What is called, and every which of it is killed at: each page of a commit is a write like the one before.
WRITER = {"fdatasync": 1, "pwrite64": 4, "ftruncate": 1}
PROCESSES = {
    "link": 1, "rename": 1, "fsync": 1, "mkdir": 1, "vfork": 1, "clone": 1, "execve": 1, "sendmsg": 1, "pidfd_open": 1,
}  # fmt: skip
MAIN = {"openat": 2, "write": 1, "sendto": 1, "clone3": 1, "unlink": 1}


def life(root: Path) -> Project:
    """A project in which one run is due."""
    root.mkdir()
    project = Project(root)
    os.environ["FLOWLITE_TEST"] = str(root)
    project.configure(POOLS)
    (root / "locks").mkdir()
    shutil.copy(WORK, root / "pipelines" / "chaos.py")
    return project


def is_over(project: Project):
    def look() -> bool:
        try:
            return ended(project, 1)()
        except Exception:  # there is no schema yet
            return False

    return look


@pytest.mark.chaos
@pytest.mark.parametrize(
    ("names", "main_only"),
    [pytest.param(WRITER, False, id="writer"), pytest.param(PROCESSES, False, id="processes"),
     pytest.param(MAIN, True, id="main")],
)  # fmt: skip
def test_killed_at_each_step_of_the_life_of_a_run(tmp_path, monkeypatch, names, main_only):
    monkeypatch.setenv("FLOWLITE_CHAOS_START", (datetime.now(UTC) - timedelta(seconds=80)).isoformat())
    monkeypatch.setenv("FLOWLITE_TEST", "")
    first = life(tmp_path / "whole")
    points = list(points_of(calls_of(first, tuple(names), is_over(first)), names, main_only=main_only))
    assert len(points) >= 5
    killed = 0
    for number, point in enumerate(points):
        project = life(tmp_path / str(number))
        monkeypatch.setenv("FLOWLITE_CHAOS_START", (datetime.now(UTC) - timedelta(seconds=80)).isoformat())
        try:
            killed += killed_at(project, point, is_over(project))
            project.up()
            project.wait_for(is_over(project))
            project.stop()
            assert check_all(project, 1) == [], point
        finally:
            project.end()
        shutil.rmtree(project.root)
    print(f"{killed} kills at {len(points)} system calls: nothing lost, nothing twice, nothing given up")
    assert killed >= 0.8 * len(points)
