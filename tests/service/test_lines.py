"""Who waits for slots, in which order, since when and until when; and why something is not running yet."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flowlite import Dag, approve, task
from flowlite.core.graph import Graph, Task
from flowlite.core.messages import DrainAsked, PoolResized
from flowlite.engine.backfill import Backfill
from flowlite.engine.backfills import Backfills
from flowlite.engine.engine import Engine
from flowlite.engine.lock import StateLock
from flowlite.engine.queueing import expected, line_of
from flowlite.engine.requests import Request
from flowlite.engine.settings import EngineSettings
from flowlite.service.errors import Unknown
from flowlite.service.reading import Reading
from flowlite.store.shown_queue import Waiting
from flowlite.store.store import Store


@task
async def numbers() -> list[int]:
    return [1, 2, 3]


@task(pool="few")
async def fetch(n: int) -> int:
    return n


@task(pool="few", slots=2)
async def parse(n: int) -> int:
    return n


def chained(id_: str, **settings) -> Dag:
    with Dag(id_, max_active_runs=9, schedule="@daily", **settings) as dag:
        parse.map(fetch.map(numbers()))
        fetch.options(priority=7)(1)
    return dag


class World:
    """An engine on a state file, and somebody who reads it."""

    def __init__(self, folder: Path) -> None:
        self.lock = StateLock(folder)
        self.lock.take()
        self.store = Store.open(folder / "flowlite.db")
        self.engine = Engine(self.store, EngineSettings(state_dir=folder, pools={"few": 0, "default": 4}))
        self.reading = Reading(folder, {"default": 4})

    async def run(self, dag: Dag, date: str, **more) -> int:
        row = await self.engine.request(Request(dag=dag, logical_date=date, **more))
        await self.engine.settled()
        return row.id

    async def resize(self, size: int) -> None:
        await self.engine.send_and_wait(PoolResized("few", size, "me"))
        await self.engine.settled()

    def in_line(self) -> list[tuple[int, str, int]]:
        """As the engine has it."""
        line = self.engine.machine.pools["few"].in_line()
        return [(one.node.run.id, one.node.task.id, one.index) for one in line]


@pytest.fixture
async def world(tmp_path) -> AsyncIterator[World]:
    world = World(tmp_path)
    await world.engine.start([])
    yield world
    world.reading.close()
    await world.engine.stop(leave_processes=False)
    world.store.close()
    world.lock.give_back()


async def test_the_line_is_told_in_the_order_in_which_it_starts(world):
    low, high = chained("low"), chained("high", priority=5)
    await world.run(low, "2024-01-03")
    await world.run(high, "2024-01-02")
    await world.run(low, "2024-01-02", priority=6)
    await Backfills(world.engine).start(Backfill(dag=high, start="2024-02-01", end="2024-02-03"), by="me")
    await world.engine.settled()
    await world.engine.prioritize_dag("low", 8, by="me")
    found = await world.reading.queue("few", limit=1_000)
    assert [(one.run_id, one.task_id, one.map_index) for one in found.line] == world.in_line()
    assert (found.queued, found.size, found.used) == (len(world.in_line()), 0, 0)
    assert [one.place for one in found.line] == list(range(1, found.queued + 1))
    head = await world.reading.queue("few", limit=5)
    assert head.line == tuple(one for one in found.line[:5])


async def test_a_pool_that_nobody_knows_is_named(world):
    with pytest.raises(Unknown, match="there is no pool 'fe'"):
        await world.reading.queue("fe")
    assert (await world.reading.queue("default")).line == ()


async def test_when_somebody_starts_is_reckoned_from_lengths_that_were_measured(world):
    dag = chained("sales")
    await world.resize(8)
    await world.run(dag, "2024-01-01")
    await world.resize(0)
    await world.run(dag, "2024-01-02")
    assert [one.expected_at for one in (await world.reading.queue("few")).line] == [None] * 4
    await world.engine.send_and_wait(DrainAsked(), PoolResized("few", 1, "me"))
    line = (await world.reading.queue("few")).line
    assert all(one.expected_at is not None for one in line)
    assert [one.expected_at for one in line] == sorted(one.expected_at for one in line)


# --- reckoning --------------------------------------------------------------------------------------------------------
RECKONED = [
    # size, held (slots, ends at), line (how many, slots, takes) -> starts
    (2, [], [(3, 1, 10.0)], [0, 0, 10]),
    (2, [(1, 4.0), (1, 7.0)], [(3, 1, 10.0)], [4, 7, 14]),
    (3, [(1, 4.0), (1, 7.0)], [(1, 2, 10.0), (1, 1, 1.0)], [4, 7]),  # nothing overtakes the wide one at the head
    (2, [(1, None)], [(2, 1, 5.0)], [0, 5]),  # what was never measured holds its slot for good
    (1, [(1, None)], [(2, 1, 5.0)], []),
    (2, [(3, 5.0)], [(1, 1, 1.0)], [5]),  # made smaller while it was busy
    (2, [], [(1, 9, 3.0), (1, 1, 3.0)], [0, 3]),  # wider than the pool: all of it
    (0, [], [(1, 1, 1.0)], []),
    (1, [], [(1, 1, None), (1, 1, 1.0)], [0]),
]


@pytest.mark.parametrize(("size", "held", "line", "starts"), RECKONED)
def test_starts_follow_from_slots_and_lengths(size, held, line, starts):
    assert list(expected(0.0, size, held, line)) == starts


def test_a_person_outranks_the_task_and_the_task_its_dag():
    graphs = {1: Graph("d", [Task(id="plain"), Task(id="own", priority=4)], priority=2)}

    def waiting(task_no: int, run: int, run_priority: int | None = None, by_hand: int | None = None) -> Waiting:
        return Waiting(run, "d", 1, "manual", "dag:d", 0.0, run_priority, by_hand, task_no, "t", 1, 1)

    line = line_of([waiting(0, 1), waiting(1, 2), waiting(0, 3, by_hand=3), waiting(1, 4, 9), waiting(0, 5, 1)], graphs)
    assert [(one.waiting.run_id, one.priority) for one in line] == [(4, 9), (2, 4), (3, 3), (1, 2), (5, 1)]


# --- why --------------------------------------------------------------------------------------------------------------
async def test_why_says_who_holds_the_pool_and_where_it_stands(world):
    dag = chained("sales")
    first, second = await world.run(dag, "2024-01-01"), await world.run(dag, "2024-01-02")
    said = {(one.task_id, one.map_index): one for one in (await world.reading.why(second)).holds}
    assert "pool 'few' has no slots" in said["fetch", 0].reason
    assert [said[key].place for key in (("fetch_2", -1), ("fetch", 0), ("fetch", 2))] == [2, 6, 8]
    assert said["parse", 1].reason == "waits for fetch[1]; its trigger rule is all_success"
    assert (await world.reading.why(first)).headline.startswith(f"run {first} of sales is running")


async def test_a_run_in_line_names_the_run_that_is_active(world):
    with Dag("one_by_one", schedule="@daily") as dag:
        approve("Go?", id="ask")
    for date in ("2024-01-01", "2024-01-02", "2024-01-03"):
        await world.run(dag, date)
    said = (await world.reading.why(3)).headline
    assert said.startswith("run 3 of one_by_one is queued: max_active_runs=1 of its DAG is used up by run 1 (")
    assert said.endswith("so far); 2nd in line")


async def test_of_ten_thousand_that_wait_each_is_explained_at_once(world):
    with Dag("wide") as dag:
        fetch.map(list(range(10_000)))
    run = await world.run(dag, datetime(2024, 1, 1, tzinfo=UTC))
    took = []
    for ask in (lambda: world.reading.queue("few"), lambda: world.reading.why(run, "fetch")):
        await ask()
        began = time.perf_counter()
        found = await ask()
        took.append(time.perf_counter() - began)
    assert len(found.holds) == 200
    assert max(took) < 0.5  # 50 ms on a machine that does nothing else: benchmarks/daemon.py measures it
