"""What tasks print inside this process goes into their logs, as it does in a process of their own.

For programs that are flowlite's own, the daemon and the command line: a library does not touch its host's stdout.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from flowlite.authoring.context import RUNNING


class Printed(io.TextIOBase):
    """Stands before the real stream. Text from outside a task passes through."""

    def __init__(self, real: TextIO, name: str) -> None:
        self._real, self._name = real, name

    def write(self, text: str) -> int:
        """To the log of the task that prints it, whichever thread or coroutine it is in."""
        context = RUNNING.get()
        if context is None:
            return self._real.write(text)
        context.printed(self._name, text)
        return len(text)

    def flush(self) -> None:
        """Of the real one."""
        self._real.flush()

    def isatty(self) -> bool:
        """Of the real one."""
        return self._real.isatty()

    def fileno(self) -> int:
        """Of the real one."""
        return self._real.fileno()

    def writable(self) -> bool:
        """Always."""
        return True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


@contextmanager
def prints_go_to_logs() -> Iterator[None]:
    """In this block."""
    out, err = sys.stdout, sys.stderr
    ours = Printed(out, "out"), Printed(err, "err")
    sys.stdout, sys.stderr = ours
    try:
        yield
    finally:
        # Somebody else, a test for one, may have put its own in place meanwhile.
        sys.stdout = out if sys.stdout is ours[0] else sys.stdout
        sys.stderr = err if sys.stderr is ours[1] else sys.stderr
