"""The one object that the engine knows of execution: orders go in, Ended come out at the listener."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from flowlite.core.rows import Evidence
from flowlite.core.states import Outcome
from flowlite.execution.coroutines import Coroutines
from flowlite.execution.dask_cluster import DaskAttempts
from flowlite.execution.failure import plain_error
from flowlite.execution.loop_thread import LoopThread
from flowlite.execution.masking import Masker
from flowlite.execution.processes import Processes
from flowlite.execution.site import Site
from flowlite.execution.threads import Threads
from flowlite.execution.work import (
    AttemptKey,
    CoroutineWork,
    DaskWork,
    Ended,
    Listener,
    Order,
    ProcessWork,
    ShellWork,
    ThreadWork,
)

CLOSE_S = 10.0


class Executors:
    """Carries attempts out. Every order is answered by exactly one Ended, unless its process outlives this object.

    `state_id` marks the processes of this state; `secrets` are masked in logs, errors and shell results.
    """

    def __init__(
        self,
        listener: Listener,
        *,
        state_dir: Path,
        state_id: str,
        secrets: Sequence[str] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        site = Site(
            listener=listener,
            state_dir=state_dir,
            state_id=state_id,
            masker=Masker(secrets),
            clock=clock,
        )
        self._listener, self._masker = listener, site.masker
        self._watch = LoopThread("flowlite-watch")  # timers, pidfds and pipes; no user code ever runs in it
        self._coroutines = Coroutines(site, self._watch)
        self._threads = Threads(site, self._watch)
        self._processes = Processes(site, self._watch)
        self._dask = DaskAttempts(site)

    def start(self, orders: Sequence[Order]) -> None:
        """Start them all; returns at once. From any thread."""
        on_loop = [order for order in orders if type(order.work) is CoroutineWork]
        if on_loop:
            self._coroutines.start(on_loop)
        if len(on_loop) == len(orders):
            return
        self._threads.start([order for order in orders if isinstance(order.work, ThreadWork)])
        self._dask.start([order for order in orders if isinstance(order.work, DaskWork)])
        self._processes.start([order for order in orders if isinstance(order.work, ProcessWork | ShellWork)])

    def learn(self, secrets: Sequence[str]) -> None:
        """Mask these, too, from now on; what runs in processes already does not know them."""
        if set(secrets) - set(self._masker.secrets):
            self._masker.learn(secrets)
            self._processes.learn()

    def stop(self, key: AttemptKey) -> None:
        """Cancel an attempt; its Ended follows when it is gone (a thread: at once, and its slot later)."""
        if not (self._threads.stop(key) or self._processes.stop(key) or self._dask.stop(key)):
            self._coroutines.stop(key)

    def adopt(self, orders: Sequence[Order]) -> None:
        """After a restart: what became of attempts that the store has as running. Each gets its Ended in time."""
        inside = [order for order in orders if not isinstance(order.work, ProcessWork | ShellWork)]
        if inside:
            message = "it ran inside the daemon, which died; the third time is its last"
            evidence = Evidence(error=plain_error("lost", message))
            self._listener.ended([Ended(order.key, Outcome.LOST, evidence) for order in inside])
        self._processes.adopt([order for order in orders if isinstance(order.work, ProcessWork | ShellWork)])

    def shutdown(self, *, leave_processes: bool, within_s: float = CLOSE_S) -> None:
        """Interrupt coroutines and what is on a cluster, abandon threads, leave processes running or kill them. Blocks
        until it is done.

        Orders that come later are dropped: the store has them as running, and recovery finds that they never started.
        """
        self._threads.close()
        self._coroutines.close(within_s)
        self._dask.close(within_s)
        self._processes.close(leave=leave_processes, within_s=within_s)
        self._watch.stop(1.0)

    async def close(self, *, leave_processes: bool, within_s: float = CLOSE_S) -> None:
        """`shutdown` for a caller with a loop of its own."""
        await asyncio.to_thread(self.shutdown, leave_processes=leave_processes, within_s=within_s)
