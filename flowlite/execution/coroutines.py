"""The coroutine executor: bodies run as tasks of one loop, in a thread of its own, away from the engine's.

Orders come in batches and outcomes leave in batches: what ends in one turn of the loop is told in one call. A task that
needs no timeout, no log and no folder pays for none of them.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from flowlite.core.rows import Evidence
from flowlite.core.states import Outcome
from flowlite.execution.attempt_io import AttemptIo
from flowlite.execution.deadlines import Deadlines
from flowlite.execution.failure import failure_of, place_of, plain_error
from flowlite.execution.loop_thread import LoopThread
from flowlite.execution.masking import Masker
from flowlite.execution.results import kept
from flowlite.execution.site import Site
from flowlite.execution.watchdog import Watchdog
from flowlite.execution.work import AttemptKey, CoroutineWork, Ended, Order, Produced

_NO_EVIDENCE = Evidence()


class _Live:
    """One body on the loop. `wish` is why it was asked to stop."""

    __slots__ = ("has_begun", "io", "is_given_up", "order", "task", "timer", "wish")

    def __init__(self, order: Order, io: AttemptIo) -> None:
        self.order = order
        self.io = io
        self.task: asyncio.Task[None] | None = None
        self.timer: asyncio.TimerHandle | None = None
        self.wish: Outcome | None = None
        self.has_begun = False
        self.is_given_up = False


class Coroutines:
    """Everything but `start`, `stop` and `close` runs in the task loop."""

    def __init__(self, site: Site, watch: LoopThread) -> None:
        self._site = site
        self._thread = LoopThread("flowlite-tasks")
        self._watchdog = Watchdog(self._thread, watch, self._complain, lambda: bool(self._live))
        self._live: dict[AttemptKey, _Live] = {}
        self._over: list[Ended] = []
        self._deadlines = Deadlines(self._time_out, self._is_live, self._live.__len__)
        self._is_closing = False

    def start(self, orders: Sequence[Order]) -> None:
        """One wake-up for all of them."""
        self._thread.call(self._begin, orders)
        self._watchdog.wake()

    def stop(self, key: AttemptKey) -> None:
        """Cancel one; unknown keys have ended already, and their Ended is on its way."""
        if self._thread.is_started():
            self._thread.call(self._interrupt, key, Outcome.CANCELLED)

    def close(self, within_s: float) -> None:
        """Interrupt all, wait for them, stop the loop. Blocks; what does not let go in time is abandoned."""
        if not self._thread.is_started():
            return
        is_empty = threading.Event()
        self._thread.call(self._close, is_empty)
        if not is_empty.wait(within_s):
            self._abandon()
        self._thread.call(self._flush)
        self._thread.stop(1.0)

    def _abandon(self) -> None:
        """The loop is blocked and will not tell: this thread does."""
        for live in list(self._live.values()):
            if not live.is_given_up:
                live.is_given_up = True
                live.wish = live.wish or Outcome.INTERRUPTED
                self._site.listener.ended([self._stopped(live)])

    def _complain(self, task: asyncio.Task[object], text: str) -> None:
        for live in list(self._live.values()):
            if live.task is task:
                live.io.log("flow", text)

    def _begin(self, orders: Sequence[Order]) -> None:
        loop, site, live_ones = self._thread.loop, self._site, self._live
        for order in orders:
            live = live_ones[order.key] = _Live(order, AttemptIo(order, site))
            if order.timeout_s is not None:
                self._deadlines.add(loop, order.timeout_s, live)
            live.task = asyncio.Task(self._carry_out(live), loop=loop, name=order.name)
        if self._is_closing:
            for order in orders:
                self._interrupt(order.key, Outcome.INTERRUPTED)

    async def _carry_out(self, live: _Live) -> None:
        work = live.order.work
        assert isinstance(work, CoroutineWork)
        live.has_begun = True
        try:
            # A task that is cancelled before its first step would never come here and tell nobody.
            if live.wish is not None:
                raise asyncio.CancelledError
            ended = self._succeeded(live, await work.body(live.io))
        except BaseException as error:  # a task's sys.exit() must not take the loop down
            ended = self._failed(live, error)
        if live.timer is not None:
            live.timer.cancel()
        self._settle(live, ended)

    def _succeeded(self, live: _Live, made: Produced) -> Ended:
        if live.wish is Outcome.TIMED_OUT:
            raise asyncio.CancelledError  # it caught the cancellation: late is late
        log = live.io.close()
        if log is None and made.result is None and not made.note:
            evidence = _NO_EVIDENCE
        else:
            result = kept(made.result, self._site.state_dir, live.order.key)
            evidence = Evidence(error=note_of(made, self._site.masker), log=log, result=result)
        return Ended(live.order.key, made.outcome, evidence, made.facts, made.resume_at)

    def _failed(self, live: _Live, error: BaseException) -> Ended:
        if live.wish is not None:
            return self._stopped(live, error)
        failure = failure_of(error, self._site.masker)
        live.io.log("error", failure.traceback)
        evidence = Evidence(error=failure.error, log=live.io.close())
        key = live.order.key
        return Ended(key, failure.outcome, evidence, resume_at=failure.retry_at, is_final=failure.is_final)

    def _stopped(self, live: _Live, error: BaseException | None = None, *, holds_slot: bool = False) -> Ended:
        outcome = live.wish or Outcome.CANCELLED
        evidence = stop_evidence(outcome, live.order, live.io, {} if error is None else place_of(error))
        return Ended(live.order.key, outcome, evidence, holds_slot=holds_slot)

    def _is_live(self, live: _Live) -> bool:
        return self._live.get(live.order.key) is live

    def _time_out(self, live: _Live) -> None:
        self._interrupt(live.order.key, Outcome.TIMED_OUT)

    def _interrupt(self, key: AttemptKey, why: Outcome) -> None:
        live = self._live.get(key)
        if live is None or live.wish is not None or live.task is None:
            return
        live.wish = why
        if live.has_begun:
            live.task.cancel()
        live.timer = self._thread.loop.call_later(live.order.grace_s, self._give_up, live)

    def _give_up(self, live: _Live) -> None:
        """It swallows its cancellation: say so, keep its slot, and wait for it like for a thread."""
        if live.task is None or live.task.done() or live.is_given_up:
            return
        live.is_given_up = True
        # asyncio would complain of it at exit, to whoever reads the terminal and can do nothing about it.
        live.task._log_destroy_pending = False  # type: ignore[attr-defined]
        self._tell(self._stopped(live, holds_slot=True))

    def _settle(self, live: _Live, ended: Ended) -> None:
        del self._live[live.order.key]
        if live.is_given_up:
            self._site.listener.slot_returned(live.order.key)
            return
        self._tell(ended)

    def _tell(self, ended: Ended) -> None:
        if not self._over:
            self._thread.loop.call_soon(self._flush)
        self._over.append(ended)

    def _flush(self) -> None:
        if self._over:
            over, self._over = self._over, []
            self._site.listener.ended(over)

    def _close(self, is_empty: threading.Event) -> None:
        self._is_closing = True
        for key in list(self._live):
            self._interrupt(key, Outcome.INTERRUPTED)
        self._watch_empty(is_empty)

    def _watch_empty(self, is_empty: threading.Event) -> None:
        # Ten looks a second, at exit only: cheaper than a counter that every task pays for.
        if self._live:
            self._thread.loop.call_later(0.01, self._watch_empty, is_empty)
        else:
            is_empty.set()


def note_of(made: Produced, masker: Masker) -> str | None:
    """Why it was skipped, in the shape of an error."""
    return plain_error("skipped", masker.text(made.note), type_name="Skip") if made.note else None


def stop_evidence(outcome: Outcome, order: Order, io: AttemptIo, place: Mapping[str, Any]) -> Evidence:
    """What is said of an attempt that was stopped from outside, in its log too; `place`: where it was then."""
    if outcome is Outcome.TIMED_OUT:
        kind, message = "timeout", f"it took longer than its timeout of {order.timeout_s:g} s"
    elif outcome is Outcome.CANCELLED:
        kind, message = "cancelled", "it was cancelled"
    else:
        kind, message = "lost", "it was interrupted: flowlite is stopping"
    io.log("flow", message)
    return Evidence(error=plain_error(kind, message, **place), log=io.close())
