"""A flowlite that is killed while it brings a state file to a new schema: nothing is lost, and the next one goes on."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import tarfile
from contextlib import closing
from pathlib import Path

import pytest

from flowlite.store.migrate import newest_schema
from flowlite.store.store import Store

OLDEST = Path(__file__).parents[1] / "service/earlier/schema-1.tar.xz"
PROGRAM = Path(__file__).with_name("killed_migration.py")
TABLES = ("run", "task_instance", "attempt", "event", "dag_version", "backfill_day", "schedule", "due_interval")


@pytest.fixture
def old(tmp_path: Path):
    """A way to have the file of the oldest schema again, with its log beside it, as its daemon was killed."""

    def fresh() -> Path:
        for file in tmp_path.glob("flowlite.db*"):
            file.unlink()
        with tarfile.open(OLDEST) as tar:
            members = [tar.getmember(name) for name in ("flowlite.db", "flowlite.db-wal")]
            tar.extractall(tmp_path, members, filter="data")
        return tmp_path / "flowlite.db"

    return fresh


def counted(file: Path) -> tuple[int, ...]:
    with closing(sqlite3.connect(file)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return tuple(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES)


def schema(file: Path) -> int:
    with closing(sqlite3.connect(file)) as db:
        return int(db.execute("PRAGMA user_version").fetchone()[0])


def killed(file: Path, number: int) -> bool:
    """Whether it got so far."""
    done = subprocess.run([sys.executable, PROGRAM, file, str(number)], check=False)
    assert done.returncode in (0, -signal.SIGKILL)
    return done.returncode != 0


def check(old, number: int, before: tuple[int, ...]) -> tuple[bool, int]:
    """Killed there, looked at, and taken up by the next; which schema it was left in."""
    file = old()
    was_killed = killed(file, number)
    left_in = schema(file)
    assert counted(file) == before
    Store.open(file).close()
    assert schema(file) == newest_schema()
    assert counted(file) == before
    copies = {copy.name for copy in (file.parent / "backups").iterdir()}
    assert "flowlite-schema-1.db" in copies
    assert counted(file.parent / "backups/flowlite-schema-1.db") == before
    assert not any(name.endswith(".tmp") for name in copies)
    return was_killed, left_in


def test_killed_while_the_copy_is_made(old):
    file = old()
    before = counted(file)
    (file.parent / "backups").mkdir()
    (file.parent / "backups/flowlite-schema-1.tmp").write_bytes(b"half a copy")
    assert check(old, 0, before) == (True, 1)


@pytest.mark.parametrize("every", [5, pytest.param(1, marks=pytest.mark.slow)])
def test_killed_before_any_of_its_statements(old, every):
    before = counted(old())
    number, left_in = 1, set()
    while True:
        was_killed, found = check(old, number, before)
        left_in.add(found)
        if not was_killed:
            break
        number += every
    assert number > 20
    if every == 1:
        assert left_in == set(range(1, newest_schema() + 1))
