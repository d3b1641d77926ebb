"""Backup, restore, check, prune: what an administrator does, also beside a store that is at work."""

from __future__ import annotations

import fcntl
import hashlib
import os
import sqlite3
import stat
from pathlib import Path

import pytest

from flowlite.core.planned import AssetRow
from flowlite.store.admin import backup, restore, sizes
from flowlite.store.check import check
from flowlite.store.errors import StateCorrupt, StateLocked, StateUnreachable
from flowlite.store.rows import OutboxRow
from flowlite.store.store import Store


async def test_a_backup_of_a_store_at_work_is_whole(on_disk: Store, rows, path: Path, tmp_path: Path) -> None:
    await on_disk.commit(rows.begun(), 1.0)
    copy = backup(path, tmp_path / "copy.db")
    await on_disk.commit(rows.begun(2), 2.0)
    assert check(copy) == []
    assert sizes(copy).rows["run"] == 1
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert sorted(file.name for file in tmp_path.glob("copy*")) == ["copy.db"]


async def test_a_restore_gives_the_state_a_new_life_and_keeps_the_old_one(
    on_disk: Store, rows, path: Path, tmp_path: Path
) -> None:
    await on_disk.commit(rows.begun(), 1.0)
    copy = backup(path, tmp_path / "copy.db")
    await on_disk.commit(rows.begun(2), 2.0)
    on_disk.close()
    replaced = restore(copy, path)
    assert replaced is not None
    assert sizes(replaced).rows["run"] == 2
    again = Store.open(path)
    assert [run.id for run in await again.views.list_runs()] == [1]
    assert again.state_id != on_disk.state_id
    again.close()


def test_a_restore_takes_the_log_of_a_killed_store_with_it(path: Path, tmp_path: Path) -> None:
    Store.open(path).close()
    copy = backup(path, tmp_path / "copy.db")
    Path(f"{path}-wal").write_bytes(b"left by a kill -9")
    replaced = restore(copy, path)
    assert Path(f"{replaced}-wal").read_bytes() == b"left by a kill -9"
    Store.open(path).close()


def test_a_restore_refuses_while_an_engine_is_there(path: Path, tmp_path: Path) -> None:
    Store.open(path).close()
    copy = backup(path, tmp_path / "copy.db")
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    fd = os.open(path.parent / "lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(fd, fcntl.LOCK_EX)
    with pytest.raises(StateLocked, match="let it end or stop it"):
        restore(copy, path)
    os.close(fd)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before


def test_a_damaged_backup_is_not_restored(path: Path, tmp_path: Path) -> None:
    store = Store.open(path)
    state_id = store.state_id
    store.close()
    copy = backup(path, tmp_path / "copy.db")
    content = bytearray(copy.read_bytes())
    content[4096 * 3 : 4096 * 6] = b"\xee" * (4096 * 3)
    copy.write_bytes(content)
    with pytest.raises(StateCorrupt):
        restore(copy, path)
    assert sizes(path).state_id == state_id
    with pytest.raises(StateUnreachable, match="there is no backup"):
        restore(tmp_path / "none.db", path)


def test_an_empty_file_is_no_backup(path: Path, tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "empty.db").close()
    (tmp_path / "empty.db").touch()
    with pytest.raises(StateCorrupt):
        restore(tmp_path / "empty.db", path)
    assert not path.exists()


# --- check -----------------------------------------------------------------------------------------------------------
async def test_a_healthy_state_has_no_violations(on_disk: Store, rows, path: Path) -> None:
    await on_disk.commit(rows.begun(), 1.0)
    await on_disk.commit(rows.started(), 2.0)
    await on_disk.commit(rows.succeeded(), 3.0)
    assert check(path) == []


BROKEN = {
    "a finished run has nothing unfinished": "UPDATE run SET state = 'success', ended_at = 9.0",
    "a run that goes on has something to do": "UPDATE task_instance SET state = 'success'",
    "only a run that is running": "UPDATE run SET state = 'queued'",
    "an attempt that is over is not running": "INSERT INTO attempt SELECT run_id, task_no, map_index, 1, 0, 1.0, 2.0, "
    "'lost', NULL, NULL, NULL, NULL, NULL FROM task_instance WHERE state = 'running'",
    "attempts follow each other": "INSERT INTO attempt SELECT run_id, task_no, map_index, column1, 0, column2, "
    "column3, 'failed', NULL, NULL, NULL, NULL, NULL FROM task_instance, (VALUES (1, 1.0, 5.0), (2, 3.0, 4.0)) "
    "WHERE task_no = 0",
    "an attempt ends after its start": "INSERT INTO attempt VALUES (1, 0, -1, 1, 0, 5.0, 4.0, 'failed', "
    "NULL, NULL, NULL, NULL, NULL)",
    "an attempt belongs to": "INSERT INTO attempt VALUES (7, 0, -1, 1, 0, 1.0, 4.0, 'failed', NULL, NULL, NULL, NULL, "
    "NULL)",
    "a task instance belongs to": "UPDATE task_instance SET task_no = 77 WHERE task_no = 3",
    "a pool is not over-subscribed": "INSERT INTO pool VALUES ('default', 0, 0)",
    "the numbers of events do not overlap": "UPDATE event SET size = 5 WHERE seq > 1",
    "points to a row of dag_version": "PRAGMA foreign_keys = OFF; UPDATE run SET version = 99",
}


@pytest.mark.parametrize("rule", BROKEN)
async def test_check_finds_what_is_broken(on_disk: Store, rows, path: Path, rule: str) -> None:
    await on_disk.commit(rows.begun(), 1.0)
    await on_disk.commit(rows.started(), 2.0)
    on_disk.close()
    db = sqlite3.connect(path)
    db.executescript(BROKEN[rule])
    db.close()
    assert any(rule in line for line in check(path)), check(path)


def test_check_tells_of_damage(path: Path) -> None:
    Store.open(path).close()
    content = bytearray(path.read_bytes())
    content[4096 * 3 : 4096 * 8] = b"\xee" * (4096 * 5)
    path.write_bytes(content)
    assert check(path) != []
    with pytest.raises(StateUnreachable):
        check(path.with_name("none.db"))


# --- prune -----------------------------------------------------------------------------------------------------------
async def test_pruning_takes_old_runs_with_everything_and_names_their_files(on_disk: Store, rows, path: Path) -> None:
    for number in range(1, 7):
        changes = rows.begun(number, state="success", ended_at=float(number))
        changes.instances = [rows.instance(number, 0, to="success", attempt=1)]
        changes.attempts.append(rows.attempt(number, log=f"logs/{number}.log", result=f"@results/{number}.json"))
        changes.assets.append(AssetRow("lake", float(number), number, 0, -1))
        await on_disk.commit(
            changes, float(number), outbox=[OutboxRow("ops", "success", str(number), "{}", float(number))]
        )
    await on_disk.commit(rows.begun(7, tasks=[0]), 7.0)
    pruned = await on_disk.prune(older_than=4.5, keep_runs=2)
    assert pruned.runs == 4
    assert set(pruned.files) == {f"logs/{number}.log" for number in range(1, 5)} | {
        f"results/{number}.json" for number in range(1, 5)
    }
    assert [run.id for run in await on_disk.views.list_runs()] == [7, 6, 5]
    assert [update.run_id for update in await on_disk.views.asset_updates("lake")] == [6, 5]
    assert {event.run_id for event in await on_disk.views.events_after(0)} == {5, 6, 7}
    assert sizes(path).rows["task_instance"] == 3
    assert sizes(path).rows["attempt"] == 2
    assert check(path) == []


async def test_the_number_of_a_pruned_run_is_not_given_again(on_disk: Store, rows) -> None:
    await on_disk.commit(rows.begun(41, state="failed", tasks=[]), 1.0)
    assert (await on_disk.prune(older_than=100.0, keep_runs=0)).runs == 1
    assert (await on_disk.unfinished()).next_run == 42
    assert await on_disk.commit(rows.begun(42, tasks=[]), 2.0) == 2


async def test_pruning_gives_space_back(on_disk: Store, rows, path: Path) -> None:
    ended = rows.begun(1, state="success")
    ended.instances = [rows.instance(1, task, to="skipped") for task in range(30_000)]
    await on_disk.commit(ended, 1.0)
    await on_disk.prune(older_than=0.0, keep_runs=0)
    await on_disk.prune(older_than=100.0, keep_runs=0)
    assert sizes(path).free_bytes == 0
    on_disk.close()
    assert path.stat().st_size < 2 << 20


async def test_unused_versions_leave_with_their_runs(on_disk: Store, rows) -> None:
    await on_disk.commit(rows.begun(1, state="success", tasks=[]), 1.0)
    await on_disk.add_version("sales", "f2", "{}", ["load"], file=None, at=2.0)
    await on_disk.prune(older_than=100.0, keep_runs=0)
    assert [version.version for version in await on_disk.views.versions_of("sales")] == [2]
