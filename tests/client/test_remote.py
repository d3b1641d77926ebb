"""Commands with a daemon up: real processes, the same output and exit codes, and no DAG file is loaded twice."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

DAGS = """
    import asyncio, os
    from pathlib import Path
    from flowlite import Asset, approve, dag, shell, task

    with open("loaded", "a") as file:
        file.write(f"{os.getpid()} ")

    @task
    async def load(n: int) -> int:
        if n == 2 and not Path("mended").exists():
            raise ValueError("row 2 is bad")
        return n

    @task
    def numbers() -> list[int]:
        return [1, 2, 3]

    @dag(schedule="@daily")
    def good():
        shell("echo hello", id="say")

    @dag
    def broken():
        load.map(numbers())

    @dag(schedule=Asset("orders"))
    def asked():
        approve("Go?", id="ask")

    @dag
    def slow():
        shell("while [ ! -e go ]; do sleep 0.05; done", id="nap")
"""
MOVING = re.compile(r"\d+(\.\d+)?m?s\b|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|process \d+")


class Project:
    """A folder, with or without a daemon."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "pipelines").mkdir(parents=True)
        (root / "flowlite.toml").write_text("")
        import textwrap

        (root / "pipelines" / "work.py").write_text(textwrap.dedent(DAGS))

    def begin(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "flowlite", *words], cwd=self.root, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )  # fmt: skip

    def flowlite(self, *words: str) -> tuple[int, str]:
        """Exit code and output, without what is never twice the same."""
        return self.ended(self.begin(*words))

    def ended(self, process: subprocess.Popen[str]) -> tuple[int, str]:
        said, _ = process.communicate(timeout=60)
        return process.returncode, MOVING.sub("~", said).replace(str(self.root), "~")

    def loaded_by(self) -> set[str]:
        return set((self.root / "loaded").read_text().split())


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Project]:
    """A project with a daemon."""
    project = Project(tmp_path / "up")
    code, said = project.flowlite("up", "--detach")
    assert code == 0, said
    yield project
    (project.root / "go").touch()
    project.flowlite("down", "--kill")


SHORT = [
    ["run", "good", "--date", "2024-01-01"],
    ["run", "broken"],
    ["run", "nix"],
    ["runs", "retry", "2", "--dry-run"],
    ["backfill", "good", "2024-02-01", "2024-02-04", "--concurrency", "1", "--yes"],
    ["backfills", "pause", "1"],
    ["dags", "pause", "good"],
]
SAME = [
    ["run", "good", "--date", "2024-01-01"],
    ["run", "good", "--date", "2024-01-01"],
    ["run", "broken"],
    ["run", "nix"],
    ["run", "good", "--date", "soon"],
    ["run", "good", "--param", "a=1"],
    ["run", "pipelines/work.py:good", "--date", "2024-01-02"],
    ["runs", "clear", "1", "--yes"],
    ["runs", "clear", "99", "--yes"],
    ["runs", "retry", "2", "--dry-run"],
    ["runs", "mark", "2", "--task", "load[1]", "--as", "success", "--yes"],
    ["runs", "cancel", "1", "--yes"],
    ["backfill", "good", "2024-02-01", "2024-02-04", "--concurrency", "1", "--yes"],
    ["backfill", "good", "2024-02-01", "2024-02-04", "--concurrency", "1", "--yes"],
    ["backfill", "good", "2024-02-01", "2024-02-04", "--reprocess", "all", "--yes", "--dry-run"],
    ["backfills", "pause", "1"],
    ["backfills", "retry", "1", "--yes"],
    ["backfills", "cancel", "9"],
    ["tokens", "revoke", "nobody"],
    ["dags", "pause", "good"],
]
STEERING = [
    ["run", "good", "--date", "2024-01-01"],
    ["dags", "pause", "good"],
    ["dags", "pause", "good"],
    ["dags", "unpause", "good", "--json"],
    ["dags", "priority", "good", "5"],
    ["dags", "list"],
    ["dags", "show", "good"],
    ["pools", "set", "default", "5"],
    ["pools", "set", "nix", "5"],
    ["pools", "list"],
    ["pools", "reset", "default"],
    ["runs", "priority", "1", "5"],
    ["backfills", "resize", "1", "5"],
    ["backfill", "good", "2024-02-01", "2024-02-02", "--yes"],
    ["backfills", "resize", "1", "5"],
    ["assets", "update", "nix"],
    ["approvals", "answer", "1", "say", "approve"],
    ["approvals", "list"],
]


def test_commands_say_the_same_with_and_without_a_daemon(up, tmp_path):
    compare(SHORT, up, Project(tmp_path / "alone"))


@pytest.mark.slow
@pytest.mark.parametrize("commands", [SAME, STEERING], ids=["all", "steering"])
def test_all_commands_say_the_same_too(commands, up, tmp_path):
    compare(commands, up, Project(tmp_path / "alone"))


def compare(commands: list[list[str]], up: Project, alone: Project) -> None:
    for words in commands:
        with_it, without_it = up.begin(*words), alone.begin(*words)
        assert up.ended(with_it) == alone.ended(without_it), words


def test_a_triggered_run_is_the_daemons(up):
    code, said = up.flowlite("trigger", "good", "--date", "2024-01-01")
    assert (code, said) == (0, "run 1 of good for 2024-01-01\n")
    while json.loads(up.flowlite("runs", "show", "1", "--json")[1])["run"]["state"] != "success":
        pass


def test_what_waits_for_a_person_goes_on_when_one_has_answered(up):
    assert up.flowlite("assets", "update", "orders") == (0, "asset orders is updated; it is waited for by asked\n")
    while not (found := json.loads(up.flowlite("approvals", "list", "--json")[1])):
        pass
    assert up.flowlite("approvals", "answer", found[0]["run_id"], "ask", "approve")[0] == 0
    assert json.loads(up.flowlite("runs", "show", found[0]["run_id"], "--json")[1])["run"]["state"] == "success"


def test_with_a_daemon_no_command_that_acts_loads_a_dag_file(up):
    before = up.loaded_by()
    assert up.flowlite("run", "good")[0] == 0
    assert up.flowlite("backfill", "good", "2024-02-01", "2024-02-03", "--yes")[0] == 0
    assert up.flowlite("runs", "clear", "1", "--yes")[0] == 0
    assert up.loaded_by() == before


def test_what_a_command_needs_for_a_daemon_is_light():
    heavy = ["flowlite.engine.engine", "flowlite.authoring.dag", "pydantic", "httpx", "starlette", "uvicorn"]
    code = (
        "import sys, flowlite.cli.run, flowlite.client.client, flowlite.client.remote, flowlite.service.desk\n"
        "from flowlite.service.api.table import DESK, ROUTES\n"
        "[route.shape for route in ROUTES if route.room == DESK]\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"


def test_json_is_the_same_too(up):
    code, said = up.flowlite("run", "good", "--json")
    assert (code, json.loads(said)["run"]["state"]) == (0, "success")
    code, said = up.flowlite("run", "broken", "--json")
    assert (code, json.loads(said[: said.rindex("}") + 1])["run"]["state"]) == (1, "failed")


@pytest.mark.parametrize("words", [["run", "slow"], ["backfill", "slow", "2024-01-01", "2024-01-03", "--yes"]])
def test_ctrl_c_only_leaves_and_the_work_goes_on(up, words):
    following = up.begin(*words)
    begun = "run 1 of slow" if words[0] == "run" else "backfill 1 of slow"
    line = ""
    while begun not in line:
        line = following.stdout.readline()
    following.send_signal(signal.SIGINT)
    said, _ = following.communicate(timeout=30)
    assert following.returncode == 1
    assert "goes on in the daemon" in said
    assert json.loads(up.flowlite("runs", "show", "1", "--json")[1])["run"]["state"] == "running"
    (up.root / "go").touch()
    _code, said = up.flowlite("runs", "cancel", "1", "--yes")
    assert "run 1 of slow" in said or "ended already" in said


def test_a_run_that_is_cancelled_elsewhere_ends_here(up):
    following = up.begin("run", "slow")
    while "run 1 of slow" not in following.stdout.readline():
        pass
    assert up.flowlite("runs", "cancel", "1", "--yes")[0] == 0
    said, _ = following.communicate(timeout=30)
    assert (following.returncode, "run 1 of slow: cancelled" in said) == (1, True)


def test_a_daemon_that_is_killed_is_said_to_be_gone(up):
    pid = json.loads(up.flowlite("status", "--json")[1])["pid"]
    following = up.begin("run", "slow")
    while "run 1 of slow" not in following.stdout.readline():
        pass
    os.kill(pid, signal.SIGKILL)
    said, _ = following.communicate(timeout=30)
    assert following.returncode == 1
    assert "flowlite: the daemon" in said
    assert "Traceback" not in said
    (up.root / "go").touch()
    assert up.flowlite("up", "--detach")[0] == 0  # the socket that was left over is in nobody's way


def test_files_that_are_none_of_its_are_not_run_by_it(up):
    (up.root / "other.py").write_text((up.root / "pipelines" / "work.py").read_text())
    code, said = up.flowlite("run", "other.py:good")
    assert (code, "in use by the daemon" in said) == (1, True)


def test_what_was_left_unfinished_is_the_daemons_business(up):
    assert up.flowlite("runs", "resume") == (0, "the daemon goes on with it by itself\n")
