"""A log file as blocks, with how many lines end before each: any line of it is found by one read.

Nothing of the file is kept in memory, and a file that grows is counted on from where it was. One that was replaced, or
cut and written anew, is another file: `version` tells.
"""

from __future__ import annotations

import os
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from time import monotonic
from typing import BinaryIO, NamedTuple

BLOCK_BYTES = 256 << 10
SAMPLE_BYTES = 64  # before the end of what was counted: whether they are still the same
AHEAD_BYTES = 8 << 10  # read beyond a block: the head of the line that begins at its end

_versions = count(1)


class Part(NamedTuple):
    """A block: lines begin in it from `begin` to before `end` of the data; `first` is the number of the first one."""

    data: bytes
    begin: int
    end: int
    first: int


class Blocks:
    """Of one file. Blocks for a read of the disk, and is used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._buffer = bytearray()
        self._forget()

    def _forget(self) -> None:
        self.version = next(_versions)
        self._before = array("Q", [0])  # newlines before each whole block, and after the last of them
        self._inode, self._newlines, self.ends_whole, self._sample = -1, 0, True, b""
        self.counted_bytes = self.size_bytes = 0

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """The file, to read from. Raises FileNotFoundError."""
        with self._path.open("rb") as file:
            self._check(file.fileno())
            yield file

    def _check(self, file: int) -> None:
        told = os.fstat(file)
        is_same = told.st_ino == self._inode and told.st_size >= self.counted_bytes
        if not is_same or self._sample_of(file) != self._sample:
            self._forget()
            self._inode = told.st_ino
        self.size_bytes = told.st_size

    def _sample_of(self, file: int) -> bytes:
        return os.pread(file, SAMPLE_BYTES, max(0, self.counted_bytes - SAMPLE_BYTES)) if self.counted_bytes else b""

    # --- counting -----------------------------------------------------------------------------------------------------
    def count(self, file: BinaryIO, *, until: float = float("inf")) -> bool:
        """Count what has come since; True: all of it. `until` is an instant of the monotonic clock."""
        if self.counted_bytes == self.size_bytes:
            return True
        if len(self._buffer) != BLOCK_BYTES:
            self._buffer = bytearray(BLOCK_BYTES)
        place, newlines, last = self.whole * BLOCK_BYTES, self._before[-1], 10
        while got := os.preadv(file.fileno(), [self._buffer], place):
            block = self._buffer if got == BLOCK_BYTES else self._buffer[:got]
            newlines += block.count(b"\n")
            place, last = place + got, block[-1]
            if got < BLOCK_BYTES:
                break
            self._before.append(newlines)
            if monotonic() > until:
                break
        self._newlines, self.ends_whole = newlines, last == 10
        self.counted_bytes = place
        self.size_bytes = max(place, self.size_bytes)
        self._sample = self._sample_of(file.fileno())
        return place == self.size_bytes

    @property
    def is_counted(self) -> bool:
        """Whether all of the file is."""
        return self.counted_bytes == self.size_bytes

    @property
    def total(self) -> int:
        """How many lines there are as far as it is counted, a last one without an end among them."""
        return self._newlines + (not self.ends_whole)

    @property
    def whole(self) -> int:
        """How many blocks are counted and full."""
        return len(self._before) - 1

    # --- places -------------------------------------------------------------------------------------------------------
    def before(self, block: int) -> int:
        """How many lines end before a block."""
        return self._before[block]

    def block_of(self, line: int) -> int:
        """The block in which a line begins; the last one for lines that are not counted yet."""
        return 0 if line <= 0 else min(bisect_right(self._before, line - 1) - 1, self.whole)

    def offset(self, file: BinaryIO, line: int) -> int:
        """Where a line begins; the end of what is counted for one that is not there."""
        if line <= 0:
            return 0
        if line > self._newlines:
            return self.counted_bytes
        # The line begins after its predecessor's newline, which is in the last block with fewer newlines before it.
        block = bisect_right(self._before, line - 1) - 1
        place = block * BLOCK_BYTES
        data, left, at = os.pread(file.fileno(), BLOCK_BYTES, place), line - self._before[block], -1
        for _ in range(left):
            at = data.find(b"\n", at + 1)
        return place + at + 1

    def read(self, file: BinaryIO, block: int) -> Part:
        """A block with some of what follows, for the line that begins at its end."""
        place = block * BLOCK_BYTES
        back = 1 if block else 0  # a line begins behind a newline, which may be the last byte of the block before
        data = os.pread(file.fileno(), back + BLOCK_BYTES + AHEAD_BYTES, place - back)
        end = min(back + BLOCK_BYTES, len(data))
        begin = data.find(b"\n", 0, end) + 1 if block else 0
        if block and not begin:
            return Part(data, end, end, self._before[block])
        return Part(data, begin, end, self._before[block] + (begin > 1))
