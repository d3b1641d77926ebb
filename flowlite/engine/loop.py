"""The loop: inbox -> machine -> one transaction -> commands -> announcement.

Whatever arrives while a commit is on its way goes into the next one, so the busier it is, the bigger the batches.
Nothing is carried out and nobody is told before the commit has returned.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Protocol

from flowlite.core.errors import FlowliteError
from flowlite.core.machine import Machine
from flowlite.core.messages import Command, Event, Tick
from flowlite.core.rows import Changes
from flowlite.engine.clock import Clock
from flowlite.store.errors import DiskFull, StateLocked, StoreError
from flowlite.store.rows import OutboxRow, ProgressRow, ReportRow
from flowlite.store.store import Store

TRY_AGAIN_S = 1.0


class EngineStopped(FlowliteError):
    """The engine could not go on. What it had committed is safe; start it again to take it up."""


@dataclass(frozen=True, slots=True)
class Commit:
    """One turn, on disk. `last_event` is the number of its last event."""

    changes: Changes
    commands: Sequence[Command]
    reports: Sequence[ReportRow | ProgressRow]
    last_event: int
    at: float
    took_s: float = 0.0  # the transaction, waiting for it included


class Follower(Protocol):
    """What follows from a commit; all of it on the engine's loop."""

    def outbox_for(self, changes: Changes) -> Sequence[OutboxRow]:
        """Messages to people that belong into the same transaction."""
        ...

    def committed(self, commit: Commit) -> None:
        """It is on disk: carry the commands out and tell whoever listens."""
        ...

    def troubled(self, error: StoreError) -> None:
        """A commit did not go through and is tried again."""
        ...

    def stopped(self, error: BaseException) -> None:
        """The loop has died of this; nothing more will be committed."""
        ...


class Loop:
    """Turns for as long as its task runs; events may be sent from the loop's own thread only."""

    def __init__(self, machine: Machine, store: Store, clock: Clock, follower: Follower) -> None:
        self.machine, self._store, self._clock, self._follower = machine, store, clock, follower
        self._inbox: list[Event] = []
        self._reports: dict[tuple[object, ...], ReportRow | ProgressRow] = {}
        self._heard: list[asyncio.Future[None]] = []
        self._wake = asyncio.Event()
        self._is_turning = self._is_stopping = False
        self.is_patient = False  # a daemon waits for space on the disk; a command says so and ends
        self.trouble: StoreError | None = None
        self._task: asyncio.Task[None] | None = None

    def send(self, *events: Event) -> None:
        """Into the inbox, for the next turn."""
        self._inbox.extend(events)
        self._wake.set()

    async def send_and_wait(self, *events: Event) -> None:
        """Into the inbox; returns when what follows from them is on disk and carried out."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._heard.append(future)
        self.send(*events)
        await future

    def report(self, row: ReportRow | ProgressRow) -> None:
        """A row about a live attempt, written with the next commit; a newer one takes the place of an older one."""
        self._reports[row.key] = row
        self._wake.set()

    @property
    def is_idle(self) -> bool:
        """Nothing in the inbox and no commit on its way."""
        return not self._inbox and not self._reports and not self._is_turning

    def start(self) -> None:
        """Begin to turn."""
        self._task = asyncio.get_running_loop().create_task(self._turn_until_stopped(), name="flowlite loop")

    async def finish(self) -> None:
        """Turn until the inbox is empty, then stop."""
        if self._task is None:
            return
        self._clock.wake_at(None, self._ring)
        self._is_stopping = True
        self._wake.set()
        await self._task
        self._task = None

    async def halt(self) -> None:
        """Stop with the commit that is on its way; the rest of the inbox is dropped."""
        self._inbox.clear()
        self._reports.clear()
        await self.finish()

    async def _turn_until_stopped(self) -> None:
        try:
            while True:
                if self._inbox or self._reports:
                    await self._turn()
                elif self._is_stopping:
                    return
                else:
                    self._wake.clear()
                    await self._wake.wait()
        except Exception as error:
            self._follower.stopped(error)

    async def _turn(self) -> None:
        heard, self._heard = self._heard, []
        self._is_turning = True
        try:
            commit = await self._commit()
        except BaseException as error:
            settle(heard, error)
            raise
        finally:
            self._is_turning = False
        self._follower.committed(commit)
        settle(heard)
        if not self._is_stopping:
            self._clock.wake_at(self.machine.next_wake, self._ring)

    async def _commit(self) -> Commit:
        events, self._inbox = self._inbox, []
        reports, self._reports = list(self._reports.values()), {}
        now = self._clock.now()
        changes, commands = self.machine.apply(events, now)
        outbox = self._follower.outbox_for(changes)
        began = perf_counter()
        while True:
            try:
                last_event = await self._store.commit(changes, now, reports=reports, outbox=outbox)
                break
            except (DiskFull, StateLocked) as error:
                await self._wait_out(error)
        self.trouble = None
        return Commit(changes, commands, reports, last_event, now, perf_counter() - began)

    async def _wait_out(self, error: StoreError) -> None:
        """Nothing of the unit was written, and somebody can help: make space, or let go of the file. What runs goes on,
        nothing new is started, and what ended is in the inbox. Raises the error if the engine is to stop."""
        if self._is_stopping or not self.is_patient:
            raise error
        self.trouble = error
        self._follower.troubled(error)
        await asyncio.sleep(TRY_AGAIN_S)

    def _ring(self) -> None:
        self.send(Tick())


def settle(futures: Sequence[asyncio.Future[None]], error: BaseException | None = None) -> None:
    """Tell those who still wait."""
    for future in futures:
        if not future.done():
            future.set_result(None) if error is None else future.set_exception(error)
