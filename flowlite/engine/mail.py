"""The mailbox: what executors tell from their own threads, handed to the engine's loop in batches."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flowlite.execution.work import AttemptKey, Ended

Letter = Sequence[Ended] | AttemptKey | tuple[AttemptKey, Mapping[str, Any]]


class Mailbox:
    """An execution.Listener. However much comes at once, the loop is woken once."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        *,
        ended: Callable[[Sequence[Ended]], None],
        slot_returned: Callable[[AttemptKey], None],
        reported: Callable[[AttemptKey, Mapping[str, Any]], None],
    ) -> None:
        self._loop = loop
        self._deliver_ended, self._deliver_slot, self._deliver_report = ended, slot_returned, reported
        self._lock = threading.Lock()
        self._letters: list[tuple[Callable[..., None], tuple[Any, ...]]] = []

    def ended(self, ended: Sequence[Ended]) -> None:
        """Attempts are over."""
        self._post(self._deliver_ended, ended)

    def slot_returned(self, key: AttemptKey) -> None:
        """A thread that was given up has returned."""
        self._post(self._deliver_slot, key)

    def reported(self, key: AttemptKey, report: Mapping[str, Any]) -> None:
        """A running attempt told something about itself."""
        self._post(self._deliver_report, key, report)

    def _post(self, deliver: Callable[..., None], *letter: Any) -> None:
        with self._lock:
            is_first = not self._letters
            self._letters.append((deliver, letter))
        if is_first:
            try:
                self._loop.call_soon_threadsafe(self.empty)
            except RuntimeError:  # the loop is closed: the store has these attempts as running, and recovery finds them
                pass

    def close(self) -> None:
        """What comes from now on is thrown away."""
        with self._lock:
            self._letters.clear()
            self._deliver_ended = self._deliver_slot = self._deliver_report = nowhere

    def empty(self) -> None:
        """Deliver what is there; on the loop."""
        with self._lock:
            letters, self._letters = self._letters, []
        for deliver, letter in letters:
            deliver(*letter)


def nowhere(*letter: Any) -> None:
    """For letters to an engine that has ended."""
