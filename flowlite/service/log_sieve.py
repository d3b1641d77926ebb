"""A sieve over a log: which of its lines hold a text or are as bad as a level, and how many of them there are before
each block, so that the thousandth of them is found at once.

It goes through the file once, bit by bit, and keeps one number for each block.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator
from time import monotonic
from typing import BinaryIO, NamedTuple

from flowlite.service import log_blocks
from flowlite.service.log_blocks import AHEAD_BYTES, Blocks
from flowlite.service.log_criteria import Criterion, Kept

KEPT_BLOCKS = 4
NOTHING = Kept([], [], 0)


class Near(NamedTuple):
    """Lines that pass, each with whether a message begins there. The look goes on at `next_line`, None: nowhere."""

    found: list[tuple[int, bool]]
    next_line: int | None


class Sieve:
    """Of one criterion over one file."""

    def __init__(self, blocks: Blocks, criterion: Criterion) -> None:
        self._blocks, self._criterion = blocks, criterion
        self._forget()

    def _forget(self) -> None:
        self._version = self._blocks.version
        self._before, self._begun, self._rests = array("I", [0]), array("I", [0]), bytearray(1)
        self._looked_at: dict[int, Kept] = {}
        self._tail = NOTHING

    def _check(self) -> None:
        """Nothing is known of a file that is another one."""
        if self._version != self._blocks.version:
            self._forget()

    # --- going through ------------------------------------------------------------------------------------------------
    def sift(self, file: BinaryIO, *, until: float = float("inf")) -> bool:
        """Go on; True: to the end of the file as it is counted. `until` is an instant of the monotonic clock."""
        self._check()
        while self._is_settled(self.sifted):
            self._sift_block(file)
            if monotonic() > until:
                break
        self._tail = self._scan_tail(file) if self.is_sifted else NOTHING
        return self.is_sifted

    def _sift_block(self, file: BinaryIO) -> Kept:
        found = self._criterion.scan(self._blocks, file, self.sifted, self._rests[-1])
        self._before.append(self._before[-1] + len(found.numbers))
        self._begun.append(self._begun[-1] + sum(found.starts))
        self._rests.append(found.rest)
        return found

    def _is_settled(self, block: int) -> bool:
        """Whether nothing that comes can change what passes in a block."""
        needed = (block + 1) * log_blocks.BLOCK_BYTES + AHEAD_BYTES
        return block < self._blocks.whole and self._blocks.counted_bytes >= needed

    def _scan_tail(self, file: BinaryIO) -> Kept:
        tail = Kept([], [], self._rests[-1])
        for block in range(self.sifted, self._blocks.whole + 1):
            found = self._criterion.scan(self._blocks, file, block, tail.rest)
            tail = Kept(tail.numbers + found.numbers, tail.starts + found.starts, found.rest)
        return tail

    @property
    def sifted(self) -> int:
        """How many blocks it has gone through for good."""
        return len(self._before) - 1

    @property
    def is_sifted(self) -> bool:
        """Whether only the end is left, which is looked at anew each time."""
        return not self._is_settled(self.sifted)

    @property
    def sifted_bytes(self) -> int:
        """How far it is."""
        return self._blocks.counted_bytes if self.is_sifted else self.sifted * log_blocks.BLOCK_BYTES

    @property
    def passing(self) -> int:
        """How many lines pass, so far."""
        return self._before[-1] + len(self._tail.numbers)

    @property
    def messages(self) -> int:
        """How many messages these lines are, so far."""
        return self._begun[-1] + sum(self._tail.starts)

    # --- what passed --------------------------------------------------------------------------------------------------
    def from_place(self, file: BinaryIO, place: int) -> Iterator[int]:
        """The numbers of the lines that pass, from the one at this place among them on."""
        block = bisect_right(self._before, place) - 1
        skipped = place - self._before[block]
        for number in range(block, self.sifted):
            if not self._is_barren(number):
                yield from self._kept(file, number).numbers[skipped:]
                skipped = 0
        yield from self._tail.numbers[skipped:]

    def place_of(self, file: BinaryIO, line: int, *, of_messages: bool = False) -> int | None:
        """How many of those that pass stand before a line; None: it is not sifted up to there yet."""
        block = self._blocks.block_of(line)
        if block >= self.sifted and not self.is_sifted:
            return None
        kept = self._kept(file, block) if block < self.sifted else self._tail
        before = (self._begun if of_messages else self._before)[min(block, self.sifted)]
        passing = zip(kept.numbers, kept.starts, strict=True)
        return before + sum(number < line and (is_start or not of_messages) for number, is_start in passing)

    def near(
        self, file: BinaryIO, line: int, most: int, *, is_backwards: bool, only_starts: bool, until: float
    ) -> Near:
        """Those that pass from a line on, nearest first, or before it, backwards. Does not wait for the sieve: looks at
        blocks that are not sifted yet, too."""
        self._check()
        block, last = self._blocks.block_of(line), self._blocks.whole
        found: list[tuple[int, bool]] = []
        while 0 <= block <= last:
            for number, is_start in self._in_order(file, block, is_backwards=is_backwards):
                is_wanted = (number < line if is_backwards else number >= line) and (is_start or not only_starts)
                if is_wanted and not (found and found[-1][0] == number):
                    found.append((number, is_start))
                    if len(found) == most:
                        return Near(found, number if is_backwards else number + 1)
            block += -1 if is_backwards else 1
            if monotonic() > until and 0 <= block <= last:
                # A line may reach from one block into the next: it is looked at again, unless it was found already.
                between = self._blocks.before(block + is_backwards)
                is_found = bool(found) and found[-1][0] == between
                following = between + (is_found != is_backwards)
                if (following < line) if is_backwards else (following > line):
                    return Near(found, following)
        return Near(found, None)

    def _in_order(self, file: BinaryIO, block: int, *, is_backwards: bool) -> list[tuple[int, bool]]:
        if self._is_barren(block):
            return []
        kept = self._kept(file, block)
        pairs = list(zip(kept.numbers, kept.starts, strict=True))
        return pairs[::-1] if is_backwards else pairs

    def _is_barren(self, block: int) -> bool:
        return block < self.sifted and self._before[block] == self._before[block + 1]

    def _kept(self, file: BinaryIO, block: int) -> Kept:
        """What passes in a block, remembered for the next look if it will stay so."""
        if (found := self._looked_at.pop(block, None)) is None:
            if block == self.sifted and self._is_settled(block):  # a search from the beginning sifts on its way
                found = self._sift_block(file)
            else:
                rest = self._rests[block] if block < len(self._rests) else 0
                found = self._criterion.scan(self._blocks, file, block, rest)
        if block < self.sifted:
            self._looked_at[block] = found
            while len(self._looked_at) > KEPT_BLOCKS:
                del self._looked_at[next(iter(self._looked_at))]
        return found
