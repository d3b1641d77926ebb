"""Time, handed in: what the engine reads and what wakes it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Protocol

# A suspended VM or a set clock moves the wall away from the loop's monotonic time: look again at least this often.
LONGEST_SLEEP_S = 5.0


class Clock(Protocol):
    """Where the engine gets its time from. A test brings its own and moves it."""

    def now(self) -> float:
        """Seconds since the epoch, UTC."""
        ...

    def wake_at(self, at: float | None, ring: Callable[[], None]) -> None:
        """Call `ring` on the running loop once `at` has come; replaces the alarm before. None: no alarm."""
        ...


class WallClock:
    """The real time. One alarm, re-checked against the wall, because the loop's own timers stop with the machine."""

    def __init__(self) -> None:
        self._handle: asyncio.TimerHandle | None = None

    def now(self) -> float:
        """Seconds since the epoch, UTC."""
        return time.time()

    def wake_at(self, at: float | None, ring: Callable[[], None]) -> None:
        """Set the one alarm."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        if at is not None:
            self._sleep(at, ring)

    def _sleep(self, at: float, ring: Callable[[], None]) -> None:
        left = at - time.time()
        loop = asyncio.get_running_loop()
        if left <= 0:
            self._handle = None
            loop.call_soon(ring)
        else:
            self._handle = loop.call_later(min(left, LONGEST_SLEEP_S), self._sleep, at, ring)
