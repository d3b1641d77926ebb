"""Backfills: planned in one transaction, a window that holds, paused, resumed, cancelled, retried, killed."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import flowlite
from flowlite import Context, dag, task
from flowlite.engine.backfill import Backfill
from flowlite.engine.backfills import Backfills, NoSuchBackfill, NothingToDo
from flowlite.engine.requests import DagChanged

PROGRAM = Path(__file__).with_name("dagfile_backfill.py")
OPEN = threading.Event()  # tasks wait for it, on a loop of their own
SEEN: list[str] = []
LIVE: set[str] = set()
WIDEST = [0]
BAD: set[str] = set()


@task
async def work(ctx: Context) -> str:
    LIVE.add(ctx.ds)
    WIDEST[0] = max(WIDEST[0], len(LIVE))
    SEEN.append(ctx.ds)
    while not OPEN.is_set():  # noqa: ASYNC110
        await asyncio.sleep(0.002)
    LIVE.discard(ctx.ds)
    if ctx.ds in BAD:
        raise ValueError("bad day")
    return ctx.ds


@dag(schedule="@daily")
def days():
    work()


@pytest.fixture(autouse=True)
def _fresh():
    OPEN.set()
    for one in (SEEN, LIVE, BAD):
        one.clear()
    WIDEST[0] = 0


def asked(end: str = "2024-01-11", **more) -> Backfill:
    return Backfill(dag=days, start="2024-01-01", end=end, **more)


async def started(fl, **more):
    await fl.register(days)
    return await fl.backfills.start(asked(**more), by="ana")


async def until(what) -> None:
    async with asyncio.timeout(20):
        while not what():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


async def view(fl, number: int):
    return (await fl.store.views.backfill(number)).backfill


async def days_of(fl, number: int):
    return (await fl.store.views.backfill(number)).days


def events_in(state: Path) -> int:
    db = sqlite3.connect(state / "flowlite.db")
    try:
        return db.execute("SELECT count(*) FROM event").fetchone()[0]
    finally:
        db.close()


# --- planned ----------------------------------------------------------------------------------------------------------
async def test_half_a_year_with_its_days_and_runs_is_one_transaction(tmp_path):
    async with flowlite.open(tmp_path, is_still=True) as fl:
        await fl.register(days)
        before = events_in(tmp_path)
        found = await fl.backfills.start(asked("2024-06-30"), by="ana")
        assert events_in(tmp_path) == before + 1  # one row a commit
        assert len(found.runs) == 181
        one, rows = await view(fl, 1), await days_of(fl, 1)
    assert one.counts == {"running": 10, "queued": 171}
    assert [row.run_id for row in rows] == list(found.runs)
    assert {row.decision for row in rows} == {"run"}


async def test_every_day_has_its_decision_in_date_order():
    async with flowlite.open() as fl:
        await fl.run(days, logical_date="2024-01-02")
        BAD.add("2024-01-03")
        await fl.run(days, logical_date="2024-01-03")
        done = await fl.backfill(days, "2024-01-01", "2024-01-05", reprocess="failed")
        rows = await days_of(fl, done.number)
    told = [(row.decision, row.run_id, row.reason) for row in rows]
    assert told == [("run", 3, ""), ("skip", None, "run 1 is success"), ("again", 2, ""), ("run", 4, "")]
    assert [row.logical_date for row in rows] == sorted(row.logical_date for row in rows)


async def test_a_range_with_nothing_to_do_leaves_no_row():
    async with flowlite.open() as fl:
        await fl.backfill(days, "2024-01-01", "2024-01-03")
        again = await fl.backfill(days, "2024-01-01", "2024-01-03")
        assert (again.number, again.runs, len(again.skipped)) == (None, [], 2)
        assert [one.id for one in await fl.store.views.backfills()] == [1]


def shorter():
    @dag(id="days", schedule="@daily")
    def one():
        work()

    return one


def longer():
    @task
    async def clean(): ...

    @dag(id="days", schedule="@daily")
    def one():
        work() >> clean()

    return one


async def test_a_day_whose_run_has_tasks_that_are_gone_is_left_alone_and_the_others_run():
    before, after = longer(), shorter()
    async with flowlite.open() as fl:
        await fl.run(before, logical_date="2024-01-01")
        await fl.run(after, logical_date="2024-01-02")
        plan = Backfill(dag=after, start="2024-01-01", end="2024-01-04", reprocess="all")
        await fl.register(after)
        done = await fl.backfills.start(plan, by="ana")
        rows = await days_of(fl, done.number)
        assert [(row.decision, row.run_id, row.reason) for row in rows] == [
            ("skip", None, "run 1 has tasks that the DAG has no longer (clean)"),
            ("again", 2, ""),
            ("run", 3, ""),
        ]
        await asyncio.gather(*(fl.engine.end_of(run) for run in (2, 3)))


async def test_a_retry_leaves_out_the_runs_whose_tasks_are_gone(tmp_path):
    BAD.update(("2024-01-01", "2024-01-02"))
    async with flowlite.open(tmp_path) as fl:
        await fl.run(shorter(), logical_date="2024-01-02")
        await fl.backfill(longer(), "2024-01-01", "2024-01-03", reprocess="failed")
        assert (await view(fl, 1)).counts == {"failed": 2}
    async with flowlite.open(tmp_path, is_still=True) as fl:
        await fl.register(shorter())
        assert await fl.backfills.retry(1, by="ana") == [1]
        assert (await view(fl, 1)).counts["failed"] == 1


async def test_a_retry_of_nothing_but_such_runs_says_so(tmp_path):
    BAD.add("2024-01-01")
    async with flowlite.open(tmp_path) as fl:
        await fl.backfill(longer(), "2024-01-01", "2024-01-02")
    async with flowlite.open(tmp_path, is_still=True) as fl:
        await fl.register(shorter())
        with pytest.raises(DagChanged, match="'days' has lost tasks since run 1 was made"):
            await fl.backfills.retry(1, by="ana")


# --- the window -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("newest_first", [False, True])
async def test_the_window_slides_in_the_order_that_was_asked_for(newest_first):
    async with flowlite.open() as fl:
        await fl.backfill(days, "2024-01-01", "2024-01-21", concurrency=1, newest_first=newest_first)
    assert WIDEST == [1]
    assert sorted(SEEN, reverse=newest_first) == SEEN


async def test_runs_of_an_earlier_backfill_come_into_the_window_of_the_one_that_reprocesses_them():
    async with flowlite.open() as fl:
        first = await fl.backfill(days, "2024-01-01", "2024-01-11", concurrency=10)
        WIDEST[0] = 0
        OPEN.clear()
        done = await started(fl, end="2024-01-21", concurrency=2, reprocess="all", is_newest_first=True)
        await until(lambda: len(LIVE) == 2)
        OPEN.set()
        for run in done.runs:
            await fl.engine.end_of(run)
        assert WIDEST == [2]
        assert {int(run.id) for run in first.runs} < set(done.runs)
        assert sorted(SEEN[-2:]) == ["2024-01-01", "2024-01-02"]
        lanes = {run.lane for run in await fl.store.views.list_runs()}
        assert lanes == {"backfill:2"}


async def test_a_run_that_a_backfill_takes_up_again_gives_way_like_the_others():
    async with flowlite.open() as fl:
        run = int(await fl.start(days, logical_date="2024-01-02"))
        await fl.engine.end_of(run)
        OPEN.clear()
        await started(fl, end="2024-01-03", reprocess="all")
        await until(lambda: len(LIVE) == 2)
        assert fl.engine.machine.runs[run].kind == "manual"
        assert fl.engine.machine.runs[run].is_backfill
        OPEN.set()


# --- by hand ----------------------------------------------------------------------------------------------------------
async def test_a_paused_backfill_ends_what_is_active_and_begins_nothing_until_it_is_resumed():
    OPEN.clear()
    async with flowlite.open() as fl:
        found = await started(fl, concurrency=3)
        await until(lambda: len(LIVE) == 3)
        await fl.backfills.pause(1, by="ana", why="the source is down")
        with pytest.raises(NothingToDo, match="paused already"):
            await fl.backfills.pause(1, by="ana")
        OPEN.set()
        await fl.engine.settled()
        assert (await view(fl, 1)).state == "paused"
        assert (await view(fl, 1)).counts == {"success": 3, "queued": 7}
        assert len(await fl.backfills.resume(1, by="ana")) == 7
        for run in found.runs:
            await fl.engine.end_of(run)
        assert (await view(fl, 1)).state == "success"
        audit = [(row.verb, row.target, row.why) for row in await fl.store.views.audit_rows()]
    assert audit == [
        ("resume", "backfill 1", ""), ("pause", "backfill 1", "the source is down"), ("backfill", "backfill 1", ""),
    ]  # fmt: skip


async def test_a_pause_and_a_window_outlive_a_restart(tmp_path):
    OPEN.clear()
    async with flowlite.open(tmp_path) as fl:
        await started(fl, concurrency=2)
        await until(lambda: len(LIVE) == 2)
        await fl.backfills.pause(1, by="ana")
    LIVE.clear()
    OPEN.set()
    async with flowlite.open(tmp_path, dags=[days]) as fl:
        await fl.engine.settled()
        assert (await view(fl, 1)).counts == {"success": 2, "queued": 8}
        OPEN.clear()
        await fl.backfills.resume(1, by="ana")
        await until(lambda: len(LIVE) == 2)
    LIVE.clear()
    OPEN.set()
    async with flowlite.open(tmp_path, dags=[days]) as fl:
        await fl.engine.settled()
        assert (await view(fl, 1)).state == "success"
    assert WIDEST == [2]


async def test_cancelling_keeps_what_has_ended_and_retrying_does_the_rest():
    async with flowlite.open() as fl:
        BAD.add("2024-01-01")
        await fl.backfill(days, "2024-01-01", "2024-01-02")
        OPEN.clear()
        found = await started(fl, concurrency=2, reprocess="failed")
        await until(lambda: len(LIVE) == 2)
        cancelled = await fl.backfills.cancel(2, by="ana")
        assert sorted(cancelled) == sorted(found.runs)
        for run in cancelled:
            await fl.engine.end_of(run)
        assert (await view(fl, 2)).state == "cancelled"
        with pytest.raises(NothingToDo, match="nothing to cancel"):
            await fl.backfills.cancel(2, by="ana")
        OPEN.set()
        BAD.clear()
        LIVE.clear()
        for run in await fl.backfills.retry(2, by="ana"):
            await fl.engine.end_of(run)
        assert (await view(fl, 2)).counts == {"success": 10}
        with pytest.raises(NothingToDo, match="nothing to retry"):
            await fl.backfills.retry(2, by="ana")
        with pytest.raises(NoSuchBackfill, match="there is no backfill 7"):
            await fl.backfills.pause(7, by="ana")
    assert WIDEST == [2]


async def test_a_date_that_was_cancelled_in_line_before_it_ran_again_does_so_after_a_retry():
    async with flowlite.open() as fl:
        first = await fl.backfill(days, "2024-01-01", "2024-01-03")
        OPEN.clear()
        await started(fl, end="2024-01-03", concurrency=1, reprocess="all")
        await until(lambda: len(LIVE) == 1)
        for run in await fl.backfills.cancel(2, by="ana"):
            await fl.engine.end_of(run)
        OPEN.set()
        for run in await fl.backfills.retry(2, by="ana"):
            await fl.engine.end_of(run)
        last = await fl.result(first.runs[1].id)
    assert [str(attempt.outcome) for attempt in last.tasks["work"][0].attempts] == ["success", "success"]


async def test_a_failed_run_makes_the_backfill_failed_and_only_it_is_retried():
    async with flowlite.open() as fl:
        BAD.add("2024-01-02")
        done = await fl.backfill(days, "2024-01-01", "2024-01-04")
        assert done.state == "failed"
        assert (await view(fl, 1)).state == "failed"
        BAD.clear()
        SEEN.clear()
        for run in await Backfills(fl.engine).retry(1, by="ana"):
            await fl.engine.end_of(run)
        assert (await view(fl, 1)).state == "success"
    assert SEEN == ["2024-01-02"]


# --- a real program ---------------------------------------------------------------------------------------------------
def program(folder: Path, how: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, PROGRAM, folder / "state", how], env={**os.environ, "FLOWLITE_TEST": str(folder)}
    )


def killed_when(folder: Path, how: str, number: int) -> None:
    """After so many dates are done."""
    running = program(folder, how)
    until_s = time.monotonic() + 60
    while len(list((folder / "rows").iterdir())) < number:
        assert time.monotonic() < until_s
        assert running.poll() is None
        time.sleep(0.01)
    os.kill(running.pid, signal.SIGKILL)
    running.wait()


def rows_in(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted((folder / "rows").iterdir())}


def test_a_backfill_that_is_killed_goes_on_by_itself_and_leaves_the_same_rows(tmp_path):
    for name in ("live", "rows"):
        (tmp_path / name).mkdir()
    killed_when(tmp_path, "start", 8)
    killed_when(tmp_path, "go on", 30)
    assert program(tmp_path, "go on").wait(timeout=60) == 0
    killed_and_resumed = rows_in(tmp_path)
    assert len(killed_and_resumed) == 60

    db = sqlite3.connect(tmp_path / "state" / "flowlite.db")
    assert db.execute("SELECT state, count(*) FROM run GROUP BY state").fetchall() == [("success", 60)]
    assert db.execute("SELECT count(*) FROM backfill_day WHERE decision = 'run'").fetchone() == (60,)
    moves = "SELECT started_at AS at, 1 AS step FROM run UNION ALL SELECT ended_at, -1 FROM run"
    widths = f"SELECT max(width) FROM (SELECT sum(step) OVER (ORDER BY at, step) AS width FROM ({moves}))"
    assert db.execute(widths).fetchone() == (10,)
    db.close()
    assert not (tmp_path / "twice").exists()
    assert max(map(int, (tmp_path / "widths").read_text().split())) <= 10

    for file in (tmp_path / "rows").iterdir():
        file.unlink()
    assert program(tmp_path, "again").wait(timeout=60) == 0
    assert rows_in(tmp_path) == killed_and_resumed
    assert not (tmp_path / "twice").exists()
    assert max(map(int, (tmp_path / "widths").read_text().split())) <= 10
