"""Many deadlines, of which nearly none is ever reached: one timer for the nearest, and dead ones are dropped in bulk.

A timer of the event loop for each would cost more than all the rest of a short task.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Generic, TypeVar

T = TypeVar("T")
SPARE = 1024  # so many dead ones are kept, beside as many as are alive


class Deadlines(Generic[T]):
    """`reach(thing)` is called in the loop at its deadline, if `is_live(thing)` still holds then."""

    def __init__(self, reach: Callable[[T], None], is_live: Callable[[T], bool], count_live: Callable[[], int]) -> None:
        self._reach = reach
        self._is_live = is_live
        self._count_live = count_live
        self._heap: list[tuple[float, int, T]] = []
        self._number = 0  # equal times are kept in order, and things are never compared
        self._timer: asyncio.TimerHandle | None = None

    def add(self, loop: asyncio.AbstractEventLoop, seconds: float, thing: T) -> None:
        """From now on, in the loop."""
        at = loop.time() + seconds
        self._number += 1
        heappush(self._heap, (at, self._number, thing))
        if self._heap[0][1] == self._number:
            self._arm(loop)
        if len(self._heap) > 2 * self._count_live() + SPARE:
            self._heap = [entry for entry in self._heap if self._is_live(entry[2])]
            heapify(self._heap)

    def _arm(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = loop.call_at(self._heap[0][0], self._ring, loop)

    def _ring(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        now = loop.time()
        while self._heap and (self._heap[0][0] <= now or not self._is_live(self._heap[0][2])):
            _, _, thing = heappop(self._heap)
            if self._is_live(thing):
                self._reach(thing)
        if self._heap:
            self._arm(loop)
