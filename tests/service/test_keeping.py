"""How long things stay: runs, logs, events, and how large the state may become."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from flowlite import Context, Dag, task
from flowlite.config.sections import Retention
from flowlite.engine.engine import Engine
from flowlite.engine.requests import Request
from flowlite.engine.settings import EngineSettings
from flowlite.service.keeping import Keep, Keeper, as_told, removed_told
from flowlite.store.check import check
from flowlite.store.store import Store
from flowlite.testing import TestClock

DAY_S = 86400.0
FOR_EVER = Keep(runs_days=None, logs_days=None, events_days=None, keep_runs=0)


@task
def chatter(ctx: Context):
    ctx.log.info("some words")
    return "y" * 2_000_000  # too large for the state file: it lies beside it


@pytest.fixture
def dag() -> Dag:
    with Dag("talk", schedule="@daily", max_active_runs=50) as dag:
        chatter()
    return dag


class World:
    """An engine with runs of a talkative DAG, a day between each."""

    def __init__(self, folder: Path, dag: Dag) -> None:
        self.state, self.clock, self.dag = folder, TestClock(), dag
        self.store = Store.open(folder / "flowlite.db")
        self.engine = Engine(self.store, EngineSettings(state_dir=folder), self.clock)
        self.keeper = Keeper(self.store, folder, self.clock.now)

    async def run(self, days: int) -> None:
        for _ in range(days):
            await self.engine.request(Request(dag=self.dag))
            await self.engine.settled()
            self.clock._now += DAY_S

    def runs_with(self, kind: str) -> list[int]:
        """Those that have files of this kind."""
        home = self.state / kind / "talk" if kind == "logs" else self.state / kind
        return sorted(int(path.name) for path in home.iterdir() if path.name.isdigit() and any(path.iterdir()))

    async def runs(self) -> list[int]:
        return sorted(run.id for run in await self.store.views.list_runs())


@pytest.fixture
async def world(tmp_path, dag) -> AsyncIterator[World]:
    world = World(tmp_path, dag)
    await world.engine.start([dag])
    yield world
    await world.engine.stop(leave_processes=False)
    world.store.close()


async def test_old_runs_go_with_all_of_theirs(world):
    await world.run(6)
    removed = await world.keeper.once(Keep(runs_days=3.5, logs_days=None, events_days=3.5, keep_runs=0))
    assert removed.runs == 3
    assert await world.runs() == world.runs_with("logs") == world.runs_with("results") == [4, 5, 6]
    assert removed.file_bytes > 3 * 2_000_000
    assert check(world.state / "flowlite.db") == []


async def test_logs_go_sooner_than_runs_and_results_stay_with_these(world):
    await world.run(6)
    removed = await world.keeper.once(Keep(runs_days=None, logs_days=3.5, events_days=None, keep_runs=0))
    assert (removed.runs, removed.logs) == (0, 3)
    assert world.runs_with("logs") == [4, 5, 6]
    assert await world.runs() == world.runs_with("results") == [1, 2, 3, 4, 5, 6]
    assert (await world.keeper.once(Keep(runs_days=None, logs_days=3.5, events_days=None, keep_runs=0))).logs == 0


async def test_the_newest_runs_of_a_dag_stay_however_old_they_are(world):
    await world.run(4)
    world.clock._now += 1_000 * DAY_S
    await world.keeper.once(Keep(runs_days=1.0, logs_days=1.0, events_days=1.0, keep_runs=2))
    assert await world.runs() == world.runs_with("logs") == [3, 4]


async def test_a_state_that_is_too_large_sheds_the_oldest_logs_then_the_oldest_runs(world):
    await world.run(6)
    whole = await world.keeper.once(replace(FOR_EVER, size_bytes=1 << 40))
    assert (whole.runs, whole.logs) == (0, 0)
    assert whole.size_bytes > 6 * 2_000_000
    less = await world.keeper.once(replace(FOR_EVER, size_bytes=whole.size_bytes - 10_000))
    assert (less.runs, less.logs) == (0, 6)  # fifty runs at a time
    least = await world.keeper.once(replace(FOR_EVER, keep_runs=2, size_bytes=100_000))
    assert (least.runs, least.is_too_large) == (4, True)
    assert await world.runs() == world.runs_with("results") == [5, 6]
    assert "more than size_gib, and nothing more may go" in removed_told(least)


async def test_what_is_left_of_a_run_after_a_kill_goes_with_the_next(world):
    await world.run(3)
    assert await world.store.departures.take_out([1, 2]) == 2
    assert world.runs_with("logs") == [1, 2, 3]
    await world.keeper.once(FOR_EVER)
    assert world.runs_with("logs") == world.runs_with("results") == await world.runs() == [3]
    assert await world.store.departures.leaving() == []


async def test_folders_of_runs_that_nobody_knows_go_when_they_are_old(world):
    await world.run(1)
    stray, fresh = (world.state / "logs" / "talk" / name for name in ("77", "78"))
    for folder in (stray, fresh):
        folder.mkdir()
        (folder / "x.log").touch()
    os.utime(stray, (0, 0))
    os.utime(fresh, (world.clock.now(), world.clock.now()))
    await world.keeper.once(Keep(runs_days=None, logs_days=30.0, events_days=None, keep_runs=0))
    assert world.runs_with("logs") == [1, 78]


async def test_nothing_outside_the_state_is_touched(world, tmp_path_factory):
    await world.run(1)
    outside = tmp_path_factory.mktemp("outside")
    (outside / "precious").touch()
    (world.state / "logs" / "talk" / "5").symlink_to(outside)
    (world.state / "logs" / "link").symlink_to(outside)
    (outside / "9").mkdir()
    os.utime(outside / "9", (0, 0))
    await world.keeper.once(Keep(runs_days=0.0, logs_days=0.0, events_days=0.0, keep_runs=0, size_bytes=1))
    assert sorted(path.name for path in outside.iterdir()) == ["9", "precious"]


async def test_a_run_that_goes_on_keeps_its_files(world):
    await world.run(2)
    await world.engine.clear(1)
    await world.engine.settled()
    world.clock._now += 100 * DAY_S
    await world.engine.drain(inside_only=False)
    await world.engine.clear(2)  # drained: it is in line, and its files are still needed
    await world.keeper.once(Keep(runs_days=1.0, logs_days=1.0, events_days=1.0, keep_runs=0))
    assert await world.runs() == world.runs_with("logs") == [2]


async def test_whoever_writes_does_not_wait_for_it(world, dag):
    await world.engine.request(Request(dag=dag))
    await world.engine.settled()
    db_rows = [(1, 0, index) for index in range(20_000)]
    await world.store._writer.ask(
        lambda db: db.executemany(
            "INSERT INTO attempt SELECT ?, ?, ?, 1, 0, 1.0, 2.0, 'success', NULL, NULL, NULL, NULL, NULL", db_rows
        ),
        writes=True,
    )
    world.clock._now += 100 * DAY_S
    keeping = asyncio.create_task(world.keeper.once(replace(FOR_EVER, runs_days=1.0)))
    waits = []
    while not keeping.done():
        began = time.perf_counter()
        await world.store.configure_pools({"http": 3})
        waits.append(time.perf_counter() - began)
        await asyncio.sleep(0.001)
    assert (await keeping).runs == 1
    assert len(waits) > 10
    assert sorted(waits)[int(0.9 * len(waits))] < 0.05


def test_in_the_configuration_0_keeps_for_ever():
    assert as_told(Retention(runs_days=0, logs_days=0, events_days=0, size_gib=0)) == Keep(
        runs_days=None, logs_days=None, events_days=None, keep_runs=20, size_bytes=None
    )
    told = as_told(Retention())
    assert (told.runs_days, told.logs_days, told.events_days, told.size_bytes) == (90.0, 30.0, 7.0, 20 << 30)
