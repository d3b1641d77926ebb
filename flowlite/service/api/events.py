"""The stream of events: what the store has after a number, then whatever is committed.

The store is the queue. Each reader takes from it at a pace of its own, so a slow one costs no memory; one that has
fallen too far behind is told to take a snapshot and to go on from there.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from flowlite.engine.engine import Engine
from flowlite.engine.loop import Commit
from flowlite.store.shown import Views
from flowlite.store.views import EventView

AT_A_TIME = 2_000
MOST_BEHIND = 100_000
EVERY_S = 0.05  # what is committed within this goes out together
LOOK_EVERY_S = 1.0  # some events are written beside the engine's commits
SIGN_OF_LIFE_S = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Events up to number `seq`, in order; none: just a sign of life.

    `is_cut_off`: there is more than can be told. It is the last batch: take a snapshot, and ask from its number on.
    """

    seq: int
    events: tuple[EventView, ...] = ()
    is_cut_off: bool = False
    why: str = ""


class Events:
    """The verb; between `start` and `stop` it listens to an engine."""

    def __init__(self, engine: Engine, views: Views, *, most_behind: int = MOST_BEHIND) -> None:
        self._engine, self._views, self._most_behind = engine, views, most_behind
        self._news: set[asyncio.Event] = set()

    def start(self) -> None:
        """Hear of commits."""
        self._engine.listeners.append(self._committed)

    def stop(self) -> None:
        """No more."""
        with suppress(ValueError):
            self._engine.listeners.remove(self._committed)

    def _committed(self, commit: Commit) -> None:
        for news in self._news:
            news.set()

    async def events(self, after: int | None = None, *, is_merged: bool = False) -> AsyncIterator[Batch]:
        """Everything after that number, in order and without end; no number: from now on.

        `is_merged`: of several events of one thing within a batch only the last, for who shows states.
        """
        seq = await self._views.last_event() if after is None else after
        news = asyncio.Event()
        self._news.add(news)
        try:
            yield Batch(seq=seq)
            while not (cut := await self._lost(seq)):
                news.clear()
                seq, batch = await self._next(seq, is_merged=is_merged)
                if batch is not None:
                    yield batch
                    await asyncio.sleep(EVERY_S)
                else:
                    await self._silence(news, seq)
                    if not news.is_set():
                        yield Batch(seq=seq)
            yield Batch(seq=seq, is_cut_off=True, why=cut)
        finally:
            self._news.discard(news)

    async def _next(self, seq: int, *, is_merged: bool) -> tuple[int, Batch | None]:
        last, found = await self._views.event_page(seq, AT_A_TIME)
        if not found:
            return last, None
        return last, Batch(seq=last, events=tuple(merged(found) if is_merged else found))

    async def _silence(self, news: asyncio.Event, seq: int) -> None:
        """Until there is something, or for as long as a reader is left without a sign of life."""
        until = asyncio.get_running_loop().time() + SIGN_OF_LIFE_S
        while not news.is_set() and asyncio.get_running_loop().time() < until:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await news.wait()
            if not news.is_set() and await self._views.last_event() > seq:
                news.set()

    async def _lost(self, seq: int) -> str:
        """Why the stream can't go on from there; "": it can."""
        first, last = await self._views.first_event(), await self._views.last_event()
        if seq > last:
            return f"there is no event {seq} yet: the last is {last}; was the state replaced?"
        if seq < first - 1:
            return f"events before {first} are not kept any more"
        if last - seq > self._most_behind:
            return f"event {seq} is {last - seq:,} behind"
        return ""


def merged(events: Sequence[EventView]) -> list[EventView]:
    """The last of each thing, in order."""
    last = {(one.kind, one.dag_id, one.run_id, one.task_id, one.map_index, one.name): one for one in events}
    return sorted(last.values(), key=lambda one: one.seq)
