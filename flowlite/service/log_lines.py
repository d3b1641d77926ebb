"""Lines out of a log: read by number, of any length, cut to what is shown of them."""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO, NamedTuple

from flowlite.service.log_blocks import Blocks
from flowlite.service.log_levels import LETTERS, STAMP_BYTES, Judge, Level, label_of
from flowlite.service.logs import decoded

MOST_OF_A_LINE = 8 << 10  # bytes that are shown of one
MOST_OF_A_PAGE = 2 << 20
READ_THROUGH = 64  # lines between two that are wanted are read, and not sought


class Line(NamedTuple):
    """One, as far as it is shown. `size` is all of it in bytes, without its end."""

    number: int
    data: bytes
    size: int

    @property
    def is_cut(self) -> bool:
        """Whether there is more of it."""
        return self.size > len(self.data)


def lines_of(file: BinaryIO, blocks: Blocks, numbers: Iterable[int]) -> Iterator[Line]:
    """In rising order. A line may be larger than all memory: blocks that it fills are known to hold no newline, and are
    not read. A page ends before it gets too large."""
    place, at, size = -1, 0, 0
    for number in numbers:
        if number >= blocks.total or size > MOST_OF_A_PAGE:
            return
        if place < 0 or not 0 <= number - at <= READ_THROUGH:
            place, at = blocks.offset(file, number), number
        for before in range(at, number):
            _, place = line_from(file, blocks, before, place)
        line, place = line_from(file, blocks, number, place)
        at = number + 1
        size += len(line.data)
        yield line


def line_from(file: BinaryIO, blocks: Blocks, number: int, place: int) -> tuple[Line, int]:
    """The line that begins at a place, and the place behind it."""
    file.seek(place)
    data = file.readline(MOST_OF_A_LINE + 1)
    if data.endswith(b"\n"):
        return Line(number, data[:-1], len(data) - 1), place + len(data)
    if len(data) <= MOST_OF_A_LINE:  # the last one, not ended yet
        return Line(number, data, len(data)), place + len(data)
    behind = blocks.offset(file, number + 1)
    has_end = number + 1 < blocks.total or blocks.ends_whole
    return Line(number, data[:MOST_OF_A_LINE], behind - place - has_end), behind


def piece_of(file: BinaryIO, place: int, size: int, most: int) -> tuple[str, int]:
    """Some of a long line as text, and how many bytes that is: never the half of a character, but at its end."""
    data = os.pread(file.fileno(), min(size, most), place)
    decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
    text = decoder.decode(data, final=len(data) == size)
    return text, len(data) - len(decoder.getstate()[0])


def shown(line: bytes) -> str:
    """As a terminal would show it in the end: of what was overwritten by carriage returns, only the last."""
    if b"\r" not in line:
        return decoded(line)
    start = STAMP_BYTES if label_of(line) else 0
    text = line[start:].rstrip(b"\r")
    return decoded(line[:start] + text[text.rfind(b"\r") + 1 :])


def letters_of(lines: Sequence[Line], judge: Judge, least: Level = Level.DEBUG) -> str:
    """How bad each is; none less than what is known of all. Where lines are left out, another message may begin."""
    found: list[str] = []
    last = lines[0].number if lines else 0
    for line in lines:
        judge = judge if line.number - last <= 1 else Judge()
        last = line.number
        found.append(LETTERS[max(judge.judge(line.data).level, least)])
    return "".join(found)


def with_context(passing: Sequence[int], context: int, before: int, behind: int) -> list[int]:
    """Lines that pass, with so many around each, none twice: what stands between two belongs to the first of them.
    `before` and `behind` pass, too, and are on other pages."""
    found: list[int] = []
    reached = before + context
    for place, number in enumerate(passing):
        following = passing[place + 1] if place + 1 < len(passing) else behind
        found += range(max(reached + 1, number - context), number)
        found += range(number, min(number + context + 1, following))
        reached = number + context
    return found
