"""The pulse: whatever wants to be drawn again waits for the next beat. At most fifteen a second, none while nothing is
wanted: an idle screen costs no time and sends nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

BEAT_S = 1 / 15
TICK_S = 1.0


class Drawn(Protocol):
    """What can be drawn."""

    @property
    def is_ticking(self) -> bool:
        """Whether it shows a length that grows by itself."""
        ...

    @property
    def is_shown(self) -> bool:
        """Whether anybody can see it."""
        ...

    def draw_now(self) -> None:
        """Draw it."""
        ...


class Pulse:
    """Of one application."""

    def __init__(self, beat_s: float = BEAT_S, *, before: Callable[[], None] = lambda: None) -> None:
        """`before` is called at each beat, ahead of the drawing."""
        self._beat_s, self._before = beat_s, before
        self.last: list[Drawn] = []  # drawn after the others, whatever was: they tell of them
        self._wanted: dict[Drawn, None] = {}
        self._ticking: dict[Drawn, None] = {}
        self._next: asyncio.TimerHandle | None = None
        self._tick: asyncio.TimerHandle | None = None
        self._last = -1.0
        self._is_over = False

    def want(self, one: Drawn) -> None:
        """Draw it with the next beat."""
        self._wanted[one] = None
        self.wake()

    def wake(self) -> None:
        """Let there be a next beat."""
        if self._next is None and not self._is_over:
            loop = asyncio.get_running_loop()
            self._next = loop.call_at(max(loop.time(), self._last + self._beat_s), self._beat)

    def now(self, one: Drawn) -> None:
        """Draw it at once: a key was pressed."""
        self._wanted.pop(one, None)
        for each in (one, *self.last):
            self._draw(each)

    @property
    def is_quiet(self) -> bool:
        """Whether nothing waits for a beat."""
        return self._next is None and not self._wanted

    def stop(self) -> None:
        """For good: news may still come while an application ends."""
        self._is_over = True
        for timer in (self._next, self._tick):
            if timer is not None:
                timer.cancel()
        self._next = self._tick = None
        self._wanted.clear()
        self._ticking.clear()

    def _beat(self) -> None:
        self._next, self._last = None, asyncio.get_running_loop().time()
        self._before()
        wanted, self._wanted = self._wanted, {}
        for one in (*(one for one in wanted if one not in self.last), *self.last):
            self._draw(one)

    def _draw(self, one: Drawn) -> None:
        if not one.is_shown:
            return
        one.draw_now()
        if one.is_ticking:
            self._ticking[one] = None
            if self._tick is None:
                loop = asyncio.get_running_loop()
                # On the whole second, so that all lengths on the screen move together.
                self._tick = loop.call_later(TICK_S, self._second)

    def _second(self) -> None:
        self._tick = None
        ticking, self._ticking = self._ticking, {}
        for one in ticking:
            self.want(one)
