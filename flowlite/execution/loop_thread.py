"""An event loop in a thread of its own, started when first needed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any


class LoopThread:
    """Work is handed in from any thread by `call`; a daemon thread, so that nothing in it can hold up the exit."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._is_stopped = False

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop; its thread is started if it does not run yet."""
        return self._loop or self._start()

    def is_started(self) -> bool:
        """Is there a loop with anything in it?"""
        return self._loop is not None and not self._is_stopped

    @property
    def thread_id(self) -> int:
        """Which thread it is, for whoever looks at its stack."""
        return (self._thread and self._thread.ident) or 0

    def call(self, function: Callable[..., object], *arguments: Any) -> None:
        """Run it soon in the loop. Calls keep their order; after `stop` they are dropped (abandoned threads return)."""
        try:
            (self._loop or self._start()).call_soon_threadsafe(function, *arguments)
        except RuntimeError:  # closed
            if not self._is_stopped:
                raise

    def stop(self, within_s: float) -> bool:
        """Stop the loop and wait for its thread; False: something in it blocks, and it is abandoned."""
        if self._loop is None or self._thread is None or self._is_stopped:
            return True
        self._is_stopped = True
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(within_s)
        return not self._thread.is_alive()

    def _start(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._run, args=(loop,), name=self._name, daemon=True)
                self._thread.start()
                self._loop = loop
            return self._loop

    @staticmethod
    def _run(loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_forever()
        finally:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()
