"""Schedules of times: pauses, downtime, restarts, dates that are taken, overlap, changed and removed DAGs."""

from __future__ import annotations

import asyncio
import threading

import pytest

from flowlite import Dag, every, task
from flowlite.core.intervals import CATCHUP_IS_OFF, WAS_CHANGED, WAS_PAUSED
from flowlite.engine.requests import Request


async def test_a_new_dag_runs_at_its_next_fire_for_the_interval_that_has_ended(scene_at, dag_named):
    scene = scene_at("2024-01-01T00:30")
    await scene.up(dag_named("sales", schedule="@hourly"))
    assert await scene.covered("sales") == []
    await scene.clock.advance(minutes=30)
    assert await scene.covered("sales") == [("2024-01-01 00:00", "2024-01-01 01:00")]
    (run,) = await scene.runs("sales")
    assert (run.kind, run.logical_date, run.state) == ("scheduled", run.data_interval_start, "success")


async def test_a_new_dag_with_catchup_runs_from_its_start(scene_at, dag_named):
    scene = scene_at("2024-01-05T00:30")
    await scene.up(dag_named("sales", schedule="@daily", start="2024-01-02", catchup=True))
    assert [start[:10] for start, _ in await scene.covered("sales")] == ["2024-01-02", "2024-01-03", "2024-01-04"]


async def test_only_the_run_that_is_on_time_has_deadlines(scene_at, dag_named):
    scene = scene_at("2024-01-05T00:30")
    await scene.up(dag_named("sales", schedule="@daily", start="2024-01-02", catchup=True, sla=3600))
    deadlines = await scene.store.views.deadline_rows("sales")
    assert [row.logical_date for row in deadlines] == [scene.clock.time.replace(day=4, minute=0).timestamp()]


async def test_after_a_pause_nothing_runs_that_was_due_in_it(scene_at, dag_named):
    scene = scene_at("2024-01-01T00:30")
    await scene.up(dag_named("sales", schedule="@hourly", start="2024-01-01", catchup=True))
    await scene.scheduler.set_paused("sales", is_paused=True, by="ana")
    await scene.clock.advance(hours=3)
    await scene.scheduler.set_paused("sales", is_paused=False, by="ana")
    await scene.settled()
    assert await scene.covered("sales") == []
    await scene.clock.advance(hours=1)
    assert await scene.reasons("sales") == [WAS_PAUSED] * 3 + [""]


async def test_a_pause_outlives_a_restart_and_wins_over_the_file(scene_at, dag_named):
    scene = scene_at("2024-01-01T00:30")
    await scene.up(dag_named("sales", schedule="@hourly"), dag_named("draft", schedule="@hourly", paused=True))
    await scene.scheduler.set_paused("sales", is_paused=True, by="ana")
    await scene.scheduler.set_paused("draft", is_paused=False, by="ana")
    await scene.kill()
    await scene.up()
    await scene.clock.advance(hours=1)
    assert (await scene.covered("sales"), len(await scene.covered("draft"))) == ([], 1)


async def test_who_unpauses_while_nobody_is_there_makes_nothing_run_that_was_due_in_the_pause(scene_at, dag_named):
    scene = scene_at("2024-01-01T00:30")
    await scene.up(dag_named("sales", schedule="@hourly"))
    await scene.scheduler.set_paused("sales", is_paused=True, by="ana")
    await scene.kill()
    await scene.clock.advance(hours=2)  # 02:30
    await scene.store.set_paused("sales", is_paused=False, at=scene.clock.now(), by="ana")
    await scene.clock.advance(hours=2)  # 04:30
    await scene.up()
    assert await scene.reasons("sales") == [WAS_PAUSED, WAS_PAUSED, CATCHUP_IS_OFF, ""]


async def test_a_file_that_takes_its_pause_back_fires_nothing_of_the_past(scene_at, dag_named):
    scene = scene_at("2024-01-01T00:30")
    await scene.up(dag_named("sales", schedule="@hourly", paused=True))
    await scene.kill()
    await scene.clock.advance(hours=2)
    await scene.up(dag_named("sales", schedule="@hourly"))
    assert await scene.reasons("sales") == [WAS_PAUSED] * 2


async def test_a_date_that_has_a_run_is_skipped_and_says_which(scene_at, dag_named):
    scene = scene_at("2024-01-01T00:30")
    dag = dag_named("sales", schedule="@hourly")
    await scene.up(dag)
    row = await scene.engine.request(Request(dag=dag, logical_date="2024-01-01T00:00"))
    await scene.clock.advance(hours=1)
    assert await scene.reasons("sales") == [f"run {row.id} has this date"]
    assert [run.id for run in await scene.runs("sales")] == [row.id]


async def test_runs_overlap_no_more_than_the_dag_allows(scene_at):
    scene, gate, begun = scene_at("2024-01-01T00:30"), threading.Event(), threading.Semaphore(0)

    @task
    def slow():
        begun.release()
        assert gate.wait(30)

    with Dag("slow", schedule="@hourly", max_active_runs=2) as dag:
        slow()
    await scene.up(dag)
    scene.clock.settled = scene.scheduler.settled
    await scene.clock.advance(hours=4)
    for _ in range(2):
        assert await asyncio.to_thread(begun.acquire, timeout=30)
    assert [run.state for run in await scene.runs("slow")] == ["running", "running", "queued", "queued"]
    gate.set()
    await scene.settled()
    assert [run.state for run in await scene.runs("slow")] == ["success"] * 4


async def test_a_machine_that_slept_catches_up_as_told(scene_at, dag_named):
    scene = scene_at("2024-01-01T00:30")
    await scene.up(
        dag_named("newest", schedule="@hourly"), dag_named("all", schedule="@hourly", catchup=True, start="2024-01-01")
    )
    scene.clock.set_to(scene.clock.time.replace(hour=3))
    await scene.clock.advance(seconds=5)
    assert await scene.reasons("newest") == [CATCHUP_IS_OFF, CATCHUP_IS_OFF, ""]
    assert await scene.reasons("all") == ["", "", ""]


async def test_a_clock_set_back_fires_nothing_twice(scene_at, dag_named):
    scene = scene_at("2024-01-01T00:30")
    await scene.up(dag_named("sales", schedule="@hourly"))
    await scene.clock.advance(hours=3)
    scene.clock.set_to(scene.clock.time.replace(hour=1))
    await scene.kill()
    await scene.up()
    await scene.clock.advance(hours=2, minutes=29)
    assert len(await scene.runs("sales")) == 3
    await scene.clock.advance(minutes=1)
    assert len(await scene.runs("sales")) == 4


async def test_thousands_of_missed_intervals_do_not_hold_up_the_others(scene_at, dag_named):
    scene = scene_at("2024-01-01T00:00")
    await scene.up(dag_named("minutes", schedule="* * * * *"), dag_named("sales", schedule="@hourly"))
    await scene.kill()
    await scene.clock.advance(days=2)
    await scene.up()
    reasons = await scene.reasons("minutes")
    assert (len(reasons), reasons[-1], set(reasons[:-1])) == (2880, "", {CATCHUP_IS_OFF})
    sales, minutes = (await scene.runs("sales"))[0], (await scene.runs("minutes"))[0]
    assert sales.id < minutes.id


async def test_a_changed_schedule_takes_effect_from_now_on(scene_at, dag_named):
    scene = scene_at("2024-01-01T00:00")
    await scene.up(dag_named("sales", schedule="@daily"))
    await scene.clock.advance(hours=3, minutes=10)
    await scene.scheduler.dags_changed([dag_named("sales", schedule=every(hours=1))])
    await scene.settled()
    assert await scene.reasons("sales") == [WAS_CHANGED] * 3
    await scene.clock.advance(hours=1)
    assert await scene.covered("sales") == [("2024-01-01 03:00", "2024-01-01 04:00")]


async def test_a_removed_dag_is_no_longer_scheduled(scene_at, dag_named):
    scene = scene_at("2024-01-01T00:30")
    await scene.up(dag_named("sales", schedule="@hourly"))
    await scene.scheduler.dags_changed(removed=["sales"])
    await scene.clock.advance(hours=3)
    assert await scene.runs("sales") == []
    assert scene.scheduler.next_at("sales") is None


async def test_no_run_begins_before_start_or_from_end_on(scene_at, dag_named):
    scene = scene_at("2024-01-01T00:30")
    await scene.up(dag_named("sales", schedule="@hourly", start="2024-01-01T02:00", end="2024-01-01T04:00"))
    await scene.clock.advance(hours=9)
    assert await scene.covered("sales") == [
        ("2024-01-01 02:00", "2024-01-01 03:00"), ("2024-01-01 03:00", "2024-01-01 04:00"),
    ]  # fmt: skip


@pytest.mark.parametrize("catchup", [False, True])
async def test_a_first_interval_that_ends_while_nobody_is_there_is_not_lost(scene_at, dag_named, catchup):
    scene = scene_at("2024-01-01T00:30")
    await scene.up(dag_named("sales", schedule="@hourly", start="2024-01-01", catchup=catchup))
    await scene.kill()
    await scene.clock.advance(minutes=45)
    await scene.up()
    assert await scene.covered("sales") == [("2024-01-01 00:00", "2024-01-01 01:00")]
