"""The daemon in trouble that passes: a full disk, a file that somebody holds. It says so once, waits, goes on."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

TICKS = """
    from flowlite import dag, every, task

    @dag(schedule=every(seconds=1), start="2024-01-01")
    def ticks():
        @task
        async def tick() -> str:
            return "x" * 20_000
        tick()
"""
FIFTY = """
    import os
    from flowlite import dag, every, shell

    @dag(schedule=every(hours=1, anchor="{start}"), start="{start}", catchup=True)
    def fifty():
        for n in range(50):
            wait = 'echo $$ >> "$FLOWLITE_TEST/began"; while [ ! -e "$FLOWLITE_TEST/go" ]; do sleep 0.05; done'
            shell(f"{wait}; exit {n % 3}", id=f"c{n}")

    @dag(schedule=every(seconds=1), start="2024-01-01")
    def ticks():
        shell("true", id="t")
"""


def successes(project) -> int:
    return project.said().count(": success")


@pytest.fixture
def small_state(project):
    """The state on a file system of its own of 3 MB, where this machine lets us make one."""
    project.state.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", project.state], check=False)
    if made.returncode != 0:
        pytest.skip("mounting a tmpfs is not permitted here")
    yield project
    project.end()
    subprocess.run(["umount", "--lazy", project.state], check=True)


def test_with_a_full_disk_it_says_so_and_goes_on_when_there_is_space(small_state):
    project = small_state
    project.write("ticks.py", TICKS)
    project.up()
    project.wait_for(lambda: successes(project) >= 1)
    ballast = project.state / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            pass
    project.wait_for(lambda: "nothing can be written" in project.said())
    assert "✗ the disk that holds" in project.flowlite("status")
    before = successes(project)
    ballast.unlink()
    project.wait_for(lambda: "can be written again" in project.said())
    project.wait_for(lambda: successes(project) > before)
    assert project.said().count("nothing can be written") == 1
    assert project.stop() == 0
    assert "Traceback" not in project.said()


def test_while_another_process_holds_the_file_it_waits(project):
    project.write("ticks.py", TICKS)
    project.up()
    project.wait_for(lambda: successes(project) >= 1)
    with sqlite3.connect(project.state / "flowlite.db", isolation_level=None) as holder:
        holder.execute("BEGIN IMMEDIATE")
        project.wait_for(lambda: "nothing can be written" in project.said())
        before = successes(project)
        holder.execute("ROLLBACK")
    project.wait_for(lambda: successes(project) > before)
    assert project.stop() == 0


def test_status_names_a_daemon_that_hangs(project):
    daemon = project.up()
    assert "✗" not in project.flowlite("status")
    daemon.send_signal(signal.SIGSTOP)
    try:
        assert f"does not answer: it starts or ends just now, or it hangs; `kill -QUIT {daemon.pid}`" in (
            project.flowlite("status")
        )
    finally:
        daemon.send_signal(signal.SIGCONT)


def test_fifty_live_commands_are_adopted_and_schedules_go_on_within_three_seconds(project):
    start = (datetime.now(UTC) - timedelta(minutes=90)).isoformat()
    project.configure("[pools]\ndefault = 60\n")
    project.write("fifty.py", FIFTY.replace("{start}", start))
    first_start_s = -time.monotonic()
    project.up()
    first_start_s += time.monotonic()
    began = project.root / "began"
    project.wait_for(lambda: began.exists() and len(began.read_text().splitlines()) == 50 and successes(project) >= 1)
    project.kill()
    before = successes(project)
    project.up()
    project.wait_for(lambda: successes(project) > before)
    (project.root / "go").touch()
    project.wait_for(lambda: " of fifty for " in project.said())
    project.stop()
    with sqlite3.connect(project.state / "flowlite.db") as state:
        query = "SELECT {} FROM attempt a JOIN run r ON r.id = a.run_id WHERE r.dag_id = ?"
        codes = state.execute(query.format("a.task_no, a.number, a.exit_code"), ["fifty"]).fetchall()
        ticks = sorted(at for (at,) in state.execute("SELECT started_at FROM run WHERE dag_id = 'ticks'"))
    assert sorted(codes) == [(n, 1, n % 3) for n in range(50)]
    assert len(began.read_text().splitlines()) == 50
    # A tick comes each second; on a machine that is busy a start takes as much longer as the first one did.
    assert max(after - before for before, after in pairwise(ticks)) <= 3.0 + max(1.0, 2 * first_start_s)
