"""The thread executor: functions in daemon threads. A thread can't be stopped, only given up; it keeps its slot."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Sequence

from flowlite.core.rows import Evidence
from flowlite.core.states import Outcome
from flowlite.execution.attempt_io import AttemptIo
from flowlite.execution.coroutines import note_of, stop_evidence
from flowlite.execution.failure import failure_of, place_of_thread
from flowlite.execution.loop_thread import LoopThread
from flowlite.execution.results import kept
from flowlite.execution.site import Site
from flowlite.execution.work import AttemptKey, Ended, Order, ThreadWork

IDLE_S = 30.0  # an idle thread is kept this long


class _Live:
    __slots__ = ("io", "is_given_up", "order", "thread", "timer")

    def __init__(self, order: Order, io: AttemptIo) -> None:
        self.order = order
        self.io = io
        self.timer: asyncio.TimerHandle | None = None
        self.is_given_up = False
        self.thread: int | None = None


class Threads:
    """As many threads as live attempts; slots are the engine's business. `timers` is a loop without user code."""

    def __init__(self, site: Site, timers: LoopThread) -> None:
        self._site = site
        self._timers = timers
        self._lock = threading.Lock()
        self._live: dict[AttemptKey, _Live] = {}
        self._waiting: queue.SimpleQueue[_Live] = queue.SimpleQueue()
        self._idle = 0
        self._is_closing = False

    def start(self, orders: Sequence[Order]) -> None:
        """Hand each to an idle thread or to a new one."""
        for order in orders:
            live = _Live(order, AttemptIo(order, self._site))
            with self._lock:
                self._live[order.key] = live
                needs_thread = self._idle == 0
                if not needs_thread:
                    self._idle -= 1
            if order.timeout_s is not None:
                self._timers.call(self._arm, live)
            self._waiting.put(live)
            if needs_thread:
                threading.Thread(target=self._work, name="flowlite-task", daemon=True).start()

    def stop(self, key: AttemptKey) -> bool:
        """Give one up: its Ended comes now, its slot when it returns. False: not one of ours."""
        live = self._live.get(key)
        if live is None:
            return False
        self._give_up(live, Outcome.CANCELLED)
        return True

    def close(self) -> None:
        """Abandon all; each is told as interrupted."""
        self._is_closing = True
        for live in list(self._live.values()):
            self._give_up(live, Outcome.INTERRUPTED)

    def _arm(self, live: _Live) -> None:
        if live.order.key in self._live:
            seconds = live.order.timeout_s or 0.0
            live.timer = self._timers.loop.call_later(seconds, self._give_up, live, Outcome.TIMED_OUT)

    def _work(self) -> None:
        while True:
            try:
                live = self._waiting.get(timeout=IDLE_S)
            except queue.Empty:
                with self._lock:
                    if self._idle > 0:  # else an order that counts on this thread is on its way
                        self._idle -= 1
                        return
                continue
            ended = None if live.is_given_up else self._carry_out(live)
            self._settle(live, ended)

    def _carry_out(self, live: _Live) -> Ended:
        work = live.order.work
        assert isinstance(work, ThreadWork)
        key, live.thread = live.order.key, threading.get_ident()
        try:
            made = work.body(live.io)
            evidence = Evidence(
                error=note_of(made, self._site.masker), result=kept(made.result, self._site.state_dir, key)
            )
            ended = Ended(key, made.outcome, evidence, made.facts, made.resume_at)
        except BaseException as error:  # a task's sys.exit() must not take the thread down
            failure = failure_of(error, self._site.masker)
            live.io.log("error", failure.traceback)
            evidence = Evidence(error=failure.error)
            ended = Ended(key, failure.outcome, evidence, resume_at=failure.retry_at, is_final=failure.is_final)
        return ended

    def _settle(self, live: _Live, ended: Ended | None) -> None:
        key = live.order.key
        with self._lock:
            self._live.pop(key, None)
            is_given_up = live.is_given_up
            self._idle += 1
        if live.timer is not None:
            self._timers.call(live.timer.cancel)
        if is_given_up or ended is None:
            self._site.listener.slot_returned(key)
            return
        log = live.io.close()
        if log is not None:
            ended = Ended(
                key, ended.outcome, ended.evidence._replace(log=log), ended.facts, ended.resume_at, ended.is_final
            )
        self._site.listener.ended([ended])

    def _give_up(self, live: _Live, why: Outcome) -> None:
        with self._lock:
            if live.is_given_up or live.order.key not in self._live:
                return
            live.is_given_up = True
        evidence = stop_evidence(why, live.order, live.io, place_of_thread(live.thread))
        self._site.listener.ended([Ended(live.order.key, why, evidence, holds_slot=not self._is_closing)])
