"""`flowlite db` while a daemon is up: what each command does then."""

from __future__ import annotations

import asyncio
import json

import pytest

from flowlite.service import daemon as living
from flowlite.service.daemon import Daemon, Leave
from flowlite.service.places import Place

WORK = """
    import os, time
    from pathlib import Path
    from flowlite import dag, shell, task

    @dag
    def quick():
        shell("echo done", id="say")

    @task
    def hold():
        while not (Path(os.environ["FLOWLITE_TEST"]) / "go").exists():
            time.sleep(0.01)

    @dag
    def held():
        hold()
"""


@pytest.fixture
def busy(project):
    """A daemon with two runs that have ended, and one that goes on."""
    project.write("work.py", WORK)
    project.up()
    for _ in range(2):
        project.flowlite("run", "quick")
    project.flowlite("trigger", "held")
    return project


def test_a_backup_is_whole_and_can_be_put_back_when_the_daemon_is_down(busy):
    copy = busy.root / "copy.db"
    busy.flowlite("db", "backup", str(copy))
    assert "all in order" in busy.flowlite("db", "check")
    in_use = f"in use by the daemon (process {busy.daemons[-1].pid})"
    asked_nothing = busy.flowlite("db", "restore", str(copy), code=1)
    assert in_use in asked_nothing and "?" not in asked_nothing
    assert in_use in busy.flowlite("db", "migrate", code=1)
    (busy.root / "go").touch()
    busy.flowlite("down", "--drain")
    busy.flowlite("run", "quick")
    busy.flowlite("db", "restore", str(copy), "--yes")
    assert len(json.loads(busy.flowlite("runs", "list", "--json"))) == 3
    busy.up()
    busy.wait_for(lambda: "run 3 of held for" in busy.said())  # what was going on in the copy goes on


def test_pruning_is_the_daemon_s_and_leaves_what_goes_on(busy):
    found = json.loads(busy.flowlite("db", "prune", "--older-than", "0", "--keep", "0", "--json"))
    assert (found["runs"], found["is_too_large"]) == (2, False)
    assert [run["run_id"] for run in json.loads(busy.flowlite("runs", "list", "--json"))] == ["3"]
    assert [path.name for path in (busy.state / "logs" / "quick").iterdir()] == []
    assert "all in order" in busy.flowlite("db", "check")
    (busy.root / "go").touch()
    busy.wait_for(lambda: "run 3 of held for" in busy.said())


async def test_a_daemon_removes_what_is_old_by_itself(project, monkeypatch):
    from flowlite.config import read

    project.write("work.py", WORK)
    for _ in range(3):
        await asyncio.to_thread(project.flowlite, "run", "quick")
    project.configure("[retention]\nruns_days = 1e-9\nkeep_runs = 1\n")
    settings = read(project.root / "flowlite.toml")
    monkeypatch.setattr(living, "KEEP_FIRST_S", 0.0)
    said: list[str] = []
    daemon = Daemon(
        Place(state=project.state, dag_folders=settings.dag_folders), settings, lambda note: said.append(note.text)
    )
    life = asyncio.create_task(daemon.live(lambda: None))
    async with asyncio.timeout(30):
        while not said:  # noqa: ASYNC110  nobody tells but by saying it
            await asyncio.sleep(0.01)
    daemon.stop(Leave.LEAVE)
    await life
    assert said[0].startswith("retention: 2 runs removed, ")
