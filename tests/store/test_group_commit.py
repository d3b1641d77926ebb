"""What waits goes into one transaction; each unit still stands for itself, and an answer means that it is on disk."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from flowlite.core.rows import Changes
from flowlite.store.connect import connect_reader
from flowlite.store.errors import RowRefused, StaleRow, StoreClosed
from flowlite.store.store import Store


class Gate:
    """A unit of work that holds the writer until it is opened, so that what comes after it piles up."""

    def __init__(self) -> None:
        self.reached, self.opened = threading.Event(), threading.Event()

    def __call__(self, db: sqlite3.Connection) -> None:
        self.reached.set()
        assert self.opened.wait(10)


async def hold(store: Store) -> tuple[Gate, asyncio.Future]:
    gate = Gate()
    waiting = asyncio.ensure_future(store._writer.ask(gate, writes=False))
    await asyncio.to_thread(gate.reached.wait, 10)
    return gate, waiting


async def begin(*works) -> list[asyncio.Task]:
    tasks = [asyncio.ensure_future(work) for work in works]
    await asyncio.sleep(0)
    return tasks


async def test_commits_that_wait_become_one_transaction(on_disk: Store, rows) -> None:
    statements: list[str] = []
    await on_disk._writer.ask(lambda db: db.set_trace_callback(statements.append), writes=False)
    gate, held = await hold(on_disk)
    tasks = await begin(*(on_disk.commit(Changes(runs=[rows.run(number)]), 1.0) for number in range(1, 21)))
    gate.opened.set()
    await asyncio.gather(held, *tasks)
    assert sum(text.startswith("COMMIT") for text in statements) == 1
    assert [task.result() for task in tasks] == list(range(1, 21))


async def test_a_batch_of_tasks_is_a_handful_of_statements(on_disk: Store, rows) -> None:
    """Each step of a statement hands the GIL over: beside a busy thread a statement a row would be 5 ms a row."""
    await on_disk.commit(rows.begun(tasks=range(128)), 1.0)
    await on_disk.commit(
        Changes(instances=[rows.instance(task=n, was="pending", to="running") for n in range(64)]), 2.0
    )
    statements: list[str] = []
    await on_disk._writer.ask(lambda db: db.set_trace_callback(statements.append), writes=False)
    ends = [rows.succeeded(task=n) for n in range(64)]
    begins = [rows.instance(task=n, was="pending", to="running") for n in range(64, 128)]
    batch = Changes(
        instances=[row for end in ends for row in end.instances] + begins,
        attempts=[row for end in ends for row in end.attempts],
    )
    await on_disk.commit(batch, 3.0)
    assert [text.split()[0] for text in statements] == ["BEGIN", "UPDATE", "INSERT", "INSERT", "COMMIT"]


async def test_a_unit_that_fails_leaves_its_neighbours_alone(store: Store, rows) -> None:
    await store.commit(rows.begun(), 1.0)
    gate, held = await hold(store)
    tasks = await begin(
        store.commit(Changes(runs=[rows.run(2)]), 2.0),
        store.commit(Changes(runs=[rows.run(9)], instances=[rows.instance(was="retrying", to="queued")]), 2.0),
        store.commit(Changes(runs=[rows.run(3)]), 2.0),
    )
    gate.opened.set()
    await asyncio.gather(held, *tasks, return_exceptions=True)
    assert isinstance(tasks[1].exception(), StaleRow)
    assert [run.id for run in await store.views.list_runs()] == [3, 2, 1]
    assert [event.seq for event in await store.views.events_after(1)] == [2, 3]


async def test_nobody_is_answered_before_the_commit_has_returned(store: Store, rows) -> None:
    """A foreign key that is judged at COMMIT makes that statement fail, after every unit of the batch went well."""

    def spoil(db: sqlite3.Connection) -> None:
        db.execute("PRAGMA defer_foreign_keys = ON")
        db.execute("INSERT INTO task VALUES (99, 0, 'orphan', 'python', 'default', 1, 0)")

    gate, held = await hold(store)
    tasks = await begin(store.commit(rows.begun(), 1.0), store._writer.ask(spoil, writes=True))
    gate.opened.set()
    ends = await asyncio.gather(*tasks, held, return_exceptions=True)
    assert [type(end) for end in ends[:2]] == [RowRefused, RowRefused]
    assert await store.load_run(1) is None
    assert await store.commit(rows.begun(), 2.0) == 1


async def test_a_caller_that_goes_away_does_not_stop_its_unit(store: Store, rows) -> None:
    gate, held = await hold(store)
    (task,) = await begin(store.commit(rows.begun(), 1.0))
    task.cancel()
    gate.opened.set()
    await held
    with pytest.raises(asyncio.CancelledError):
        await task
    await store.commit(Changes(), 2.0)
    assert (await store.load_run(1))[0].id == 1


async def test_an_answered_commit_is_seen_by_another_connection_at_once(on_disk: Store, rows, path: Path) -> None:
    other = connect_reader(path)
    for number in range(1, 30):
        await on_disk.commit(Changes(runs=[rows.run(number)]), 1.0)
        assert other.execute("SELECT max(id) FROM run").fetchone() == (number,)
    other.close()


async def test_a_bug_in_a_unit_reaches_its_caller_and_the_writer_lives(store: Store, rows) -> None:
    with pytest.raises(ZeroDivisionError):
        await store._writer.ask(lambda db: 1 / 0, writes=True)
    assert await store.commit(rows.begun(), 1.0) == 1


async def test_the_log_is_checkpointed_on_the_way_and_gone_at_the_end(on_disk: Store, rows, path: Path) -> None:
    await on_disk.commit(rows.begun(tasks=range(20_000)), 1.0)
    for number in range(40):
        moves = [
            rows.instance(task=task, was="pending", to="queued") for task in range(number * 400, number * 400 + 400)
        ]
        await on_disk.commit(Changes(instances=moves), 2.0)
    assert Path(f"{path}-wal").stat().st_size < 24 << 20
    on_disk.close()
    assert not Path(f"{path}-wal").exists()


def test_close_works_without_a_loop_and_twice(path: Path, rows) -> None:
    store = Store.open(path)

    async def read() -> None:
        await asyncio.gather(*(store.views.list_runs() for _ in range(5)))

    asyncio.run(read())
    store.close()
    store.close()
    with pytest.raises(StoreClosed):
        store.commit_now(Changes(), 1.0)


def test_an_answer_for_a_loop_that_is_gone_hurts_nobody(path: Path, rows) -> None:
    store, gate = Store.open(path), Gate()

    async def leave() -> None:
        task = asyncio.ensure_future(store._writer.ask(gate, writes=True))
        await asyncio.to_thread(gate.reached.wait, 10)
        task.cancel()

    asyncio.run(leave())
    gate.opened.set()
    assert store.read_now(_one()) == [(1,)]
    store.close()


def _one():
    rows = yield "SELECT 1", ()
    return rows


def test_a_program_that_forgets_to_close_still_ends(path: Path) -> None:
    script = (
        "import asyncio, pathlib, sys\n"
        "from flowlite.store.store import Store\n"
        "store = Store.open(pathlib.Path(sys.argv[1]))\n"
        "asyncio.run(store.views.list_runs())\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, timeout=20, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_importing_the_store_loads_no_reader_library() -> None:
    script = "import sys, flowlite.store.store; print('aiosqlite' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=20, check=True)
    assert done.stdout.strip() == "False"
