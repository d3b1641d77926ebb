"""A disk that is full, a file that is locked, damaged or out of reach: one clear error, and nothing half written."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import sqlite3
import subprocess
from collections.abc import Awaitable, Iterator
from pathlib import Path

import pytest

from flowlite.core.rows import Changes
from flowlite.store.check import check
from flowlite.store.errors import DiskFull, StateCorrupt, StateLocked, StateUnreachable, StoreError
from flowlite.store.store import Store


async def end_of(commit: Awaitable[int]) -> type | None:
    try:
        await commit
    except StoreError as error:
        return type(error)
    return None


async def limit_pages(store: Store, more: int | None) -> None:
    def work(db: sqlite3.Connection) -> None:
        now = db.execute("PRAGMA page_count").fetchone()[0]
        db.execute(f"PRAGMA max_page_count = {now + more if more is not None else 1 << 30}").fetchall()

    await store._writer.ask(work, writes=False)


async def test_a_full_disk_writes_nothing_and_later_commits_work(store: Store, rows) -> None:
    await store.commit(rows.begun(1), 1.0)
    await limit_pages(store, 2)
    with pytest.raises(DiskFull, match=r"full; nothing was written.*flowlite db prune"):
        await store.commit(rows.begun(2, tasks=range(5_000)), 2.0)
    assert await store.load_run(2) is None
    await limit_pages(store, None)
    assert await store.commit(rows.begun(2, tasks=range(5_000)), 3.0) == 2


async def test_a_full_disk_fails_every_unit_of_the_batch(store: Store, rows) -> None:
    await limit_pages(store, 2)
    works = [store.commit(rows.begun(run, tasks=range(size)), 1.0) for run, size in ((1, 1), (2, 3_000), (3, 1))]
    ends = await asyncio.gather(*works, return_exceptions=True)
    assert {type(end) for end in ends} == {DiskFull}
    assert await store.views.list_runs() == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own of 3 MB, where this machine lets us make one."""
    folder = tmp_path / "small"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)], capture_output=True, check=False
    )  # fmt: skip
    if made.returncode != 0:
        pytest.skip("mounting a tmpfs is not permitted here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


async def test_a_file_system_that_fills_up_and_is_freed_again(small_disk: Path, rows) -> None:
    store = Store.open(small_disk / "flowlite.db")
    await store.add_version("sales", "f1", "{}", [], file=None, at=1.0)
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * 1_500_000)
    ends = [await end_of(store.commit(rows.begun(run, tasks=range(500)), 1.0)) for run in range(1, 100)]
    written = ends.index(DiskFull)
    assert set(ends[written:]) == {DiskFull}
    ballast.unlink()
    assert len(await store.views.list_runs(limit=500)) == written
    await store.commit(rows.begun(written + 1, tasks=range(100)), 2.0)
    store.close()
    assert [line for line in check(small_disk / "flowlite.db") if "version" not in line] == []


async def test_a_lock_of_another_process_is_named_and_passes(path: Path, rows) -> None:
    Store.open(path).close()
    store = Store.open(path, patience_s=0.05)
    await store.add_version("sales", "f1", "{}", [], file=None, at=1.0)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StateLocked, match=r"flowlite\.db is locked by another process"):
        await store.commit(rows.begun(1, tasks=[]), 1.0)
    other.execute("ROLLBACK")
    other.close()
    assert await store.commit(rows.begun(1, tasks=[]), 1.0) == 1
    store.close()


@pytest.mark.parametrize(
    "content", [b"this is no database, but it is long enough to look at" * 50, b"SQLite format 3\0" + b"\xff" * 4096]
)
def test_a_file_that_is_no_state_is_refused_and_left_alone(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(StateCorrupt, match="left as it is"):
        Store.open(path)
    assert path.read_bytes() == content


def test_any_damage_is_told_or_harmless(path: Path, rows) -> None:
    store = Store.open(path)
    store.commit_now(Changes(), 1.0)
    store.close()
    whole, luck = path.read_bytes(), random.Random(7)
    for _ in range(150):
        damaged = bytearray(whole)
        for _ in range(luck.choice([1, 20, 400])):
            damaged[luck.randrange(len(damaged))] = luck.randrange(256)
        for end in ("-wal", "-shm"):
            Path(f"{path}{end}").unlink(missing_ok=True)
        path.write_bytes(damaged)
        with contextlib.suppress(StoreError):
            Store.open(path).close()


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
@pytest.mark.parametrize("locked", ["folder", "file"])
def test_a_place_that_can_not_be_written_is_named(path: Path, locked: str) -> None:
    Store.open(path).close()
    target = path if locked == "file" else path.parent
    target.chmod(0o400 if locked == "file" else 0o500)
    try:
        with pytest.raises(StateUnreachable, match="writable for this user"):
            Store.open(path)
    finally:
        target.chmod(0o700)


def test_a_read_only_file_system_is_named(small_disk: Path) -> None:
    Store.open(small_disk / "flowlite.db").close()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(StateUnreachable, match=r"Read-only file system.*writable"):
        Store.open(small_disk / "flowlite.db")


def test_a_folder_that_is_missing_or_a_folder_in_its_place_is_named(tmp_path: Path) -> None:
    with pytest.raises(StateUnreachable, match="does not exist; create it"):
        Store.open(tmp_path / "nowhere" / "flowlite.db")
    with pytest.raises(StateUnreachable, match="is a folder"):
        Store.open(tmp_path)


def test_an_unknown_durability_is_refused(path: Path) -> None:
    with pytest.raises(ValueError, match="full or normal"):
        Store.open(path, durability="off")
    assert not path.exists()
