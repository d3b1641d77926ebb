"""The watchdog of the task loop: names the body that blocks it, in that body's own log.

It runs in the watch loop and only while there are bodies on the task loop, so an idle daemon is not woken by it.
"""

from __future__ import annotations

import asyncio
import sys
import traceback
from collections.abc import Callable
from types import FrameType

from flowlite.execution.loop_thread import LoopThread

LOOK_EVERY_S = 1.0
BLOCKED_S = 1.0

Complain = Callable[["asyncio.Task[object]", str], None]


class Watchdog:
    """`complain(task, text)` is called once each time that a task blocks the loop. `is_busy()`: are there any?"""

    def __init__(self, tasks: LoopThread, watch: LoopThread, complain: Complain, is_busy: Callable[[], bool]) -> None:
        self._tasks = tasks
        self._watch = watch
        self._complain = complain
        self._is_busy = is_busy
        self._is_awake = False
        self._asked_at: float | None = None  # when the task loop was asked for a sign of life that has not come
        self._has_complained = False

    def wake(self) -> None:
        """There are bodies on the loop again. From any thread; cheap if it is awake."""
        if not self._is_awake:
            self._is_awake = True
            self._watch.call(self._later)

    def _later(self) -> None:
        self._watch.loop.call_later(LOOK_EVERY_S, self._look)

    def _look(self) -> None:
        if (not self._is_busy() and self._asked_at is None) or not self._tasks.is_started():
            self._is_awake = False
            return
        now = self._watch.loop.time()
        if self._asked_at is None:
            self._asked_at = now
            self._tasks.call(self._answer)
        elif now - self._asked_at >= BLOCKED_S and not self._has_complained:
            self._has_complained = self._name_it(now - self._asked_at)
        self._later()

    def _answer(self) -> None:
        self._asked_at = None
        self._has_complained = False

    def _name_it(self, seconds: float) -> bool:
        task = asyncio.current_task(self._tasks.loop)
        frame = sys._current_frames().get(self._tasks.thread_id)
        if task is None or frame is None:
            return False
        self._complain(task, blame(frame, seconds))
        return True


def blame(frame: FrameType, seconds: float) -> str:
    """What is said to its author, with the place where it stands."""
    where = "".join(traceback.format_stack(frame)[-3:]).rstrip()
    return (
        f"it has blocked the task loop for {seconds:.1f} s, and all other async tasks with it; "
        f'await, or declare it with isolation="process". It stands at\n{where}'
    )
