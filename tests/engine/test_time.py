"""Retries, sensors, timeouts, deadlines and restarts, under a clock that the test moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

import flowlite
from flowlite import Dag, Fail, Retry, RetryAfter, approve, sensor, task


def failing(times: int, **options):
    """A task that fails so often before it succeeds, and the times at which it was tried."""
    tried: list[int] = []

    @task(**options)
    async def flaky():
        tried.append(1)
        if len(tried) <= times:
            raise ConnectionError(f"try {len(tried)}")
        return len(tried)

    with Dag("flaky") as dag:
        flaky()
    return dag, tried


@pytest.mark.parametrize(
    ("policy", "waits"),
    [
        (Retry(4, delay=10), [10, 10, 10, 10]),
        (Retry(4, delay=10, backoff="linear"), [10, 20, 30, 40]),
        (Retry(5, delay=2, backoff="exponential", max_delay=20), [2, 4, 8, 16, 20]),
        (Retry(6, delay=3, backoff="fibonacci"), [3, 3, 6, 9, 15, 24]),
    ],
)
async def test_a_retry_waits_as_long_as_its_policy_says(flowlite_engine, flowlite_clock, policy, waits):
    dag, tried = failing(len(waits), retries=policy)
    run = await flowlite_engine.trigger(dag)
    for number, wait in enumerate(waits, 1):
        assert len(tried) == number
        assert (await flowlite_engine.task(run, "flaky")).state == "retrying"
        await flowlite_clock.advance(seconds=wait - 0.5)
        assert len(tried) == number, "too early"
        await flowlite_clock.advance(seconds=0.5)
    assert (await flowlite_engine.result(run)).state == "success"
    assert [policy.delay_before(n) for n in range(1, len(waits) + 1)] == waits


async def test_a_waiting_retry_survives_a_restart_and_is_not_early(flowlite_engine, flowlite_clock):
    dag, tried = failing(1, retries=Retry(1, delay=60))
    run = await flowlite_engine.trigger(dag)
    await flowlite_engine.crash_and_restart()
    await flowlite_clock.advance(seconds=59)
    assert len(tried) == 1
    await flowlite_clock.advance(seconds=1)
    assert (await flowlite_engine.result(run)).state == "success"


async def test_fail_and_unlisted_errors_are_not_tried_again(flowlite_engine):
    @task(retries=5)
    async def for_good():
        raise Fail("no way")

    @task(retries=Retry(5, on=(ConnectionError,)))
    async def other_error():
        raise KeyError("x")

    with Dag("final") as dag:
        for_good()
        other_error()
    run = await flowlite_engine.run(dag)
    assert {id_: len(run.tasks[id_][0].attempts) for id_ in run} == {"for_good": 1, "other_error": 1}


async def test_retry_after_lengthens_the_wait(flowlite_engine, flowlite_clock):
    tried = []

    @task(retries=Retry(1, delay=1))
    async def limited():
        tried.append(flowlite_clock.now())
        if len(tried) == 1:
            raise RetryAfter(120)

    with Dag("limits") as dag:
        limited()
    await flowlite_engine.run(dag)
    assert tried[1] - tried[0] == 120


async def test_an_alarm_between_two_microseconds_is_reached():
    waits = [0.1234567891]

    @task(retries=Retry(1, delay=0))
    async def limited():
        if waits:
            raise RetryAfter(waits.pop())

    with Dag("limits") as dag:
        limited()
    start = datetime(2026, 11, 22, 8, 30, 12, 654321, UTC)
    async with flowlite.testing.engine(dag, start=start) as moved:
        assert (await moved.run(dag)).state == "success"


def counting_sensor(ready_at: int, **options):
    pokes: list[int] = []

    @sensor(**options)
    async def arrived():
        pokes.append(1)
        return {"file": "a"} if len(pokes) >= ready_at else None

    @task
    async def use(found: dict) -> str:
        return found["file"]

    with Dag("waits") as dag:
        use(arrived())
    return dag, pokes


async def test_a_sensor_looks_until_it_is_true_in_one_attempt_and_holds_no_slot(flowlite_engine, flowlite_clock):
    dag, pokes = counting_sensor(4, poke_every=30, timeout=3600)
    run = await flowlite_engine.trigger(dag)
    assert (await flowlite_engine.task(run, "arrived")).state == "waiting"
    assert flowlite_engine.inner.machine.pools["default"].used == 0
    await flowlite_clock.advance(seconds=90)
    found = await flowlite_engine.result(run)
    assert found["use"] == "a" and len(pokes) == 4
    waited = found.tasks["arrived"][0]
    assert (waited.pokes, len(waited.attempts)) == (4, 1)


async def test_the_timeout_of_a_sensor_spans_the_whole_wait(flowlite_engine, flowlite_clock):
    dag, _ = counting_sensor(99, poke_every=30, timeout=100)
    run = await flowlite_engine.trigger(dag)
    await flowlite_engine.crash_and_restart()
    await flowlite_clock.advance(seconds=99)
    assert (await flowlite_engine.task(run, "arrived")).state == "waiting"
    await flowlite_clock.advance(seconds=1)
    found = await flowlite_engine.result(run)
    assert found.tasks["arrived"][0].state == "failed"
    assert found.tasks["arrived"][0].attempts[-1].outcome == "timed_out"


async def test_a_soft_sensor_is_skipped_when_its_wait_is_over(flowlite_engine):
    dag, _ = counting_sensor(99, poke_every=30, timeout=100, soft_fail=True)
    run = await flowlite_engine.run(dag)
    assert run.state == "success" and run.tasks["arrived"][0].state == "skipped"


async def test_a_coroutine_is_lost_in_a_crash_and_tried_again_without_using_a_retry(flowlite_engine, flowlite_clock):
    import asyncio

    began = []

    @task
    async def long():
        began.append(1)
        if len(began) == 1:
            await asyncio.Event().wait()

    with Dag("crashes") as dag:
        long()
    run = await flowlite_engine.trigger_unsettled(dag)
    await until(lambda: began)
    await flowlite_engine.crash_and_restart()
    await flowlite_clock.advance(minutes=5)
    found = await flowlite_engine.task(run, "long")
    assert [str(one.outcome) for one in found.attempts] == ["lost", "success"]


async def test_an_approval_waits_for_a_person_without_a_slot_and_passes_on_the_answer(flowlite_engine):
    @task
    async def use(answer: dict) -> str:
        return answer["by"]

    with Dag("asks") as dag:
        use(approve("Publish?", approvers=["ana"]))
    run = await flowlite_engine.trigger(dag)
    assert (await flowlite_engine.task(run, "approve")).state == "waiting"
    await flowlite_engine.answer(run, "approve", is_approved=True, by="ana")
    assert (await flowlite_engine.result(run))["use"] == "ana"


async def test_a_deadline_is_judged_when_it_is_due_and_the_work_goes_on(flowlite_engine, flowlite_clock):
    dag, _ = failing(1, retries=Retry(1, delay=600), sla=timedelta(seconds=60))
    run = await flowlite_engine.trigger(dag)
    await flowlite_clock.advance(seconds=60)
    rows = await flowlite_engine.inner.store.views.deadline_rows()
    assert [(row.task_id, row.was_met) for row in rows] == [("flaky", False)]
    await flowlite_clock.advance(seconds=600)
    assert (await flowlite_engine.result(run)).state == "success"


async def test_the_timeout_of_a_dag_cancels_what_is_left_and_fails_the_run(flowlite_engine, flowlite_clock):
    @task(retries=Retry(9, delay=1000))
    async def flaky():
        raise ValueError

    with Dag("slow", timeout=timedelta(minutes=5)) as dag:
        flaky()
    run = await flowlite_engine.trigger(dag)
    await flowlite_clock.advance(minutes=5)
    found = await flowlite_engine.result(run)
    assert (found.state, found.tasks["flaky"][0].state) == ("failed", "cancelled")


async def until(holds):
    import asyncio

    for _ in range(2000):
        if holds():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("it never came true")
