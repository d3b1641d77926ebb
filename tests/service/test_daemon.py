"""The daemon as a process: it starts what is due, is alone on its state, leaves as told, and outlives kill -9."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
from datetime import UTC, datetime, timedelta
from shutil import which

import pytest

from flowlite.service.reading import Reading

# One interval of it is due as soon as a daemon looks, and none again for an hour.
DUE_ONCE = """
    import asyncio, os, signal, time
    from pathlib import Path
    from flowlite import Retry, dag, every, shell, task

    HERE = Path(os.environ["FLOWLITE_TEST"])

    def until_go():
        while not (HERE / "go").exists():
            time.sleep(0.01)

    due_once = dict(schedule=every(hours=1, anchor="{start}"), start="{start}", catchup=True)
"""

WORK = """
    @task(isolation="process")
    def outside():
        with (HERE / "outside").open("a") as file:
            file.write("began\\n")
        until_go()
        return "from outside"

    @task
    async def inside():
        with (HERE / "inside").open("a") as file:
            file.write("began\\n")
        while not (HERE / "go").exists():
            await asyncio.sleep(0.01)

    @dag(**due_once)
    def work():
        outside()
        inside()
        shell('echo began >> "$FLOWLITE_TEST/command"; while [ ! -e "$FLOWLITE_TEST/go" ]; do sleep 0.05; done; exit 3',
              id="command")
"""


def due_once(body: str) -> str:
    """A DAG file with the schedule above."""
    start = (datetime.now(UTC) - timedelta(minutes=90)).isoformat()
    return DUE_ONCE.replace("{start}", start) + body


def began(project, *names: str):
    return lambda: all((project.root / name).exists() for name in names)


@pytest.fixture
def work(project):
    project.write("work.py", due_once(WORK))
    return project


def outcomes(project, run: int = 1) -> dict[str, list[str]]:
    """The outcomes of each task's attempts, from its state file."""

    async def read():
        reading = Reading(project.state)
        try:
            return await reading.attempts(run)
        finally:
            reading.close()

    found: dict[str, list[str]] = {}
    for attempt in asyncio.run(read()):
        found.setdefault(attempt.task_id, []).append(attempt.outcome)
    return found


def has_ended(project, run: int = 1):
    return lambda: re.search(rf"run {run} of \w+ for ", project.said())


# --- up, status, down -------------------------------------------------------------------------------------------------
def test_it_says_that_it_is_up_and_that_it_is_down(project):
    project.write("calm.py", "from flowlite import dag, shell\n@dag\ndef calm():\n    shell('true', id='t')\n")
    assert "○ down" in project.flowlite("status", code=1)
    daemon = project.up()
    found = json.loads(project.flowlite("status", "--json"))
    assert (found["is_up"], found["pid"]) == (True, daemon.pid)
    assert found["next"] == []
    assert f"flowlite is down (was process {daemon.pid})" in project.flowlite("down")
    assert daemon.wait(10) == 0
    assert "Traceback" not in project.said()
    assert "no daemon works on" in project.flowlite("down", code=1)


def test_status_names_the_coming_fires_but_not_those_of_paused_dags(project):
    project.write("two.py", """
        from flowlite import dag, shell
        @dag(schedule="@hourly")
        def calm():
            shell("true", id="t")
        @dag(schedule="@hourly", paused=True)
        def still():
            shell("true", id="t")
    """)  # fmt: skip
    project.up()
    (fire,) = json.loads(project.flowlite("status", "--json"))["next"]
    assert (fire["dag_id"], fire["fires_at"].endswith("Z")) == ("calm", True)
    project.flowlite("dags", "unpause", "still")
    project.flowlite("dags", "pause", "calm")
    project.wait_for(
        lambda: [one["dag_id"] for one in json.loads(project.flowlite("status", "--json"))["next"]] == ["still"]
    )


def test_a_second_daemon_is_told_who_is_there(project):
    daemon = project.up()
    assert f"in use by the daemon (process {daemon.pid})" in project.flowlite("up", code=1)
    assert daemon.poll() is None


def test_in_the_background_it_is_a_process_of_its_own(project):
    said = project.flowlite("up", "--detach")
    pid = json.loads(project.flowlite("status", "--json"))["pid"]
    assert f"process {pid}" in said
    assert os.getpgid(pid) != os.getpgid(0)
    project.flowlite("down")
    assert "flowlite is down" in (project.state / "logs" / "daemon.log").read_text()


def test_in_the_background_too_it_says_why_it_does_not_start(project):
    daemon = project.up()
    assert f"did not start: state folder {project.state} is in use by the daemon (process {daemon.pid})" in (
        project.flowlite("up", "--detach", code=1)
    )


def test_a_due_run_is_one_line_of_what_it_says(project):
    project.write(
        "quick.py",
        due_once("""
    @task
    async def hop(): ...

    @task(retries=Retry(max_retries=1, delay=0.01))
    async def trip():
        raise ValueError("over a stone")

    @dag(**due_once)
    def quick():
        hop() >> trip()
    """),
    )
    project.up()
    project.wait_for(has_ended(project))
    lines = [line.split(" ", 1)[1] for line in project.said().splitlines() if line[:2] == "20"]
    assert lines[:2] == [
        "✗ run 1 of quick trip attempt 1 failed: ValueError: over a stone",
        "✗ run 1 of quick trip attempt 2 failed: ValueError: over a stone",
    ]
    assert lines[2].startswith("✗ run 1 of quick for ")
    assert len(lines) == 3


# --- leaving ----------------------------------------------------------------------------------------------------------
def test_leaving_lets_processes_go_on_and_the_next_start_takes_them_up(work):
    work.up()
    work.wait_for(began(work, "inside", "outside", "command"))
    work.daemons[-1].send_signal(signal.SIGTERM)
    work.wait_for(lambda: "waiting for up to 30 s for 1 attempt" in work.said())
    assert work.stop() == 0  # asked again
    assert "2 attempts go on" in work.said()
    work.up()
    (work.root / "go").touch()
    work.wait_for(has_ended(work))
    assert outcomes(work) == {"outside": ["success"], "inside": ["interrupted", "success"], "command": ["failed"]}
    assert (work.root / "outside").read_text() == (work.root / "command").read_text() == "began\n"


def test_draining_waits_for_all(work):
    daemon = work.up()
    work.wait_for(began(work, "inside", "outside", "command"))
    daemon.send_signal(signal.SIGUSR1)
    (work.root / "go").touch()
    assert daemon.wait(30) == 0
    assert outcomes(work) == {"outside": ["success"], "inside": ["success"], "command": ["failed"]}


def test_killing_stops_all_and_nothing_is_lost(work):
    work.up()
    work.wait_for(began(work, "inside", "outside", "command"))
    assert work.stop(signal.SIGUSR2) == 0
    work.up()
    (work.root / "go").touch()
    work.wait_for(has_ended(work))
    assert outcomes(work) == {
        "outside": ["interrupted", "success"],
        "inside": ["interrupted", "success"],
        "command": ["interrupted", "failed"],
    }


# --- kill -9 ----------------------------------------------------------------------------------------------------------
def test_after_a_kill_processes_are_adopted_and_work_inside_runs_again(work):
    work.up()
    work.wait_for(began(work, "inside", "outside", "command"))
    work.kill()
    work.up()
    (work.root / "go").touch()
    work.wait_for(has_ended(work))
    assert outcomes(work) == {"outside": ["success"], "inside": ["lost", "success"], "command": ["failed"]}
    assert (work.root / "outside").read_text() == "began\n"
    assert "inside attempt 1 lost: it ran inside the daemon, which died" in work.said()


def test_a_task_that_kills_the_daemon_three_times_is_failed_as_poison(project):
    project.write(
        "poison.py",
        due_once("""
    @task
    async def poison():
        with (HERE / "bites").open("a") as file:
            file.write("x")
        os.kill(os.getpid(), signal.SIGKILL)

    @task
    async def innocent(): ...

    @dag(**due_once)
    def bad():
        poison() >> innocent()
    """),
    )
    for bites in (1, 2, 3):
        daemon = project.start()
        assert daemon.wait(30) == -signal.SIGKILL
        assert len((project.root / "bites").read_text()) == bites
    project.up()
    project.wait_for(has_ended(project))
    assert outcomes(project) == {"poison": ["lost", "lost", "lost"]}


# --- systemd ----------------------------------------------------------------------------------------------------------
def test_systemd_hears_that_it_is_ready_alive_and_stopping(project, tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(tmp_path / "n"))
        ear.settimeout(10)
        project.up(NOTIFY_SOCKET=str(tmp_path / "n"), WATCHDOG_USEC="20000")
        assert ear.recv(100).startswith(b"READY=1\n")
        assert [ear.recv(100) for _ in range(3)] == [b"WATCHDOG=1"] * 3
        project.daemons[-1].send_signal(signal.SIGTERM)
        while (heard := ear.recv(100)) != b"STOPPING=1":
            assert heard == b"WATCHDOG=1"
        assert ear.recv(100) == b"EXTEND_TIMEOUT_USEC=60000000"


def test_what_systemd_says_to_the_daemon_is_not_said_to_its_tasks(project, tmp_path):
    project.write(
        "env.py",
        due_once("""
    @task(isolation="process")
    def python():
        (HERE / "python").write_text("\\n".join(os.environ))

    @dag(**due_once)
    def environment():
        python(), shell(f"env > {HERE}/command", id="command")
    """),
    )
    project.up(NOTIFY_SOCKET=str(tmp_path / "nobody"), WATCHDOG_USEC="20000000", WATCHDOG_PID="1")
    project.wait_for(has_ended(project))
    assert outcomes(project) == {"python": ["success"], "command": ["success"]}
    for name in ("python", "command"):
        names = (project.root / name).read_text()
        assert "FLOWLITE_TEST" in names
        assert "NOTIFY_SOCKET" not in names
        assert "WATCHDOG" not in names


def test_the_unit_names_this_project_and_keeps_attempts_alive(project):
    unit = project.flowlite("service")
    assert f"WorkingDirectory={project.root.resolve()}\n" in unit
    assert "KillMode=process\n" in unit
    assert "Type=notify\n" in unit


@pytest.mark.skipif(which("systemd-analyze") is None, reason="there is no systemd here")
@pytest.mark.parametrize("options", [(), ("--user",)])
def test_systemd_finds_nothing_wrong_with_the_unit(project, tmp_path, options):
    file = tmp_path / "flowlite-here.service"
    file.write_text(project.flowlite("service", *options))
    found = subprocess.run(["systemd-analyze", "verify", file], capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")
