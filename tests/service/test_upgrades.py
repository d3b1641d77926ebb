"""The state folder of every earlier schema, killed in the middle of its work: the daemon of today takes all of it up.

The folders in `earlier/` were left behind by the flowlites of that time, with the claims and exit files of their
supervisors; `earlier/make.py` makes another one.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import sqlite3
import subprocess
import tarfile
from contextlib import closing
from pathlib import Path

import pytest

from flowlite.service.reading import Reading
from flowlite.store.migrate import newest_schema

EARLIER = Path(__file__).parent / "earlier"
POOLS = "[pools]\ntight = 1\ndays = 3\n"
SCHEMAS = sorted(int(file.name.split("-")[1].split(".")[0]) for file in EARLIER.glob("schema-*.tar.xz"))
INFLIGHT = 14  # the run of the DAG of that name
BY_HAND = {3: "pool and pause", 4: "users"}  # since which schema a flowlite had these

OUTCOMES = {
    "command_ends": ["success"],  # ended after the daemon: its exit file says how
    "command_fails": ["failed"],
    "command_dies": ["lost", "success"],  # its supervisor was killed
    "python_ends": ["success"],
    "pair.python_dies": ["lost", "success"],
    "each": ["lost", "success", "success", "success"],  # one of three was inside the daemon
    "shaky": ["failed", "success"],
    "in_line": ["success"],
    "fetch": ["success"],
    "total": ["success"],
    "report": ["success"],
    "pair.after_it": ["success"],
    "after_shaky": ["success"],
    "arrived": ["success"],
    "after_arrival": ["success"],
    "after_release": ["success"],
}


@pytest.fixture
def left_behind(project, request):
    """A project with the state folder of that schema."""
    project.configure(POOLS)
    shutil.copy(EARLIER / "dagfile_earlier.py", project.root / "pipelines" / "earlier.py")
    with tarfile.open(EARLIER / f"schema-{request.param}.tar.xz") as tar:
        tar.extractall(project.state, filter="data")
    return project


def read(project, what):
    async def asked():
        reading = Reading(project.state)
        try:
            return await what(reading)
        finally:
            reading.close()

    return asyncio.run(asked())


def test_there_is_a_folder_of_every_schema():
    assert list(range(1, newest_schema() + 1)) == SCHEMAS, "make one: tests/service/earlier/make.py"


# The oldest goes through every migration; those between are slow for what they add.
IN_SHORT = [schema if schema in (SCHEMAS[0], SCHEMAS[-1]) else pytest.param(schema, marks=pytest.mark.slow)
            for schema in SCHEMAS]  # fmt: skip


@pytest.mark.parametrize("left_behind", IN_SHORT, indirect=True)
def test_what_was_in_flight_then_ends_as_it_should(left_behind, request):
    project, schema = left_behind, request.node.callspec.params["left_behind"]
    (project.root / "go").touch()
    project.up()
    project.wait_for(lambda: "release" in project.flowlite("approvals", "list"))
    project.flowlite("approvals", "answer", str(INFLIGHT), "release", "approve")
    project.wait_for(lambda: all_over(project))
    found: dict[str, list[str]] = {}
    for attempt in read(project, lambda reading: reading.attempts(INFLIGHT)):
        found.setdefault(attempt.task_id, []).append(attempt.outcome)
    assert {task: sorted(outcomes) for task, outcomes in found.items() if task != "release"} == {
        task: sorted(outcomes) for task, outcomes in OUTCOMES.items()
    }
    assert "failed" in project.flowlite("logs", str(INFLIGHT), "command_fails")
    assert "in a process" in project.flowlite("logs", str(INFLIGHT), "python_ends")
    assert result(project, "report") == "60 and 7"  # with what was made before the kill, and what after
    filled = json.loads(project.flowlite("backfills", "show", "2", "--json"))
    assert {day["state"] for day in filled["days"]} == {"success"}
    assert len(filled["days"]) == 10
    history = json.loads(project.flowlite("backfills", "show", "1", "--json"))
    assert [day["state"] for day in history["days"]] == ["success", "failed", "success"]
    check_by_hand(project, schema)
    assert project.stop() == 0
    assert "✗" not in project.flowlite("db", "check")
    assert "Traceback" not in project.said()
    check_copy(project, schema)


def all_over(project) -> bool:
    with closing(sqlite3.connect(f"file:{project.state / 'flowlite.db'}?mode=ro", uri=True)) as reader:
        return not reader.execute("SELECT count(*) FROM run WHERE ended_at IS NULL").fetchone()[0]


def result(project, task: str):
    """What a task handed back."""
    attempts = read(project, lambda reading: reading.attempts(INFLIGHT))
    return json.loads(next(one.result for one in attempts if one.task_id == task))


def check_by_hand(project, schema: int) -> None:
    """What people had set is as it was."""
    pools = {pool["name"]: pool["size"] for pool in json.loads(project.flowlite("pools", "list", "--json"))}
    dags = {dag["dag_id"]: dag for dag in json.loads(project.flowlite("dags", "list", "--json"))["dags"]}
    assert pools["days"] == (2 if schema >= 3 else 3)
    assert dags["history"]["is_paused"] == (schema >= 3)
    tokens = project.state / "token.json"
    assert tokens.exists() == (schema >= 2)
    if schema >= 2:
        assert re.search(r"\bana\b.*operator", project.flowlite("tokens", "list"))
    if schema >= 4:
        assert re.search(r"\bana\b.*operator.*shop", project.flowlite("users", "list"))


def check_copy(project, schema: int) -> None:
    """Before a migration the file was copied, and the copy is whole."""
    copies = list((project.state / "backups").glob("*.db")) if (project.state / "backups").exists() else []
    assert [copy.name for copy in copies] == [f"flowlite-schema-{schema}.db"] * (schema < newest_schema())
    for copy in copies:
        with closing(sqlite3.connect(copy)) as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert db.execute("PRAGMA user_version").fetchone() == (schema,)
            assert db.execute("SELECT count(*) FROM run").fetchone()[0] >= 14


FIFTY = """
    from flowlite import dag, every, shell

    @dag(schedule=every(hours=1, anchor="2024-01-01"), start="2024-01-01", end="2024-01-01T01:00", catchup=True)
    def fifty():
        for n in range(50):
            wait = 'echo $$ >> "$FLOWLITE_TEST/began"; while [ ! -e "$FLOWLITE_TEST/go" ]; do sleep 0.05; done'
            shell(f"{wait}; exit {n % 3}", id=f"c{n}")
"""


def last_commit_of(schema: int) -> str:
    """The commit before the next schema came."""
    git = ["git", "-C", Path(__file__).parent, "log", "-1", "--diff-filter=A", "--format=%h", "--"]
    added = f":(top)flowlite/store/migrations/{schema + 1:04}_*.sql"
    found = subprocess.run([*git, added], capture_output=True, text=True, check=False).stdout.strip()
    return f"{found}^" if found else ""


@pytest.mark.chaos
@pytest.mark.parametrize("schema", SCHEMAS[:-1])
def test_fifty_live_supervisors_of_an_earlier_flowlite_are_adopted(project, tmp_path, schema):
    commit = last_commit_of(schema)
    if not commit:
        pytest.skip("the history of this checkout does not go back so far")
    code = tmp_path / "code"
    code.mkdir()
    archive = subprocess.run(["git", "archive", commit, "flowlite"], capture_output=True, check=True)
    subprocess.run(["tar", "-x", "-C", code], input=archive.stdout, check=True)
    project.configure("[pools]\ndefault = 60\n")
    project.write("fifty.py", FIFTY)
    project.up(PYTHONPATH=str(code))
    began = project.root / "began"
    project.wait_for(lambda: began.exists() and len(began.read_text().splitlines()) == 50)
    project.kill()
    with closing(sqlite3.connect(f"file:{project.state / 'flowlite.db'}?mode=ro", uri=True)) as reader:
        assert reader.execute("PRAGMA user_version").fetchone() == (schema,)
    project.up()
    (project.root / "go").touch()
    project.wait_for(lambda: all_over(project))
    attempts = read(project, lambda reading: reading.attempts(1))
    assert sorted((one.exit_code, one.number) for one in attempts) == sorted((n % 3, 1) for n in range(50))
    assert len(began.read_text().splitlines()) == 50
