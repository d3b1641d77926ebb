"""kill -9 of a real program that runs an engine: what was committed is taken up, processes are adopted."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import flowlite
from flowlite.loading.files import forget, load_file

PROGRAM = Path(__file__).with_name("dagfile_crash.py")
EVERYTHING = ["child", "inside", *(f"command{n}" for n in range(5))]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("FLOWLITE_TEST", str(tmp_path))
    importlib.invalidate_caches()
    forget([PROGRAM])
    yield tmp_path
    (tmp_path / "go").touch()  # whatever a failed test left behind ends by itself


def wait_for(what, timeout_s: float = 30) -> None:
    until = time.monotonic() + timeout_s
    while not what():
        assert time.monotonic() < until, "it never came true"
        time.sleep(0.01)


def killed_while_all_run(folder: Path) -> str:
    program = subprocess.Popen([sys.executable, PROGRAM, folder / "state"], stdout=subprocess.PIPE, text=True)
    with program.stdout:
        run = program.stdout.readline().strip()
    wait_for(lambda: all((folder / name).exists() for name in EVERYTHING))
    os.kill(program.pid, signal.SIGKILL)
    program.wait()
    return run


async def test_live_processes_are_adopted_and_in_process_work_is_tried_again(folder):
    run = killed_while_all_run(folder)
    (dag,) = load_file(PROGRAM).dags
    async with flowlite.open(folder / "state") as fl:
        await fl.register(dag)
        (folder / "go").touch()
        found = await fl.finished(run)
    outcomes = {id_: [str(one.outcome) for one in found.tasks[id_][0].attempts] for id_ in found}
    assert outcomes == {
        "command0": ["success"], "command1": ["failed"], "command2": ["failed"], "command3": ["failed"],
        "command4": ["failed"], "inside": ["lost", "success"], "child": ["success"],
    }  # fmt: skip
    assert [found.tasks[f"command{n}"][0].attempts[0].exit_code for n in range(5)] == [0, 1, 2, 3, 4]
    assert found["child"] == "from the child"
    assert all((folder / name).read_text() == "began\n" for name in EVERYTHING if name != "inside")
    assert "done 3" in found.tasks["command3"][0].attempts[0].log.read_text()


async def test_what_ended_while_nobody_looked_is_recorded_and_not_run_again(folder):
    run = killed_while_all_run(folder)
    (folder / "go").touch()
    attempts = folder / "state" / "attempts" / run
    wait_for(lambda: len(list(attempts.glob("*/exit.json"))) == 6)
    (dag,) = load_file(PROGRAM).dags
    async with flowlite.open(folder / "state") as fl:
        await fl.register(dag)
        found = await fl.finished(run)
    assert [len(found.tasks[f"command{n}"][0].attempts) for n in range(5)] == [1] * 5
    assert found.tasks["command0"][0].state == "success"
