"""The alarm clock of the scheduler: APScheduler, with one one-shot job at an absolute instant. It rings; what is due,
the scheduler looks up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Protocol

from flowlite.engine.clock import LONGEST_SLEEP_S

JOB = "next fire"


class AlarmClock(Protocol):
    """One alarm. A test brings its own and moves the time."""

    def start(self) -> None:
        """Begin, on the running loop."""
        ...

    def wake_at(self, at: float | None, ring: Callable[[], None]) -> None:
        """Call `ring` on that loop once the wall clock says `at`; replaces the alarm before. None: no alarm."""
        ...

    def stop(self) -> None:
        """Ring no more."""
        ...


class ApsAlarm:
    """The real one. APScheduler is imported when it starts: most commands never need it."""

    def __init__(self) -> None:
        self._scheduler: Any = None
        self._again: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin, on the running loop."""
        from apscheduler.schedulers.asyncio import AsyncIOScheduler

        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._scheduler.start()
        self._again = asyncio.get_running_loop().call_later(LONGEST_SLEEP_S, self._look_again)

    def wake_at(self, at: float | None, ring: Callable[[], None]) -> None:
        """Set the one alarm."""
        from apscheduler.triggers.date import DateTrigger

        if at is None:
            if self._scheduler.get_job(JOB) is not None:
                self._scheduler.remove_job(JOB)
            return
        instant = DateTrigger(datetime.fromtimestamp(at, UTC))
        # Without a grace time a job that is late, because the machine slept, runs all the same.
        self._scheduler.add_job(rung, instant, [ring], id=JOB, replace_existing=True, misfire_grace_time=None)

    def stop(self) -> None:
        """Ring no more. Asked again, it does nothing."""
        if self._again is not None:
            self._again.cancel()
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)
        self._again = self._scheduler = None

    def _look_again(self) -> None:
        """APScheduler sleeps by the monotonic clock, which a suspended machine and a set wall clock leave behind."""
        self._scheduler.wakeup()
        self._again = asyncio.get_running_loop().call_later(LONGEST_SLEEP_S, self._look_again)


async def rung(ring: Callable[[], None]) -> None:
    """A coroutine, because APScheduler runs plain functions in a thread."""
    ring()
