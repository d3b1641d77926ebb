"""Verbs that look into the log of an attempt, of any size and while it grows. Nothing here blocks the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from flowlite.service.errors import Nothing
from flowlite.service.log_criteria import Criterion
from flowlite.service.log_index import LogIndex, LogIndexes
from flowlite.service.log_levels import NAMES
from flowlite.service.log_records import LeastLevel, LogHits, LogMoment, LogPage, LogPiece

MOST_CONTEXT = 20
MOST_OF_A_TEXT = 1_000

T = TypeVar("T")


class LogLooking:
    """For whoever knows where logs lie. Each verb raises RunUnknown, TaskUnknown, ElementUnknown, AttemptUnknown; a log
    that was not begun has no lines."""

    def __init__(self) -> None:
        self._log_indexes = LogIndexes()

    async def log_file(self, run: int, task_id: str, index: int | None = None, attempt: int | None = None) -> Path:
        """Where the log of an attempt lies or will lie."""
        raise NotImplementedError

    async def log_page(
        self, run: int, task_id: str, index: int | None = None, *, attempt: int | None = None, from_line: int = -200,
        lines: int = 200, level: LeastLevel = "", text: str = "", context: int = 0, at_line: int | None = None,
    ) -> LogPage:  # fmt: skip
        """Lines of a log; `from_line` below 0 counts from its end. With a level or a text, only lines that pass, which
        `from_line` then counts, with so much context around each. `at_line`, in its place, is a number in the file.

        A log may be too large to be counted or sifted at once: see `counted_bytes` and `sifted_bytes`, and ask again.
        """
        criterion = criterion_of(level, text) if level or text else None
        around = min(max(context, 0), MOST_CONTEXT)
        empty = LogPage(from_line=0, lines=(), cut=(), total=0, size_bytes=0)
        return await self._look(
            (run, task_id, index, attempt),
            lambda log: log.page(from_line, lines, criterion, context=around, at_line=at_line),
            empty,
        )

    async def log_search(
        self, run: int, task_id: str, text: str = "", index: int | None = None, *, attempt: int | None = None,
        level: LeastLevel = "", from_line: int = 0, limit: int = 1_000, is_backwards: bool = False,
    ) -> LogHits:  # fmt: skip
        """Lines of a log that hold a text, from a line on; or before it, backwards (-1: from the end). A text of small
        letters means capital ones, too. Without a text, the first line of each message as bad as a level.

        Raises Nothing, too.
        """
        if not text and not level:
            raise Nothing("there is nothing to search for; give some text, or a level")
        criterion = criterion_of(level, text)
        return await self._look(
            (run, task_id, index, attempt),
            lambda log: log.search(criterion, from_line, limit, is_backwards=is_backwards),
            LogHits(hits=(), next_line=None, total=0),
        )

    async def log_piece(
        self, run: int, task_id: str, line: int, index: int | None = None, *, attempt: int | None = None,
        from_byte: int = 0, size_bytes: int = 64 << 10,
    ) -> LogPiece:  # fmt: skip
        """Some of a line that is too long for a page."""
        return await self._look(
            (run, task_id, index, attempt),
            lambda log: log.piece(max(line, 0), max(from_byte, 0), max(size_bytes, 4)),
            LogPiece(line=line, from_byte=0, to_byte=0, size_bytes=0, text=""),
        )

    async def log_moment(
        self, run: int, task_id: str, index: int | None = None, *, attempt: int | None = None, at: float | None = None,
        after_s: float = 0.0,
    ) -> LogMoment:  # fmt: skip
        """The first line that was written at an instant (None: the beginning) and so much later, or after that."""
        return await self._look(
            (run, task_id, index, attempt),
            lambda log: log.moment(at, after_s),
            LogMoment(line=0, at=None, begins_at=None, total=0),
        )

    async def _look(self, which: tuple[int, str, int | None, int | None], look: Callable[[LogIndex], T], empty: T) -> T:
        path = await self.log_file(*which)
        try:
            return await asyncio.to_thread(look, self._log_indexes.of(path))
        except FileNotFoundError:
            return empty


def criterion_of(level: LeastLevel, text: str) -> Criterion:
    """What passes. Raises Nothing."""
    if len(text) > MOST_OF_A_TEXT:
        raise Nothing(f"a text of {len(text):,} characters is too long to search for; give {MOST_OF_A_TEXT:,} at most")
    return Criterion(NAMES[level] if level else None, text)
