"""The log of one attempt: time-stamped lines in one file, the head and the tail of a flood kept.

`<UTC time with ms>Z <level or stream, 5 wide> <text>`. The daemon and the supervisors write with this same code, so it
needs the standard library only. A full disk costs lines, which are counted, and never the attempt.
"""

from __future__ import annotations

import os
import time
from collections import deque
from pathlib import Path

from flowlite.execution.masking import Masker
from flowlite.execution.private_files import open_private

TAIL_BYTES = 1 << 20
LINE_BYTES = 64 << 10  # longer lines are cut into pieces of this size
FLOW = "flow"


def stamp(at: float) -> str:
    """UTC to the millisecond: 2026-11-22T23:16:38.123Z."""
    seconds, ms = divmod(round(at * 1000), 1000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{ms:03d}Z"


def prefix(at: float, label: str) -> bytes:
    """What stands before the text of a line."""
    return f"{stamp(at)} {label:<5} ".encode()


class LogFile:
    """Writes whole lines until the cap is near; from then on the last ones are kept in memory and written at the end.

    The one place where secrets are masked on their way to the disk.
    """

    def __init__(self, path: Path, cap_bytes: int, masker: Masker) -> None:
        self._masker = masker
        self._fd = open_private(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._tail_bytes = min(TAIL_BYTES, cap_bytes // 4)
        size = os.fstat(self._fd).st_size
        if size >= cap_bytes:  # an earlier poke has filled it: else each would add another tail
            self._tail_bytes = 0
        self._room = cap_bytes - self._tail_bytes - size
        self._cap_bytes = cap_bytes
        self._tail: deque[tuple[bytes, bytes]] = deque()
        self._tail_size = 0
        self._is_full = False
        self.dropped_bytes = 0

    def write(self, at: float, label: str, lines: bytes) -> None:
        """Append lines, given without their last newline; each gets the same time."""
        before = prefix(at, label)
        if not self._tail_bytes:
            self.dropped_bytes += len(lines) + 1
            return
        if self._is_full:
            self._keep(before, lines)
            return
        # The size is guessed before it is built: a flood of empty lines would blow up 30-fold.
        if len(lines) + (lines.count(b"\n") + 1) * len(before) <= self._room:
            self._append(shape(before, self._masker.data(lines)))
            return
        self._is_full = True
        fitting = fitting_lines(lines, len(before), self._room)
        if fitting:
            self._append(shape(before, self._masker.data(lines[: fitting - 1])))
        self._append(shape(prefix(at, FLOW), b"the log is full; from here on only its end is kept, until it ends"))
        self._keep(before, lines[fitting:])

    def close(self) -> None:
        """Write what was kept of the end, with a line that says how much is missing before it."""
        if self._fd < 0:
            return
        if self._is_full:
            self._write_tail()
        os.close(self._fd)
        self._fd = -1

    def _keep(self, before: bytes, lines: bytes) -> None:
        self._tail.append((before, lines))
        self._tail_size += len(lines) + 1
        while self._tail_size > self._tail_bytes and len(self._tail) > 1:
            _, gone = self._tail.popleft()
            self._tail_size -= len(gone) + 1
            self.dropped_bytes += len(gone) + 1

    def _write_tail(self) -> None:
        kept: deque[bytes] = deque()
        room = self._tail_bytes
        while self._tail and room > 0:
            before, lines = self._tail.pop()
            part = shape(before, self._masker.data(lines))
            if len(part) > room:
                cut = part.find(b"\n", len(part) - room) + 1
                self.dropped_bytes += cut - part.count(b"\n", 0, cut) * len(before)
                part, room = part[cut:], 0
            kept.appendleft(part)
            room -= len(part)
        self.dropped_bytes += sum(len(lines) + 1 for _, lines in self._tail)
        notice = f"{self.dropped_bytes} bytes were dropped here: the log is capped at {self._cap_bytes} bytes"
        self._append(shape(prefix(time.time(), FLOW), notice.encode()) + b"".join(kept))

    def _append(self, data: bytes) -> None:
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._fd, view) :]
        except OSError:
            self.dropped_bytes += len(view)  # the disk is full: the work goes on, and the notice tells what is missing
            self._is_full = True
            return
        self._room -= len(data)


def fitting_lines(lines: bytes, prefix_bytes: int, room: int) -> int:
    """How many bytes of whole lines, with their newlines, can still be written."""
    end = 0
    while (cut := lines.find(b"\n", end)) >= 0:
        room -= prefix_bytes + cut + 1 - end
        if room < 0:
            break
        end = cut + 1
    return end


def shape(before: bytes, lines: bytes) -> bytes:
    """Put the same words before each line, and a newline after the last."""
    return before + lines.replace(b"\n", b"\n" + before) + b"\n"
