"""The postman: carries what is in the outbox to the channels, each at its own pace.

A channel that is dead, slow or flooded delays no other. What went out is marked; a crash in between sends it again,
with the same key. What fails is tried again for a day, then given up, and the row says why.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable, Container, Sequence
from typing import Any

from flowlite.authoring.alert import Alert
from flowlite.core.errors import FlowliteError
from flowlite.engine.clock import Clock
from flowlite.engine.loop import Commit
from flowlite.service.alerts.rendering import gathered
from flowlite.store.outbox import Outbox
from flowlite.store.views import OutboxView

SEND_S = 30.0  # so long may one message take
GIVE_UP_S = 24 * 3600.0
FIRST_WAIT_S, LONGEST_WAIT_S = 5.0, 3600.0
SINGLE, WINDOW_S = 5, 60.0  # so many messages a channel gets within so long; what comes meanwhile is gathered into one
MOST_AT_ONCE = 1_000

Send = Callable[[str, Alert], Awaitable[None]]
Render = Callable[[OutboxView], Awaitable[Alert]]
Tell = Callable[[str, str], None]  # state and text


class Postman:
    """`start` on the engine's loop; hears of commits by `committed`; `stop` waits for nothing."""

    def __init__(self, outbox: Outbox, clock: Clock, render: Render, send: Send, tell: Tell) -> None:
        self._outbox, self._clock, self._render, self._send, self._tell = outbox, clock, render, send, tell
        self._rounds: dict[str, asyncio.Task[None]] = {}  # by channel: what is on its way
        self._sent: dict[str, deque[float]] = {}  # by channel: when its last messages went out
        self._silent: set[str] = set()  # channels that were said to fail
        self._wake, self._is_looking = asyncio.Event(), False
        self._task: asyncio.Task[None] | None = None

    # --- life ---------------------------------------------------------------------------------------------------------
    def start(self) -> None:
        """Carry out what is left from before, and what comes."""
        self._wake.set()
        self._task = asyncio.get_running_loop().create_task(self._live(), name="flowlite postman")

    async def stop(self) -> None:
        """What is on its way is dropped, and sent again by the next start."""
        tasks = [task for task in (self._task, *self._rounds.values()) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def committed(self, commit: Commit) -> None:
        """For the engine's listeners."""
        if commit.changes.alerts:
            self._wake.set()

    def look(self) -> None:
        """Something may be due."""
        self._wake.set()

    async def _live(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            self._is_looking = True
            await self._set_out()
            self._is_looking = False

    def is_waiting(self, *, but_for: Container[str] = ()) -> bool:
        """Nothing is under way but messages to the channels `but_for`."""
        return not (self._wake.is_set() or self._is_looking or any(one not in but_for for one in self._rounds))

    async def _set_out(self) -> None:
        """One round for each channel that has something due, none on its way, and may get a message."""
        now = self._clock.now()
        held = {channel: opens_at for channel in self._sent if (opens_at := self._opens_at(channel, now)) > now}
        without = (*self._rounds, *held)
        due = await self._outbox.due(now, MOST_AT_ONCE, without=without)
        by_channel: dict[str, list[OutboxView]] = {}
        for row in due:
            by_channel.setdefault(row.channel, []).append(row)
        for channel, rows in by_channel.items():
            task = asyncio.get_running_loop().create_task(self._round(channel, rows))
            self._rounds[channel] = task
            task.add_done_callback(lambda _, channel=channel: self._back(channel))  # type: ignore[misc]
        next_at = await self._outbox.next_due_at(without=(*without, *by_channel))
        self._clock.wake_at(
            min((at for at in (next_at, *held.values()) if at is not None), default=None), self._wake.set
        )

    def _back(self, channel: str) -> None:
        self._rounds.pop(channel)
        self._wake.set()

    # --- one channel --------------------------------------------------------------------------------------------------
    async def _round(self, channel: str, rows: Sequence[OutboxView]) -> None:
        """Each by itself, or all as one if they are too many."""
        if len(rows) > self._left(channel, self._clock.now()):
            alerts = [alert for row in rows if (alert := await self._rendered(row)) is not None]
            await self._deliver(channel, rows, gathered(alerts))
            return
        for row in rows:
            alert = await self._rendered(row)
            if alert is not None and not await self._deliver(channel, [row], alert):
                return  # the others would fail as well, and are due still

    async def _rendered(self, row: OutboxView) -> Alert | None:
        """None: nobody can make words of it, and it must not hold up the others."""
        try:
            return await self._render(row)
        except Exception as error:
            await self._give_up([row], shown(error))
            return None

    def _left(self, channel: str, now: float) -> int:
        """How many messages it may still get."""
        sent = self._sent.setdefault(channel, deque())
        while sent and sent[0] <= now - WINDOW_S:
            sent.popleft()
        return SINGLE - len(sent)

    def _opens_at(self, channel: str, now: float) -> float:
        """From when on it may get a message."""
        return now if self._left(channel, now) > 0 else self._sent[channel][0] + WINDOW_S

    async def _deliver(self, channel: str, rows: Sequence[OutboxView], alert: Alert) -> bool:
        """True: it went out, and that is on disk."""
        try:
            async with asyncio.timeout(SEND_S):
                await self._send(channel, alert)
        except Exception as error:  # whatever a notifier does, the others go on
            await self._failed(channel, rows, error)
            return False
        now = self._clock.now()
        self._sent.setdefault(channel, deque()).append(now)
        self._silent.discard(channel)
        for row in rows:
            await self._outbox.sent(row.id, at=now)
        return True

    async def _failed(self, channel: str, rows: Sequence[OutboxView], error: Exception) -> None:
        now = self._clock.now()
        text = shown(error)
        if channel not in self._silent:
            self._silent.add(channel)
            self._tell("failed", f"channel {channel}: {text}; it is tried again for a day")
        for row in rows:
            retry_at = max(now + wait_s(row.tries), getattr(error, "retry_at", None) or 0.0)
            if getattr(error, "is_final", False) or retry_at > happened_at(row) + GIVE_UP_S:
                await self._give_up([row], text)
            else:
                await self._outbox.failed(row.id, error=text, retry_at=retry_at)

    async def _give_up(self, rows: Sequence[OutboxView], why: str) -> None:
        for row in rows:
            await self._outbox.gave_up(row.id, error=why, at=self._clock.now())
            self._tell("failed", f"channel {row.channel}: given up on {row.dedup_key}: {why}")


def wait_s(tries: int) -> float:
    """Before the next try, after so many: 5 s, then always twice as long, up to an hour; up to a fifth more by chance,
    so that a service that comes back is not asked by all at once."""
    from tenacity import RetryCallState, wait_exponential, wait_random

    growing = wait_exponential(multiplier=FIRST_WAIT_S, max=LONGEST_WAIT_S)
    state = RetryCallState(retry_object=None, fn=None, args=(), kwargs={})  # type: ignore[arg-type]
    state.attempt_number = tries + 1
    waited = growing(state)
    return waited + wait_random(0, waited / 5)(state)


def happened_at(row: OutboxView) -> float:
    """When it came into being: `due_at` moves with each try."""
    given: dict[str, Any] = json.loads(row.payload)
    return float(given["at"])


def shown(error: Exception) -> str:
    """For people."""
    if isinstance(error, TimeoutError):
        return f"no answer within {SEND_S:.0f} s"
    text = str(error).strip()
    return text if isinstance(error, FlowliteError) and text else f"{type(error).__name__}: {text}"
