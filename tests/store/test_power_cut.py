"""Power cuts: every write and sync that SQLite does for our own schema and statements is recorded, then the power fails
at any point of it: what was synced stays, what was not is kept, lost or torn. After it the file must be whole and hold
exactly the state after some commit, and none that was acknowledged may be missing."""

from __future__ import annotations

import hashlib
import random
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from flowlite.core.rows import Changes
from flowlite.store import declared
from flowlite.store.check import violations
from flowlite.store.commit import write
from flowlite.store.connect import tell_writer
from flowlite.store.migrate import migrate

apsw = pytest.importorskip("apsw")

SECTOR = 512
NAME = "flowlite.db"
CHECKPOINT_EVERY = 9


class Op(NamedTuple):
    kind: str  # write, truncate, delete, sync, or ack: a commit has been answered
    file: str
    place: int = 0
    data: bytes = b""


class Recorder(apsw.VFS):
    """Files as always, and a log of what was done to them."""

    def __init__(self, log: list[Op]) -> None:
        self.log = log
        super().__init__("recorder", "")

    def xOpen(self, name: Any, flags: list[int]) -> Any:
        return RecordedFile(self.log, name, flags)

    def xDelete(self, name: str, sync: bool) -> None:
        self.log.append(Op("delete", Path(name).name))
        super().xDelete(name, sync)


class RecordedFile(apsw.VFSFile):
    def __init__(self, log: list[Op], name: Any, flags: list[int]) -> None:
        super().__init__("", name, flags)
        self.log, self.name = log, Path(name.filename() if hasattr(name, "filename") else str(name)).name

    def xWrite(self, data: bytes, place: int) -> None:
        self.log.append(Op("write", self.name, place, bytes(data)))
        super().xWrite(data, place)

    def xTruncate(self, size: int) -> None:
        self.log.append(Op("truncate", self.name, size))
        super().xTruncate(size)

    def xSync(self, flags: int) -> None:
        super().xSync(flags)
        self.log.append(Op("sync", self.name))


class Cursor(NamedTuple):
    rows: list[tuple]
    rowcount: int
    lastrowid: int

    def fetchall(self) -> list[tuple]:
        return self.rows

    def fetchone(self) -> tuple | None:
        return self.rows[0] if self.rows else None


class Db:
    """As much of sqlite3's connection as our statements need, on apsw, which lets us record."""

    def __init__(self, path: Path) -> None:
        self.apsw = apsw.Connection(str(path), vfs="recorder")

    def execute(self, text: str, values: Any = ()) -> Cursor:
        rows = self.apsw.execute(text, tuple(values)).fetchall()
        return Cursor(rows, self.apsw.changes(), self.apsw.last_insert_rowid())

    @property
    def in_transaction(self) -> bool:
        return self.apsw.in_transaction


@dataclass
class Recording:
    """What the disk held at the start, what was done to it, and what the state was after each commit."""

    start: dict[str, bytes]
    log: list[Op]
    states: dict[str, int] = field(default_factory=dict)


def digest(db: Any) -> str:
    """Of every row of every table."""
    found = hashlib.sha256()
    names = db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").fetchall()
    for (name,) in names:
        found.update(repr((name, db.execute(f'SELECT * FROM "{name}"').fetchall())).encode())
    return found.hexdigest()


def lives(rows: Any) -> Iterator[Changes]:
    """Runs that are created, go on side by side and end, with results of all sizes."""
    luck = random.Random(3)
    for run in range(1, 13):
        yield rows.begun(run)
        yield Changes(instances=[rows.instance(run, task, was="pending", to="running") for task in range(4)])
        for task in range(4):
            changes = rows.succeeded(run, task, result=f'"{luck.randbytes(luck.randint(1, 3000)).hex()}"')
            yield changes if task < 3 else replace(changes, runs=[rows.run(run, "success")])


def record(folder: Path, durability: str, rows: Any) -> Recording:
    log: list[Op] = []
    recorder, path = Recorder(log), folder / NAME
    db = Db(path)
    tell_writer(db, "full" if durability == "off" else durability)
    if durability == "off":
        db.execute("PRAGMA synchronous = OFF")
    migrate(db, None)
    db.execute("BEGIN")
    declared.add_version(db, "sales", "f1", rows.graph, ["load", "clean", "ask", "each"], None, 1.0, "{}")
    db.execute("COMMIT")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    start = {file.name: file.read_bytes() for file in folder.iterdir() if not file.name.endswith("-shm")}
    log.clear()
    recording = Recording(start, log, {digest(db): 0})
    for number, changes in enumerate(lives(rows), 1):
        db.execute("BEGIN IMMEDIATE")
        write(db, changes, float(number))
        db.execute("COMMIT")
        log.append(Op("ack", "", number))
        recording.states[digest(db)] = number
        if number % CHECKPOINT_EVERY == 0:
            db.execute("PRAGMA wal_checkpoint(PASSIVE)")
    recording.log = list(log)
    db.apsw.close()
    recorder.unregister()
    return recording


def cut(recording: Recording, point: int, luck: random.Random) -> tuple[dict[str, bytearray], int]:
    """What the disk may hold if the power fails after `point` operations, and the last commit that was answered."""
    files = {name: bytearray(content) for name, content in recording.start.items()}
    done, acknowledged, mood = recording.log[:point], 0, luck.choice(["none", "half", "most", "torn"])
    synced = {op.file: place for place, op in enumerate(done) if op.kind == "sync"}
    for place, op in enumerate(done):
        if op.kind == "ack":
            acknowledged = op.place
        elif op.kind != "sync":
            carry_out(files, op, "all" if place < synced.get(op.file, -1) else mood, luck)
    return files, acknowledged


KEPT = {"all": 1.0, "none": 0.0, "half": 0.5, "most": 0.9, "torn": 0.7}


def carry_out(files: dict[str, bytearray], op: Op, mood: str, luck: random.Random) -> None:
    if luck.random() >= KEPT[mood]:
        return
    if op.kind == "delete":
        files.pop(op.file, None)
        return
    content = files.setdefault(op.file, bytearray())
    if op.kind == "truncate":
        del content[op.place :]
        return
    for start in range(0, len(op.data), SECTOR):
        if mood != "torn" or luck.random() < 0.6:
            part = op.data[start : start + SECTOR]
            end = op.place + start + len(part)
            content.extend(bytes(max(0, end - len(content))))
            content[op.place + start : end] = part


def judge(folder: Path, recording: Recording, point: int, luck: random.Random) -> str | None:
    """Start again after a power cut; what is wrong, if anything."""
    for file in folder.iterdir():
        file.unlink()
    files, acknowledged = cut(recording, point, luck)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    with closing(sqlite3.connect(folder / NAME, isolation_level=None)) as db:
        try:
            wrong = violations(db, NAME)
            found = None if wrong else recording.states.get(digest(db))
        except sqlite3.DatabaseError as error:
            return f"corrupt: {error}"
    if wrong:
        return f"corrupt: {wrong[0]}"
    if found is None:
        return "a state that never was"
    return f"lost: commit {acknowledged}, found {found}" if found < acknowledged else None


def faults(durability: str, rows: Any, points: int, seed: int) -> list[str]:
    luck, shm = random.Random(seed), Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(dir=shm if shm.is_dir() else None))
    try:
        recording = record(folder, durability, rows)
        places = [luck.randint(1, len(recording.log)) for _ in range(points)]
        return [fault for place in places if (fault := judge(folder, recording, place, luck))]
    finally:
        shutil.rmtree(folder)


def test_a_power_cut_loses_nothing_that_was_acknowledged(rows: Any) -> None:
    assert faults("full", rows, points=120, seed=1) == []


def test_the_same_cuts_find_a_store_that_does_not_sync(rows: Any) -> None:
    """A checker that never fires is worth nothing."""
    assert len(faults("off", rows, points=40, seed=2)) > 10


def test_normal_may_forget_the_last_commits_but_stays_whole(rows: Any) -> None:
    found = faults("normal", rows, points=60, seed=3)
    assert found
    assert all(fault.startswith("lost") for fault in found), found


@pytest.mark.slow
def test_ten_thousand_power_cuts_lose_nothing(rows: Any) -> None:
    assert faults("full", rows, points=10_000, seed=4) == []
