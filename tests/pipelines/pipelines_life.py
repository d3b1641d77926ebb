"""Two months in the life of an engine, on a clock that runs by itself: a state whose deadlines are known beforehand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flowlite import Context, Dag, Fail, Retry, RetryAfter, cron, task
from flowlite.engine.engine import Engine
from flowlite.engine.scheduling import Scheduler
from flowlite.engine.settings import EngineSettings
from flowlite.store.store import Store
from flowlite.testing import TestClock

FIRST, LAST = datetime(2024, 5, 1, tzinfo=UTC), datetime(2024, 7, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
Length = Callable[[datetime], timedelta]


def sales_takes(start: datetime) -> timedelta:
    """Too long (the deadline is an hour) on 1, 11 and 21 June, and on 5 May."""
    late = (start.month, start.day) in {(6, 1), (6, 11), (6, 21), (5, 5)}
    return HOUR * 3 if late else timedelta(minutes=20 + start.day % 7)


def stock_takes(start: datetime) -> timedelta:
    """Four times a day; too long (a quarter of an hour) on every Sunday noon."""
    return timedelta(minutes=40 if start.isoweekday() == 7 and start.hour == 6 else 5 + start.month)


def working(id_: str, cron_text: str, sla: timedelta, length: Length, fails: frozenset[tuple[int, int]]) -> Dag:
    """A DAG whose one task takes a known time, and fails on known days."""

    @task(retries=Retry(1, delay=0))
    async def work(ctx: Context) -> None:
        start = ctx.data_interval_start
        if (start.month, start.day) in fails:
            raise Fail("the source has sent nothing")
        if ctx.attempt == 1:
            raise RetryAfter(length(start).total_seconds())

    with Dag(id_, schedule=cron(cron_text, tz="UTC"), sla=sla) as dag:
        work()
    return dag


def live(state: Path) -> None:
    """From 1 May to 1 July 2024."""
    state.mkdir(parents=True)
    asyncio.run(_live(state))


async def _live(state: Path) -> None:
    clock, store = TestClock(FIRST), Store.open(state / "flowlite.db", durability="normal")
    engine = Engine(store, EngineSettings(state_dir=state, pools={"default": 8}), clock)
    scheduler = Scheduler(engine, clock.another_alarm())

    async def settled() -> None:
        await scheduler.settled()
        await engine.settled()

    clock.settled = settled
    dags = [
        working("sales", "0 2 * * *", HOUR, sales_takes, frozenset({(6, 15)})),
        working("stock", "0 */6 * * *", timedelta(minutes=15), stock_takes, frozenset()),
    ]
    await engine.start(dags)
    await scheduler.start()
    await clock.advance(seconds=(LAST - FIRST).total_seconds())
    clock.settled = None
    await scheduler.stop()
    await engine.stop(leave_processes=False)
    store.close()
