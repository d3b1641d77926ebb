"""Reading logs of attempts: the last lines without reading the rest, and a log as it grows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

BLOCK_BYTES = 64 << 10
STAMP_CHARS = 31  # `2026-11-22T23:16:38.123Z out   `: what stands before the text of a line


def log_path(dag_id: str, run: int, task_id: str, index: int, attempt: int) -> Path:
    """Where an attempt writes, below the state folder."""
    label = task_id if index < 0 else f"{task_id}.{index}"
    return Path("logs", dag_id, str(run), f"{label}.{attempt}.log")


def tail(path: Path, lines: int) -> list[str]:
    """The last lines, read from the end: a log of a gigabyte costs as much as a short one."""
    with path.open("rb") as file:
        left = file.seek(0, os.SEEK_END)
        found = b""
        while left > 0 and found.count(b"\n") <= lines:
            step = min(BLOCK_BYTES, left)
            left -= step
            file.seek(left)
            found = file.read(step) + found
    return decoded(found).splitlines()[-lines:]


def whole(path: Path) -> Iterator[str]:
    """Every line, one by one."""
    with path.open("rb") as file:
        for line in file:
            yield decoded(line).rstrip("\n")


class Growing:
    """A log that is still being written; `read` returns the whole lines that have come since."""

    def __init__(self, path: Path) -> None:
        self._path, self._place, self._part = path, 0, b""

    def read(self) -> list[str]:
        """New lines; none if there is no file yet."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._place)
                data = file.read()
        except FileNotFoundError:
            return []
        self._place += len(data)
        *lines, self._part = (self._part + data).split(b"\n")
        return [decoded(line) for line in lines]

    def rest(self) -> list[str]:
        """What stands behind the last newline, if anything."""
        part, self._part = self._part, b""
        return [decoded(part)] if part else []


def decoded(data: bytes) -> str:
    """Bytes that are not UTF-8 stay readable as escapes."""
    return data.decode("utf-8", "backslashreplace")


def text_of(line: str) -> str:
    """A line without its time and stream, for where these say nothing new."""
    return line[STAMP_CHARS:] if line[10:11] == "T" and line[23:24] == "Z" else line
