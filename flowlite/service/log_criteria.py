"""What passes a sieve over a log, found in one block: lines of messages as bad as a level, lines that hold a text."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO, NamedTuple

from flowlite.service import log_blocks
from flowlite.service.log_blocks import Blocks, Part
from flowlite.service.log_levels import LOGGED, NO_MESSAGE, SIGNS, STAMP_BYTES, STREAMS, Judge, Level, Message, label_of

LABELS_OF_MESSAGES = (b"", LOGGED, *STREAMS)
STAMPED_STREAMS = tuple(b"Z %s " % name for name in STREAMS)
LOGGED_SIGNS = {Level.ERROR: (b"Z error ",), Level.WARN: (b"Z error ", b"Z warn  ")}


HARMLESS = Message(LOGGED)


class Kept(NamedTuple):
    """The lines of a block that pass, by number, and which of them begin a message. `rest`: what the scan of the next
    block has to know of this one."""

    numbers: list[int]
    starts: list[bool]
    rest: int


@dataclass(frozen=True, slots=True)
class Criterion:
    """Lines of messages at least as bad as `level` that hold `text`. In a text of small letters each means its capital
    one, too; with a level, a line's first kilobytes are looked at."""

    level: Level | None = None
    text: str = ""

    def scan(self, blocks: Blocks, file: BinaryIO, block: int, rest: int) -> Kept:
        """What passes in one block."""
        if self.level is None:
            return self._with_text(blocks, file, block, rest)
        part = blocks.read(file, block)
        if self.level in SIGNS and not self.text:
            return with_signs(part, rest, self.level)
        return self._one_by_one(part, rest, self.level)

    @property
    def wanted(self) -> bytes:
        """The text as it is looked for."""
        return self.text.encode("utf-8", "surrogatepass")

    def folded(self, data: bytes) -> bytes:
        """With small letters for capital ones, if they mean the same here."""
        return data.lower() if self.text == self.text.lower() else data

    def _one_by_one(self, part: Part, rest: int, level: Level) -> Kept:
        judge, wanted = Judge(unpacked(rest)), self.wanted
        numbers: list[int] = []
        starts: list[bool] = []
        for number, line in enumerate(lines_in(part), part.first):
            judged = judge.judge(line)
            if judged.level >= level and (not wanted or wanted in self.folded(line)):
                numbers.append(number)
                starts.append(judged.is_start or bool(wanted))
        return Kept(numbers, starts, packed(judge.message))

    def _with_text(self, blocks: Blocks, file: BinaryIO, block: int, rest: int) -> Kept:
        """`rest`: the line that reaches into the block passed in an earlier one."""
        wanted, size = self.wanted, log_blocks.BLOCK_BYTES
        data = os.pread(file.fileno(), size + len(wanted) - 1, block * size)
        looked, number, counted, place = self.folded(data), blocks.before(block), 0, 0
        if rest and not (place := data.find(b"\n", 0, size) + 1):
            return Kept([], [], 1)
        numbers: list[int] = []
        while 0 <= (at := looked.find(wanted, place)) < size:
            number += data.count(b"\n", counted, at)
            numbers.append(number)
            counted, place = at, data.find(b"\n", at, size) + 1
            if not place:
                return Kept(numbers, [True] * len(numbers), 1)
        return Kept(numbers, [True] * len(numbers), 0)


def with_signs(part: Part, rest: int, level: Level) -> Kept:
    """Lines of messages as bad as that. Their first lines hold one of a few words, so that all others need no judge."""
    if part.begin >= part.end:
        return Kept([], [], rest)
    found, judge, before = Kept([], [], 0), Judge(unpacked(rest)), unpacked(rest)
    is_stamped = bool(before.label) or any(label_of(line) for line in islice(lines_in(part), 3))
    place, number = walk(part, judge, level, found) if before.level >= level else (part.begin, part.first)
    for start in candidates(part, level, is_stamped=is_stamped):
        if start >= place and (label_of(part.data[start : start + STAMP_BYTES]) or not is_stamped):
            number += part.data.count(b"\n", place, start)
            judge = Judge()
            place, number = walk(part._replace(begin=start, first=number), judge, level, found)
    goes_on = place >= part.end and judge.message.level >= level
    return found._replace(rest=packed(judge.message if goes_on else HARMLESS if is_stamped else NO_MESSAGE))


def candidates(part: Part, level: Level, *, is_stamped: bool) -> list[int]:
    """Where lines begin that may begin such a message."""
    if is_stamped and not any(stream in part.data for stream in STAMPED_STREAMS):
        return lines_with(LOGGED_SIGNS[level], part.data, part.begin, part.end)
    return lines_with(SIGNS[level], part.data.lower(), part.begin, part.end)


def walk(part: Part, judge: Judge, level: Level, found: Kept) -> tuple[int, int]:
    """Line by line, up to the first that is not so bad; place and number of the one behind that."""
    place, number = part.begin, part.first
    for line in lines_in(part):
        judged = judge.judge(line)
        place, number = place + len(line) + 1, number + 1
        if judged.level < level:
            break
        found.numbers.append(number - 1)
        found.starts.append(judged.is_start)
    return place, number


def lines_with(words: Iterable[bytes], data: bytes, begin: int, end: int) -> list[int]:
    """Where lines begin that hold one of some words."""
    found: set[int] = set()
    for word in words:
        at = begin
        while (at := data.find(word, at)) >= 0:
            start = data.rfind(b"\n", 0, at) + 1
            if start >= end:
                break
            found.add(start)
            at = data.find(b"\n", at)
            if at < 0:
                break
    return sorted(found)


def lines_in(part: Part) -> Iterator[bytes]:
    """The lines that begin in a block, the last one as far as it is there."""
    data, begin, end, _ = part
    while begin < end:
        newline = data.find(b"\n", begin)
        newline = len(data) if newline < 0 else newline
        yield data[begin:newline]
        begin = newline + 1


def packed(message: Message) -> int:
    """In a byte."""
    if message is NO_MESSAGE:
        return 0
    return 1 + LABELS_OF_MESSAGES.index(message.label) + 4 * message.level + 32 * message.is_traceback


def unpacked(rest: int) -> Message:
    """And back."""
    if not rest:
        return NO_MESSAGE
    rest -= 1
    return Message(LABELS_OF_MESSAGES[rest % 4], Level(rest // 4 % 8), rest >= 32)
