"""Looking into a log of any size: pages of lines, searches, pieces of long lines, places in time.

Every look takes a bounded time: what is not counted or sifted by then, the next one goes on with. A gigabyte costs as
much memory as a megabyte, but for 8 bytes for each 256 KiB.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import BinaryIO

from flowlite.service.log_blocks import Blocks
from flowlite.service.log_criteria import Criterion
from flowlite.service.log_levels import Judge, Level
from flowlite.service.log_lines import (
    MOST_OF_A_LINE,
    MOST_OF_A_PAGE,
    Line,
    letters_of,
    lines_of,
    piece_of,
    shown,
    with_context,
)
from flowlite.service.log_records import LogHit, LogHits, LogMoment, LogPage, LogPiece
from flowlite.service.log_sieve import Sieve
from flowlite.service.log_times import first_instant, line_at
from flowlite.service.logs import decoded

WITHIN_S = 0.15
FIRST_WITHIN_S = 0.02  # for the first look at a log: its end is wanted now
MOST_OF_A_HIT = 400
MOST_OF_A_PIECE = 256 << 10
MOST_SIEVES = 8
LOOK_BACK = 40  # lines before a page: its first ones may go on with what they say


class LogIndex:
    """Of one file. Its methods block for reads of the disk: call them in a thread. They raise FileNotFoundError."""

    def __init__(self, path: Path) -> None:
        self._lock, self._blocks = Lock(), Blocks(path)
        self._sieves: dict[Criterion, Sieve] = {}

    @property
    def total(self) -> int:
        """How many lines there were at the last look."""
        return self._blocks.total

    # --- pages --------------------------------------------------------------------------------------------------------
    def page(
        self, from_line: int, lines: int, criterion: Criterion | None = None, *, context: int = 0,
        at_line: int | None = None,
    ) -> LogPage:  # fmt: skip
        """`from_line` below 0 counts from the end; with a criterion, it counts what passes. `at_line`, a number in the
        file, may be said in its place."""
        until = monotonic() + (WITHIN_S if self._blocks.counted_bytes else FIRST_WITHIN_S)
        with self._lock, self._blocks.opened() as file:
            if criterion is not None:
                return self._sifted_page(file, from_line, lines, criterion, context, until, at_line)
            from_line = from_line if at_line is None else max(at_line, 0)
            if from_line < 0 and not self._blocks.count(file, until=until):
                return self._uncounted_tail(file, -from_line)
            self._blocks.count(file)
            first = max(0, self.total + from_line) if from_line < 0 else from_line
            judge = Judge()
            for line in lines_of(file, self._blocks, range(max(0, first - LOOK_BACK), first)):
                judge.judge(line.data)
            found = list(lines_of(file, self._blocks, range(first, first + lines)))
            return self._page(first, found, letters_of(found, judge))

    def _uncounted_tail(self, file: BinaryIO, lines: int) -> LogPage:
        """The last lines, before anybody knows their numbers."""
        place = file.seek(max(0, self._blocks.size_bytes - MOST_OF_A_PAGE))
        data = file.read(MOST_OF_A_PAGE)
        parts = data.removesuffix(b"\n").split(b"\n")[place > 0 :][-lines:]
        found = [Line(number - len(parts), part[:MOST_OF_A_LINE], len(part)) for number, part in enumerate(parts)]
        return self._page(-len(parts), found, letters_of(found, Judge()))

    def _sifted_page(
        self, file: BinaryIO, from_line: int, lines: int, criterion: Criterion, context: int, until: float,
        at_line: int | None,
    ) -> LogPage:  # fmt: skip
        sieve = self._sifted(file, criterion, until)
        first = max(0, sieve.passing + from_line) if from_line < 0 else from_line
        if at_line is not None and (place := sieve.place_of(file, at_line)) is not None:
            first = place
        before = next(islice(sieve.from_place(file, first - 1), 1), -1 - context) if first else -1 - context
        *passing, behind = [*islice(sieve.from_place(file, first), lines + 1), self.total][: lines + 1]
        wanted = with_context(passing, context, before, behind)
        found = list(lines_of(file, self._blocks, wanted))
        least = criterion.level or Level.DEBUG
        letters = letters_of(found, Judge(), least if not context else Level.DEBUG)
        around = tuple(sorted(set(wanted) - set(passing)))
        return replace(
            self._page(first, found, letters),
            contexts=around,
            passing=sieve.passing,
            messages=sieve.messages,
            sifted_bytes=sieve.sifted_bytes,
        )

    def _page(self, first: int, found: list[Line], letters: str) -> LogPage:
        blocks, cut = self._blocks, [line for line in found if line.is_cut]
        return LogPage(
            from_line=first, lines=tuple(shown(line.data) for line in found), cut=tuple(line.number for line in cut),
            total=blocks.total, size_bytes=blocks.size_bytes, numbers=tuple(line.number for line in found),
            levels=letters, sizes=tuple(line.size for line in cut), passing=blocks.total,
            counted_bytes=blocks.counted_bytes, sifted_bytes=blocks.counted_bytes, version=blocks.version,
        )  # fmt: skip

    # --- searches -----------------------------------------------------------------------------------------------------
    def search(self, criterion: Criterion, from_line: int, limit: int, *, is_backwards: bool = False) -> LogHits:
        """What passes from a line on, or before it, backwards (below 0: from the end). Without a text, only the first
        line of each message counts."""
        until = monotonic() + WITHIN_S
        with self._lock, self._blocks.opened() as file:
            if not self._blocks.count(file, until=until):
                return LogHits(
                    hits=(), next_line=from_line, total=self.total, size_bytes=self._blocks.size_bytes,
                    version=self._blocks.version,
                )  # fmt: skip
            line = self.total if from_line < 0 else from_line
            sieve = self._sieve(criterion)
            near = sieve.near(
                file, line, limit, is_backwards=is_backwards, only_starts=not criterion.text, until=until
            )  # fmt: skip
            sieve.sift(file, until=until)
            numbers = [number for number, _ in near.found]
            hits = {line.number: hit_of(line, criterion) for line in lines_of(file, self._blocks, sorted(numbers))}
            return LogHits(
                hits=tuple(hits[number] for number in numbers if number in hits), next_line=near.next_line,
                total=self.total, passing=sieve.passing, size_bytes=self._blocks.size_bytes,
                messages=sieve.messages, sifted_bytes=sieve.sifted_bytes, version=self._blocks.version,
                place=sieve.place_of(file, numbers[0], of_messages=not criterion.text) if numbers else None,
            )  # fmt: skip

    def _sifted(self, file: BinaryIO, criterion: Criterion, until: float) -> Sieve:
        """The sieve of a criterion, as far as it gets until then."""
        sieve = self._sieve(criterion)
        if self._blocks.count(file, until=until):
            sieve.sift(file, until=until)
        return sieve

    def _sieve(self, criterion: Criterion) -> Sieve:
        """One of the last few that were used."""
        sieve = self._sieves.pop(criterion, None) or Sieve(self._blocks, criterion)
        self._sieves[criterion] = sieve
        while len(self._sieves) > MOST_SIEVES:
            del self._sieves[next(iter(self._sieves))]
        return sieve

    # --- places -------------------------------------------------------------------------------------------------------
    def piece(self, number: int, from_byte: int, limit: int) -> LogPiece:
        """Some of a line that is too long for a page."""
        with self._lock, self._blocks.opened() as file:
            self._blocks.count(file)
            line = next(lines_of(file, self._blocks, [number]), Line(number, b"", 0))
            start = min(from_byte, line.size)
            place = self._blocks.offset(file, number) + start
            text, size = piece_of(file, place, line.size - start, min(limit, MOST_OF_A_PIECE))
            return LogPiece(line=number, from_byte=start, to_byte=start + size, size_bytes=line.size, text=text)

    def moment(self, at: float | None, after_s: float) -> LogMoment:
        """The first line of an instant (None: the beginning) and so much later."""
        with self._lock, self._blocks.opened() as file:
            begins_at = first_instant(file, self._blocks)
            if begins_at is None or (at is None and not after_s):
                return LogMoment(line=0, at=begins_at, begins_at=begins_at, total=self.total)
            self._blocks.count(file)
            line, when = line_at(file, self._blocks, (begins_at if at is None else at) + after_s)
            return LogMoment(line=line, at=when, begins_at=begins_at, total=self.total)


def hit_of(line: Line, criterion: Criterion) -> LogHit:
    """The part around what was found; of a long line that holds it beyond its head, the head."""
    at = max(0, criterion.folded(line.data).find(criterion.wanted))
    text = (
        line.data if len(line.data) <= MOST_OF_A_HIT else line.data[max(0, at - MOST_OF_A_HIT // 2) :][:MOST_OF_A_HIT]
    )
    return LogHit(
        line=line.number, text=decoded(text), level=letters_of([line], Judge(), criterion.level or Level.DEBUG)
    )


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
