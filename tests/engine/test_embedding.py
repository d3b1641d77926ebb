"""flowlite inside a program: run, open, backfill, events, chains of DAGs."""

from __future__ import annotations

import asyncio

import pytest
from pydantic import BaseModel

import flowlite
from flowlite import Context, Dag, dag, task, trigger
from flowlite.core.errors import FlowliteError
from flowlite.engine.lock import StateInUse
from flowlite.store.errors import DateTaken


class Size(BaseModel):
    x: int = 1


@task
async def show(ctx: Context) -> dict:
    return {"ds": ctx.ds, "x": ctx.params.x if isinstance(ctx.params, Size) else ctx.params.get("x"), "run": ctx.run_id}


@dag(schedule="@daily", params=Size)
def sized():
    show()


def test_run_blocks_and_answers_with_states_and_results():
    run = flowlite.run(sized, logical_date="2024-01-01", params={"x": 5})
    assert run.state == "success" and run["show"] == {"ds": "2024-01-01", "x": 5, "run": run.id}
    assert run.logical_date.isoformat() == "2024-01-01T00:00:00+00:00"


async def test_run_works_under_a_running_loop():
    assert flowlite.run(sized).state == "success"


def test_params_that_do_not_fit_are_refused_before_anything_runs():
    with pytest.raises(FlowliteError, match=r"params\.x"):
        flowlite.run(sized, params={"x": "many"})


async def test_a_date_has_one_run_and_the_refusal_names_it(tmp_path):
    async with flowlite.open(tmp_path / "state.db") as fl:
        first = await fl.run(sized, logical_date="2024-01-01")
        with pytest.raises(DateTaken, match=f"run {first.id} .*runs clear {first.id}"):
            await fl.run(sized, logical_date="2024-01-01")


async def test_state_is_kept_and_numbers_go_on(tmp_path):
    for number in (1, 2):
        async with flowlite.open(tmp_path / "state.db") as fl:
            assert (await fl.run(sized)).id == str(number)
    async with flowlite.open(tmp_path / "state.db") as fl:
        assert (await fl.result(1))["show"]["run"] == "1"


async def test_a_state_folder_has_one_engine(tmp_path):
    async with flowlite.open(tmp_path):
        other = flowlite.open(tmp_path)
        with pytest.raises(StateInUse, match="in use by process"):
            await other.__aenter__()


async def test_a_backfill_runs_every_day_once_and_tells_what_it_left_alone(tmp_path):
    async with flowlite.open(tmp_path) as fl:
        await fl.run(sized, logical_date="2024-01-02")
        done = await fl.backfill(sized, "2024-01-01", "2024-01-05", concurrency=2)
        assert [run["show"]["ds"] for run in done.runs] == ["2024-01-01", "2024-01-03", "2024-01-04"]
        assert [day.date().isoformat() for day, _ in done.skipped] == ["2024-01-02"]
        again = await fl.backfill(sized, "2024-01-01", "2024-01-05", reprocess="all")
        assert len(again.runs) == 4
        assert [len(run.tasks["show"][0].attempts) for run in again.runs] == [2, 2, 2, 2]


async def test_half_a_year_is_181_runs():
    async with flowlite.open() as fl:
        done = await fl.backfill(sized, "2024-01-01", "2024-06-30", concurrency=10)
    assert len(done.runs) == 181 and done.state == "success"


async def test_events_come_in_order_after_they_are_true():
    async with flowlite.open() as fl:
        seen = []

        async def listen():
            async for event in fl.events():
                seen.append(event)
                if event.kind == "run" and event.state == "success":
                    return

        listener = asyncio.create_task(listen())
        await asyncio.sleep(0)
        run = await fl.run(sized)
        await listener
    assert [event.seq for event in seen] == sorted(event.seq for event in seen)
    assert [event.state for event in seen if event.kind == "task"][-2:] == ["running", "success"]
    assert {event.run_id for event in seen} == {run.id} and seen[-1].dag_id == "sized"


async def test_a_dag_after_another_runs_for_the_same_date_when_all_upstream_succeeded():
    def one(name):
        with Dag(name) as made:
            show()
        return made

    first, second, last = one("first"), one("second"), one("last")
    [first, second] >> last
    async with flowlite.open() as fl:
        await fl.run(first, logical_date="2024-01-01")
        await fl.engine.settled()
        assert [run.dag_id for run in await fl.store.views.list_runs()] == ["first"]
        await fl.run(second, logical_date="2024-01-01")
        await fl.engine.settled()
        runs = await fl.store.views.list_runs()
    assert sorted((run.dag_id, run.state) for run in runs) == [
        ("first", "success"),
        ("last", "success"),
        ("second", "success"),
    ]
    assert len({run.logical_date for run in runs}) == 1


async def test_a_trigger_node_starts_a_run_with_params_and_can_wait_for_it():
    with Dag("parent") as parent:
        trigger(sized, params={"x": 7}, wait=True) >> show()
    async with flowlite.open() as fl:
        await fl.register(sized)
        run = await fl.run(parent, params={"x": 0})
        child = await fl.result(run["trigger_sized"])
    assert run.state == "success" and child["show"]["x"] == 7


async def test_cancel_ends_what_runs_and_what_waits():
    began = asyncio.Event()
    loop = asyncio.get_running_loop()

    @task
    async def endless():
        loop.call_soon_threadsafe(began.set)
        await asyncio.Event().wait()

    with Dag("endless") as made:
        endless() >> show()
    async with flowlite.open() as fl:
        run = await fl.start(made)
        await began.wait()
        await fl.cancel(run)
        found = await fl.finished(run)
    assert found.state == "cancelled"
    assert [str(found.tasks[id_][0].state) for id_ in found] == ["cancelled", "cancelled"]


async def test_clear_runs_finished_tasks_again_with_downstream_and_keeps_the_attempts():
    @task
    async def after(value: dict) -> str:
        return value["ds"]

    with Dag("clears") as made:
        after(show())
    async with flowlite.open() as fl:
        run = await fl.run(made, logical_date="2024-01-01")
        await fl.clear(run.id, "after")
        found = await fl.finished(run.id)
        assert [len(found.tasks[id_][0].attempts) for id_ in found] == [1, 2] and found["after"] == "2024-01-01"
        await fl.clear(run.id)
        found = await fl.finished(run.id)
    assert [len(found.tasks[id_][0].attempts) for id_ in found] == [2, 3]


def test_tasks_outside_a_dag_are_plain_functions():
    @task(retries=3)
    def double(n: int) -> int:
        return 2 * n

    assert double(4) == 8
    assert asyncio.run(take_coroutine()) == 3


@task
async def three() -> int:
    return 3


async def take_coroutine() -> int:
    return await three()


async def test_a_state_file_keeps_its_logs_beside_it_and_leaves_the_folder_alone(tmp_path):
    @task
    async def say(ctx: Context):
        ctx.log.info("hello")

    with Dag("says") as made:
        say()
    async with flowlite.open(tmp_path / "state.db") as fl:
        run = await fl.run(made)
    assert "hello" in run.tasks["say"][0].attempts[0].log
    assert {one.name for one in tmp_path.iterdir()} == {"state.db", "state.db.files"}


async def test_work_of_a_dag_that_is_not_loaded_waits_for_it(tmp_path):
    from flowlite import Retry

    tried, loop, began = [], asyncio.get_running_loop(), asyncio.Event()

    def made():
        @task(retries=Retry(1, delay=0))
        async def twice():
            tried.append(1)
            loop.call_soon_threadsafe(began.set)
            if len(tried) == 1:
                await asyncio.Event().wait()

        with Dag("waits") as dag:
            twice()
        return dag

    async with flowlite.open(tmp_path) as fl:
        run = await fl.start(made())
        await began.wait()
    async with flowlite.open(tmp_path) as fl:
        await fl.engine.settled()
        assert (await fl.result(run)).tasks["twice"][0].state == "running"
        await fl.register(made())
        found = await fl.finished(run)
    assert found.state == "success" and len(tried) == 2


def test_an_undeclared_pool_gets_the_default_size_and_a_warning():
    with Dag("swims", pool="lagoon") as made:
        show()
    with pytest.warns(UserWarning, match="'lagoon'.*32 slots"):
        assert flowlite.run(made, params={"x": 1}).state == "success"
