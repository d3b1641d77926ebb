"""Output of a process on its way into the log: cut into lines, long ones into pieces, never whole in memory."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable

from flowlite.execution.log import LINE_BYTES, LogFile
from flowlite.execution.masking import Masker

READ_BYTES = 64 << 10
PROGRESS_EVERY_S = 5.0
_OVERWRITTEN = re.compile(rb"[^\n]*\r(?=[^\n])")
LEVELS = {b"d": "debug", b"i": "info", b"w": "warn", b"e": "error", b"f": "flow"}


class Stream:
    """One pipe. Only whole lines are passed on, so a secret split over two writes is whole again when it is masked."""

    def __init__(
        self, fd: int, label: str, log: LogFile, masker: Masker, clock: Callable[[], float] = time.time
    ) -> None:
        self.fd = fd
        self._label = label
        self._log = log
        self._masker = masker
        self._clock = clock
        self._rest = b""
        self._last: bytes | None = None
        self._long_head: bytes | None = None  # the beginning of a line that had to be cut
        self._next_progress_at = 0.0

    def read(self) -> bool:
        """Take what is there. False: the other side has closed it."""
        try:
            chunk = os.read(self.fd, READ_BYTES)
        except BlockingIOError:
            return True
        if not chunk:
            return False
        self._feed(chunk)
        return True

    def drain(self) -> None:
        """Take what is left, without waiting for anybody who still holds the other end."""
        os.set_blocking(self.fd, False)
        try:
            while chunk := os.read(self.fd, READ_BYTES):
                self._feed(chunk)
        except BlockingIOError:
            pass

    def finish(self) -> None:
        """Pass on an unfinished last line, and let go of the pipe."""
        if self._rest:
            self._emit(self._rest)
            self._rest = b""
        os.close(self.fd)

    @property
    def last_line(self) -> bytes | None:
        """The last line, masked, at most LINE_BYTES of it; None: there was none."""
        if self._long_head is not None:
            return self._long_head
        return None if self._last is None else self._masker.data(overwritten(self._last))[:LINE_BYTES]

    def _feed(self, chunk: bytes) -> None:
        data = self._rest + chunk if self._rest else chunk
        cut = data.rfind(b"\n")
        if cut >= 0:
            self._rest = data[cut + 1 :]
            self._emit(data[:cut])
            return
        self._rest = data
        if b"\r" in chunk:
            self._pass_progress()
        if len(self._rest) >= LINE_BYTES:
            self._pass_piece()

    def _emit(self, lines: bytes) -> None:
        self._note_last(lines)
        self._write(overwritten(lines))

    def _note_last(self, lines: bytes) -> None:
        cut = lines.rfind(b"\n")
        if self._long_head is not None and cut < 0:
            self._last, self._long_head = self._long_head, None
        else:
            self._last, self._long_head = lines[cut + 1 :], None

    def _write(self, lines: bytes) -> None:
        self._log.write(self._clock(), self._label, lines)

    def _pass_piece(self) -> None:
        # Masked before it is cut; what could be the beginning of a secret or of a character stays behind.
        whole = self._masker.data(self._rest)
        cut = len(whole) - max(self._masker.longest - 1, 4)
        piece, self._rest = whole[:cut], whole[cut:]
        while piece and 0x80 <= self._rest[0] < 0xC0:
            piece, self._rest = piece[:-1], piece[-1:] + self._rest
            if len(whole) - len(piece) > self._masker.longest + 8:
                break  # not UTF-8 at all
        if self._long_head is None:
            self._long_head = piece[:LINE_BYTES]
        self._write(overwritten(piece))

    def _pass_progress(self) -> None:
        """A progress bar rewrites one line for hours: now and then its last state becomes a line."""
        before, _, self._rest = self._rest.rpartition(b"\r")
        now = time.monotonic()
        if now >= self._next_progress_at and (state := overwritten(before)):
            self._next_progress_at = now + PROGRESS_EVERY_S
            self._write(state)
        if not self._rest:
            self._rest = before[before.rfind(b"\r") + 1 :] + b"\r"  # if nothing follows, this is the last line


class LevelStream(Stream):
    """The pipe of a Python process for its log: the first letter of each line is its level."""

    def _write(self, lines: bytes) -> None:
        at = self._clock()
        for line in lines.split(b"\n"):
            level = LEVELS.get(line[:1])
            self._log.write(at, level or "info", line[1:] if level else line)


def overwritten(lines: bytes) -> bytes:
    """Of text that was overwritten by carriage returns, what a terminal would show at the end."""
    if b"\r" not in lines:
        return lines
    return _OVERWRITTEN.sub(b"", lines).replace(b"\r\n", b"\n").rstrip(b"\r")
