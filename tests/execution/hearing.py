"""What the tests of execution share: a listener that can be waited for, and ways to look at what it heard."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flowlite.execution.executors import Executors
from flowlite.execution.work import AttemptKey, Ended, Order

DEADLINE_S = 20.0
SECRET = "hunter2-and-more"


class Ear:
    """Hears everything, and lets a test wait for it."""

    def __init__(self) -> None:
        self.endings: dict[AttemptKey, Ended] = {}
        self.returned: list[AttemptKey] = []
        self.reports: list[tuple[AttemptKey, Mapping[str, Any]]] = []
        self.calls = 0
        self._news = threading.Condition()

    def ended(self, ended: Sequence[Ended]) -> None:
        with self._news:
            self.calls += 1
            for one in ended:
                assert one.key not in self.endings, f"told twice: {one.key}"
                self.endings[one.key] = one
            self._news.notify_all()

    def slot_returned(self, key: AttemptKey) -> None:
        with self._news:
            self.returned.append(key)
            self._news.notify_all()

    def reported(self, key: AttemptKey, report: Mapping[str, Any]) -> None:
        with self._news:
            self.reports.append((key, report))
            self._news.notify_all()

    def wait(self, is_true: Callable[[], object], within_s: float = DEADLINE_S) -> None:
        with self._news:
            assert self._news.wait_for(is_true, within_s), "it did not come in time"

    def end_of(self, order: Order, within_s: float = DEADLINE_S) -> Ended:
        self.wait(lambda: order.key in self.endings, within_s)
        return self.endings[order.key]


@contextmanager
def running(ear: Ear, state_dir: Path) -> Iterator[Executors]:
    """Executors that are ended for sure."""
    found = Executors(ear, state_dir=state_dir, state_id="test", secrets=[SECRET])
    try:
        yield found
    finally:
        found.shutdown(leave_processes=False, within_s=2.0)


def error_of(ended: Ended) -> dict[str, Any]:
    """What is said of a failure."""
    assert ended.evidence.error is not None
    found: dict[str, Any] = json.loads(ended.evidence.error)
    return found


def eventually(is_true: Callable[[], object], within_s: float = DEADLINE_S) -> None:
    """Wait for something outside that can't call back: a file, the end of a process."""
    until = time.monotonic() + within_s
    while not is_true():
        assert time.monotonic() < until, "it did not come in time"
        time.sleep(0.01)


def text_of(log: Path) -> list[str]:
    """The lines of a log without their times."""
    return [line[25:] for line in log.read_text(errors="backslashreplace").splitlines()]
