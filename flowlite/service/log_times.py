"""Where in a log an instant is: lines begin with their time, and are written in its order."""

from __future__ import annotations

import re
from datetime import datetime
from typing import BinaryIO

from flowlite.service.log_blocks import Blocks
from flowlite.service.log_criteria import lines_in

STAMP = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ")


def instant_of(line: bytes) -> float | None:
    """When it was written; None for a line that is none of ours."""
    found = STAMP.match(line)
    return None if found is None else datetime.fromisoformat(found[0][:24].decode()).timestamp()


def first_instant(file: BinaryIO, blocks: Blocks) -> float | None:
    """When the first line was written that says so, of those in the first block."""
    return next((at for line in lines_in(blocks.read(file, 0)) if (at := instant_of(line)) is not None), None)


def line_at(file: BinaryIO, blocks: Blocks, at: float) -> tuple[int, float | None]:
    """The first line that was written then or later, and when; behind the last one, if none was."""
    low, high = 0, blocks.whole + 1
    while low < high:  # the first block that begins at that time or later; the line is in it or in the one before
        middle = (low + high) // 2
        began = began_at(file, blocks, middle)
        if began is not None and began < at:
            low = middle + 1
        else:
            high = middle
    for block in range(max(0, low - 1), blocks.whole + 1):
        part = blocks.read(file, block)
        for number, line in enumerate(lines_in(part), part.first):
            when = instant_of(line)
            if when is not None and when >= at:
                return number, when
    return blocks.total, None


def began_at(file: BinaryIO, blocks: Blocks, block: int) -> float | None:
    """When the first line was written that begins in a block; if none does, in the one before that has one."""
    for place in range(block, -1, -1):
        for line in lines_in(blocks.read(file, place)):
            if (at := instant_of(line)) is not None:
                return at
    return None
