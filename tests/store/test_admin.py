"""Backup, restore, check, prune: what an administrator does, also beside a store that is at work."""

from __future__ import annotations

import fcntl
import hashlib
import os
import sqlite3
import stat
from pathlib import Path

import pytest

from flowlite.core.graph import Graph
from flowlite.core.planned import AssetRow
from flowlite.core.rows import AuditRow, Changes
from flowlite.core.tasks import Task
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
    "a pool is not over-subscribed": "INSERT INTO pool (name, size, is_by_hand) VALUES ('default', 0, 0)",
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
async def pruned(store: Store, before: float, keep: int = 0) -> int:
    """Every step of it, as service/keeping.py takes them."""
    old = await store.departures.old_runs(before, keep)
    number = await store.departures.take_out(old)
    while await store.departures.remove_rows():
        pass
    await store.departures.gone([one.run_id for one in await store.departures.leaving()])
    while await store.departures.remove_events(before) or await store.departures.remove_intervals(before):
        pass
    await store.departures.remove_the_told(before)
    while await store.departures.give_back():
        pass
    return number


async def test_pruning_takes_old_runs_with_everything(on_disk: Store, rows, path: Path) -> None:
    for number in range(1, 7):
        changes = rows.begun(number, state="success", ended_at=float(number))
        changes.instances = [rows.instance(number, 0, to="success", attempt=1, started_at=1.0)]
        changes.attempts.append(rows.attempt(number, log=f"logs/{number}.log", result=f"@results/{number}.json"))
        changes.assets.append(AssetRow("lake", float(number), number, 0, -1))
        await on_disk.commit(
            changes, float(number), outbox=[OutboxRow("ops", "success", str(number), "{}", float(number))]
        )
    await on_disk.commit(rows.begun(7, tasks=[0]), 7.0)
    assert await pruned(on_disk, 4.5, keep=2) == 4
    assert [run.id for run in await on_disk.views.list_runs()] == [7, 6, 5]
    assert [update.run_id for update in await on_disk.views.asset_updates("lake")] == [6, 5]
    assert {event.run_id for event in await on_disk.views.events_after(0)} == {5, 6, 7}
    assert sizes(path).rows["task_instance"] == 3
    assert sizes(path).rows["attempt"] == 2
    assert check(path) == []


async def test_the_newest_runs_of_each_dag_stay(on_disk: Store, rows) -> None:
    for number in range(1, 5):
        await on_disk.commit(rows.begun(number, state="success", tasks=[], ended_at=float(number)), 1.0)
    assert await on_disk.departures.old_runs(100.0, 0) == [1, 2, 3, 4]
    assert await on_disk.departures.old_runs(100.0, 3) == [1]
    assert await on_disk.departures.old_runs(100.0, 9) == []
    assert await on_disk.departures.old_runs(3.0, 1) == [1, 2]
    assert await on_disk.departures.old_runs(100.0, 1, among=[2, 4, 99]) == [2]


async def test_a_run_leaves_in_small_steps_and_is_nowhere_seen_meanwhile(on_disk: Store, rows, path: Path) -> None:
    ended = rows.begun(1, state="success")
    ended.instances = [rows.instance(1, 0, index, to="skipped", since=1.0) for index in range(5_000)]
    await on_disk.commit(ended, 1.0)
    assert await on_disk.departures.take_out([1]) == 1
    assert await on_disk.departures.remove_rows()
    assert sizes(path).rows["task_instance"] == 3_000
    assert await on_disk.views.list_runs() == []
    assert check(path) == []
    assert [one.is_empty for one in await on_disk.departures.leaving()] == [False]
    while await on_disk.departures.remove_rows():
        pass
    assert sizes(path).rows["task_instance"] == 0
    assert [one.is_empty for one in await on_disk.departures.leaving()] == [True]


async def test_a_run_that_was_cleared_meanwhile_stays(on_disk: Store, rows) -> None:
    await on_disk.commit(rows.begun(1, state="failed", tasks=[]), 1.0)
    old = await on_disk.departures.old_runs(100.0, 0)
    await on_disk.commit(Changes(runs=[rows.run(1, "queued")]), 2.0)
    assert await on_disk.departures.take_out(old) == 0
    assert [run.id for run in await on_disk.views.list_runs()] == [1]


async def test_the_number_of_a_pruned_run_is_not_given_again(on_disk: Store, rows) -> None:
    await on_disk.commit(rows.begun(41, state="failed", tasks=[]), 1.0)
    assert await pruned(on_disk, 100.0) == 1
    assert (await on_disk.unfinished()).next_run == 42
    assert await on_disk.commit(rows.begun(42, tasks=[]), 2.0) == 2


async def test_pruning_gives_space_back(on_disk: Store, rows, path: Path) -> None:
    ended = rows.begun(1, state="success")
    ended.instances = [rows.instance(1, task, to="skipped") for task in range(30_000)]
    await on_disk.commit(ended, 1.0)
    await pruned(on_disk, 100.0)
    assert sizes(path).free_bytes == 0
    on_disk.close()
    assert path.stat().st_size < 2 << 20


async def test_unused_versions_leave_with_their_runs(on_disk: Store, rows) -> None:
    await on_disk.commit(rows.begun(1, state="success", tasks=[]), 1.0)
    await on_disk.add_version("sales", "f2", "{}", ["load"], file=None, at=2.0)
    await pruned(on_disk, 100.0)
    assert [version.version for version in await on_disk.views.versions_of("sales")] == [2]


# --- the trigger rules ------------------------------------------------------------------------------------------------
CHAIN = Graph(
    "sales", [Task(id="load"), Task(id="clean", after=("load",)), Task(id="mend", after=("load",), rule="one_failed")]
).to_json()
LIVES = [
    # load, clean, mend: their ends ("" has no attempt: started_at is None)
    (("success", "success", "-skipped"), ""),
    (("failed", "-upstream_failed", "success"), ""),
    (("failed", "success", "success"), "run 1 clean, which ran: all_success says block"),
    (("success", "success", "failed"), "run 1 mend, which ran: one_failed says skip"),
    (("success", "-upstream_failed", "-skipped"), "run 1 clean, which is upstream_failed: all_success says run"),
    (("failed", "-skipped", "success"), "run 1 clean, which is skipped: all_success says block"),
]


@pytest.mark.parametrize(("ends", "said"), LIVES, ids=[" ".join(life[0]) for life in LIVES])
async def test_what_has_run_must_have_been_allowed_to(on_disk: Store, rows, path: Path, ends, said: str) -> None:
    version = await on_disk.add_version("sales", "f2", CHAIN, ["load", "clean", "mend"], file=None, at=2.0)
    changes = rows.begun(1, state="failed", tasks=[], version=version)
    for number, end in enumerate(ends):
        more = {} if end.startswith("-") else {"attempt": 1, "started_at": 1.0}
        changes.instances.append(rows.instance(1, number, to=end.lstrip("-"), **more))
    await on_disk.commit(changes, 1.0)
    assert [line.removeprefix("a trigger rule is kept: not so for ") for line in check(path)] == [said][: bool(said)]
    audit = AuditRow(1.0, "ana", "mark success", "run 1 load", "")
    await on_disk.commit(Changes(audit=[audit]), 2.0)  # a person has set a state: what followed had its right
    assert check(path) == []


async def test_a_pool_that_was_made_smaller_while_it_was_busy_is_in_order(on_disk: Store, rows, path: Path) -> None:
    await on_disk.commit(Changes(pools=[("default", 2, True)]), 1.0)
    begun = rows.begun(1, tasks=[0])
    begun.instances[0] = rows.instance(1, 0, to="running")
    await on_disk.commit(begun, 1.0)
    await on_disk.commit(Changes(pools=[("default", 0, True)]), 2.0)
    assert check(path) == []
