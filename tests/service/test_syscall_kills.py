"""kill -9 at each step of a task's life, step by step: at the n-th system call of each kind, for every n there is.

A daemon is killed there (or a supervisor of its, its work, or the server that forks them), another one goes on, and all
that `test_chaos` asks for has to hold. Nothing is given up: every attempt was under way at two kills at most.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from tests.service.conftest import Project
from tests.service.syscalls import Point, Tracer, end, fork_server, inject, killed_at, points_of
from tests.service.test_chaos import POOLS, WORK, check_all, ended

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")

# What is called, and every which of it is killed at: each page of a commit is a write like the one before.
DAEMON = {
    "fdatasync": 1, "pwrite64": 2, "ftruncate": 1, "rename": 1, "unlink": 1, "mkdir": 1, "openat": 1, "write": 1,
    "sendto": 1, "sendmsg": 1, "recvmsg": 1, "clone3": 1, "pidfd_open": 1,
}  # fmt: skip
PROCESSES = {
    "link": 1, "linkat": 1, "rename": 1, "fsync": 1, "mkdir": 1, "unlink": 1, "clone": 1, "vfork": 1, "execve": 1,
    "write": 1, "sendmsg": 1, "sendto": 1, "pidfd_open": 1, "wait4": 1, "waitid": 1, "kill": 1, "setsid": 1,
    "exit_group": 1, "openat": 4,
}  # fmt: skip


@pytest.fixture
def life(tmp_path, monkeypatch):
    """A daemon with its fork server warm and one run behind it, so that what follows is a run and nothing else."""
    monkeypatch.setenv("FLOWLITE_CHAOS_START", (datetime.now(UTC) + timedelta(days=1)).isoformat())

    def begin(name: str) -> Project:
        root = tmp_path / name
        root.mkdir()
        monkeypatch.setenv("FLOWLITE_TEST", str(root))
        project = Project(root)
        project.configure(POOLS)
        (root / "locks").mkdir()
        shutil.copy(WORK, root / "pipelines" / "chaos.py")
        project.up()
        project.flowlite("trigger", "chaos")
        project.wait_for(ended(project, 1))
        return project

    return begin


def traced(project: Project, who: str, names: str, point: Point | None = None) -> Tracer:
    """The daemon's own threads, or its fork server with all that comes of it."""
    pid = project.daemons[-1].pid
    whom = fork_server(pid) if who == "processes" else pid
    assert whom is not None
    return Tracer(whom, names, project.root / "calls", follow=who == "processes", inject=inject(point) if point else "")


def another_run(project: Project) -> subprocess.Popen[bytes]:
    """Ask for one; whoever is asked may die of it."""
    with (project.root / "asked.txt").open("wb") as said:
        return subprocess.Popen([sys.executable, "-m", "flowlite", "trigger", "chaos"],
                                cwd=project.root, stdout=said, stderr=said)  # fmt: skip


def counted(project: Project, who: str, names: dict[str, int]) -> Counter[tuple[str, str]]:
    """One whole life."""
    tracer = traced(project, who, ",".join(names))
    another_run(project).wait()
    project.wait_for(ended(project, 2))
    end(project.daemons.pop(), tracer)
    return tracer.counted()


def killed(project: Project, who: str, point: Point) -> bool:
    """Whether somebody was, at this point; the daemon is in any case. An answered wish for a run is kept."""
    tracer = traced(project, who, point.name, point)
    asking = another_run(project)
    was_killed = killed_at(point, tracer, ended(project, 2))
    end(project.daemons.pop(), tracer)
    is_taken = asking.wait() == 0
    runs = 1 + is_taken
    with sqlite3.connect(f"file:{project.state / 'flowlite.db'}?mode=ro", uri=True) as reader:
        assert reader.execute("SELECT count(*) FROM run").fetchone()[0] >= runs
    return was_killed


@pytest.mark.chaos
@pytest.mark.parametrize(("who", "names"), [("daemon", DAEMON), ("processes", PROCESSES)])
def test_killed_at_each_step_of_the_life_of_a_run(life, who, names):
    points = points_of(counted(life("whole"), who, names), names)
    assert len(points) >= 20
    points = points[:: int(os.environ.get("FLOWLITE_EVERY", "1"))]
    hit: Counter[str] = Counter()
    for number, point in enumerate(points):
        project = life(str(number))
        try:
            hit[point.name] += killed(project, who, point)
            project.up()
            project.wait_for(ended(project, 1))
            project.stop()
            assert check_all(project, 1) == [], point
        finally:
            project.end()
        shutil.rmtree(project.root)
    print(f"{hit.total()} kills at {len(points)} system calls ({dict(hit)}): nothing lost, twice or given up")
    assert hit.total() >= 0.8 * len(points)
