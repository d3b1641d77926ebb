"""An index of a log's lines, so that any page of it is found at once: how many lines end before each block of the file.

Nothing of the file is kept in memory, a log that grows is counted on from where it was, and a line of any length is
shown cut.
"""

from __future__ import annotations

import os
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import BinaryIO

from flowlite.service.logs import decoded

BLOCK_BYTES = 256 << 10
MOST_OF_A_LINE = 8 << 10  # bytes that are shown of one
MOST_OF_A_PAGE = 2 << 20
MOST_SEARCHED = 128 << 20  # bytes looked through for one answer
MOST_OF_A_HIT = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPage:
    """Lines of a log from number `from_line` on (the first is 0); fewer than asked at its end, or if they are long.

    `cut`: the numbers of those that are longer than what is shown of them.
    """

    from_line: int
    lines: tuple[str, ...]
    cut: tuple[int, ...]
    total: int
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LogHit:
    """A line that holds what was searched for; `text` is the part around it."""

    line: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogHits:
    """What was found up to line `next_line`, from which the search goes on; None: to the end."""

    hits: tuple[LogHit, ...]
    next_line: int | None
    total: int


class LogIndex:
    """Of one file. Its methods block for a read of the disk: call them in a thread."""

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, Lock()
        self._forget()

    def _forget(self) -> None:
        self._before = array("Q", [0])  # newlines before each whole block, and after the last of them
        self._inode, self._size, self._newlines, self._ends_whole = -1, 0, 0, True

    def page(self, from_line: int, lines: int) -> LogPage:
        """`from_line` below 0 counts from the end. Raises FileNotFoundError."""
        with self._lock, self._path.open("rb") as file:
            self._grow(file)
            first = max(0, self.total + from_line) if from_line < 0 else from_line
            found: list[str] = []
            cut: list[int] = []
            size = 0
            for number, line, is_cut in self._lines(file, first):
                if len(found) == lines or size > MOST_OF_A_PAGE:
                    break
                found.append(decoded(line))
                cut += [number] if is_cut else []
                size += len(line)
            return LogPage(from_line=first, lines=tuple(found), cut=tuple(cut), total=self.total, size_bytes=self._size)

    def search(self, text: str, from_line: int, limit: int) -> LogHits:
        """Lines that hold a text, small letters for both, from a line on. Raises FileNotFoundError."""
        wanted = text.lower().encode("utf-8", "surrogatepass")
        with self._lock, self._path.open("rb") as file:
            self._grow(file)
            hits: list[LogHit] = []
            start = self._offset(file, from_line)
            number = from_line
            for block in whole_lines(file, start):
                if len(hits) >= limit or file.tell() - start > MOST_SEARCHED:
                    return LogHits(hits=tuple(hits), next_line=number, total=self.total)
                room = limit - len(hits)
                more = list(hits_in(block, wanted, number, room))
                hits += more[1:] if hits and more and more[0].line == hits[-1].line else more
                number = more[-1].line + 1 if len(more) == room else number + block.count(b"\n")
                if len(more) == room:
                    return LogHits(
                        hits=tuple(hits), next_line=number if number < self.total else None, total=self.total
                    )
            return LogHits(hits=tuple(hits), next_line=None, total=self.total)

    @property
    def total(self) -> int:
        """How many lines there are, a last one without an end among them."""
        return self._newlines + (not self._ends_whole)

    # --- the index ----------------------------------------------------------------------------------------------------
    def _grow(self, file: BinaryIO) -> None:
        """Count what has come since."""
        told = os.fstat(file.fileno())
        if told.st_ino != self._inode or told.st_size < self._size:
            self._forget()
            self._inode = told.st_ino
        if told.st_size == self._size:
            return
        file.seek((len(self._before) - 1) * BLOCK_BYTES)
        newlines, last, self._size = self._before[-1], b"", file.tell()
        while block := file.read(BLOCK_BYTES):
            newlines += block.count(b"\n")
            last = block[-1:]
            self._size += len(block)
            if len(block) == BLOCK_BYTES:
                self._before.append(newlines)
        self._newlines, self._ends_whole = newlines, last in (b"\n", b"")

    def _offset(self, file: BinaryIO, line: int) -> int:
        """Where a line begins; the end of the file for one that is not there."""
        if line <= 0:
            return 0
        if line > self._newlines:
            return self._size
        # The line begins after its predecessor's newline, which is in the last block with fewer newlines before it.
        block = bisect_right(self._before, line - 1) - 1
        place = block * BLOCK_BYTES
        file.seek(place)
        data, left = file.read(BLOCK_BYTES), line - self._before[block]
        at = -1
        for _ in range(left):
            at = data.find(b"\n", at + 1)
        return place + at + 1

    def _lines(self, file: BinaryIO, first: int) -> Iterator[tuple[int, bytes, bool]]:
        """Number, text and whether it was cut. A line may be larger than all memory: the blocks that it fills are known
        to hold no newline, and are not read."""
        place = self._offset(file, first)
        for number in range(first, self.total):
            file.seek(place)
            line = file.readline(MOST_OF_A_LINE + 1)
            is_cut = len(line) > MOST_OF_A_LINE and not line.endswith(b"\n")
            yield number, line[:MOST_OF_A_LINE].rstrip(b"\n") if is_cut else line.rstrip(b"\n"), is_cut
            place = self._offset(file, number + 1) if is_cut else place + len(line)


def whole_lines(file: BinaryIO, start: int) -> Iterator[bytes]:
    """The file from there on in pieces that end with a line; of a line without an end that is too long, its parts."""
    file.seek(start)
    rest = b""
    while block := file.read(BLOCK_BYTES):
        cut = block.rfind(b"\n") + 1
        if cut:
            yield rest + block[:cut]
            rest = block[cut:]
        elif len(rest) > MOST_OF_A_PAGE:
            yield rest
            rest = block
        else:
            rest += block
    if rest:
        yield rest


def hits_in(block: bytes, wanted: bytes, number: int, most: int) -> Iterator[LogHit]:
    """The lines of a block that hold it; `number` is that of its first."""
    lower, place, found = block.lower(), 0, 0
    while found < most and (at := lower.find(wanted, place)) >= 0:
        number += block.count(b"\n", place, at)
        begin, end = block.rfind(b"\n", 0, at) + 1, block.find(b"\n", at)
        end = len(block) if end < 0 else end
        shown = block[max(begin, at - MOST_OF_A_HIT // 2) : min(end, at + MOST_OF_A_HIT)]
        yield LogHit(line=number, text=decoded(shown))
        found += 1
        number, place = number + 1, end + 1


class LogIndexes:
    """Those of the logs that were looked at last."""

    MOST = 64

    def __init__(self) -> None:
        self._by_path: dict[Path, LogIndex] = {}

    def of(self, path: Path) -> LogIndex:
        """The index of a file, kept for the next look."""
        found = self._by_path.pop(path, None) or LogIndex(path)
        self._by_path[path] = found
        while len(self._by_path) > self.MOST:
            del self._by_path[next(iter(self._by_path))]
        return found
