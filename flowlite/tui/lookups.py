"""Lookups: what the daemon is asked for when somebody looks at it, and kept. What draws asks for a value and goes on
without it until it is there; the newest question is answered first, for a cursor that runs ahead."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from flowlite.core.errors import FlowliteError
from flowlite.tui.reader import Asked

AT_ONCE = 2
EVERY_S = 2.0
KEPT = 256
OPEN_QUESTIONS = 16  # older ones are forgotten: whoever asked has moved on


@dataclass(slots=True)
class Answer:
    """`value` may be of an older stamp while a new one is asked for. `error`: why there is none."""

    value: Any = None
    stamp: Hashable = None
    error: str = ""
    is_asked: bool = False
    is_known: bool = False
    asked_at: float = -1e9


class Lookups:
    """`heard` is called when an answer has come."""

    def __init__(self, remote: Asked, heard: Callable[[], None]) -> None:
        self._remote, self._heard = remote, heard
        self._known: dict[Hashable, Answer] = {}
        self._open: list[tuple[Hashable, str, dict[str, Any]]] = []
        self._busy: set[asyncio.Task[None]] = set()
        self.is_live = True

    def look(self, verb: str, *, stamp: Hashable = None, every_s: float = EVERY_S, **named: Any) -> Answer:
        """What is known by now. Another `stamp` than that of what is known asks again, at most every `every_s`."""
        key = (verb, *sorted((name, repr(value)) for name, value in named.items()))
        found = self._known.pop(key, None) or Answer()
        self._known[key] = found
        if not found.is_asked and self.is_live and not (found.is_known and found.stamp == stamp):
            loop = asyncio.get_running_loop()
            if (left_s := found.asked_at + every_s - loop.time()) > 0:
                found.is_asked = True
                loop.call_later(left_s, self._let_ask, found)
                return found
            found.is_asked, found.stamp, found.asked_at = True, stamp, loop.time()
            self._open.append((key, verb, named))
            for old, *_ in self._open[:-OPEN_QUESTIONS]:
                self._known[old].is_asked = False
            del self._open[:-OPEN_QUESTIONS]
            self._begin()
        while len(self._known) > KEPT:
            del self._known[next(iter(self._known))]
        return found

    def _let_ask(self, found: Answer) -> None:
        found.is_asked = False
        self._heard()

    @property
    def is_quiet(self) -> bool:
        """Whether no answer is awaited."""
        return not self._open and not self._busy

    def forget(self) -> None:
        """Ask for everything anew when it is looked at: a daemon has come back."""
        for answer in self._known.values():
            answer.is_known, answer.asked_at = False, -1e9

    def _begin(self) -> None:
        while self._open and len(self._busy) < AT_ONCE:
            task = asyncio.create_task(self._ask(*self._open.pop()), name="flowlite tui lookup")
            self._busy.add(task)
            task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._busy.discard(task)
        self._begin()

    async def _ask(self, key: Hashable, verb: str, named: dict[str, Any]) -> None:
        answer = self._known.get(key) or Answer()
        try:
            answer.value, answer.error = await self._remote.raw(verb, **named), ""
        except (FlowliteError, OSError) as error:
            answer.error = str(error)
        answer.is_asked, answer.is_known = False, True
        self._heard()

    async def stop(self) -> None:
        """No more questions."""
        self._open.clear()
        for task in self._busy:
            task.cancel()
        await asyncio.gather(*self._busy, return_exceptions=True)
