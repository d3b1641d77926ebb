"""Read the log of an attempt: it may be huge, still growing, or full of bytes that are no text. Never whole in memory.

Offsets are bytes in the file: a page's `end` is the next one's `start`, and following means asking again for what came.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PAGE_BYTES = 64 << 10


@dataclass(frozen=True, slots=True)
class Page:
    """A piece of the log. `text` has whole lines only, unless one line is longer than the page."""

    text: str
    start: int
    end: int
    size: int  # of the file when it was read

    @property
    def is_last(self) -> bool:
        """Was that all, for now?"""
        return self.end >= self.size


def read_log(path: Path, start: int = 0, *, limit_bytes: int = PAGE_BYTES) -> Page:
    """The page from `start` on. A log that is not there yet is empty: coroutines open theirs at the first line."""
    fd = open_log(path)
    if fd is None:
        return Page("", 0, 0, 0)
    try:
        size = os.fstat(fd).st_size
        start = max(0, min(start, size))
        data = os.pread(fd, limit_bytes, start)
    finally:
        os.close(fd)
    data = data[: whole_lines(data)] if start + len(data) < size or not data.endswith(b"\n") else data
    return Page(readable(data), start, start + len(data), size)


def read_tail(path: Path, *, lines: int = 100, limit_bytes: int = PAGE_BYTES) -> Page:
    """The last lines, as many of them as fit into the page."""
    fd = open_log(path)
    if fd is None:
        return Page("", 0, 0, 0)
    try:
        size = os.fstat(fd).st_size
        start = max(0, size - limit_bytes)
        data = os.pread(fd, limit_bytes, start)
    finally:
        os.close(fd)
    skip = 0 if start == 0 else data.find(b"\n") + 1
    parts = data[skip:].split(b"\n")
    wanted = lines + 1 if data.endswith(b"\n") else lines
    skip += sum(len(part) + 1 for part in parts[: max(0, len(parts) - wanted)])
    return Page(readable(data[skip:]), start + skip, start + len(data), size)


def read_pages(path: Path, start: int = 0) -> Iterator[Page]:
    """Page after page up to the present end."""
    while (page := read_log(path, start)).end > page.start:
        yield page
        start = page.end


def open_log(path: Path) -> int | None:
    """Never through a symlink that a task may have put there. None: there is no log."""
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return None


def whole_lines(data: bytes) -> int:
    """How much of it ends with a line; all of it, but for a started character, if no line ends in it."""
    end = data.rfind(b"\n") + 1
    if end:
        return end
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte >= 0xC0:  # the first byte of a character: is the rest of it here?
            needed = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return (len(data) - back if needed > back else 0) or len(data)
        if byte < 0x80:
            break
    return len(data)


def readable(data: bytes) -> str:
    r"""As text, with bytes that are no UTF-8 shown as \xff."""
    return data.decode(errors="backslashreplace")
