"""A line of a log, taken apart: when it was written, how bad it is, what it says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flowlite.core.terminal_text import without_colors

STAMP_CHARS, TEXT_AT = 24, 31  # `2026-11-22T23:16:38.123Z out   text`
Told = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LogLine:
    """`level` is a letter as the daemon says it. `more_bytes`: how much longer the line is than `text`."""

    number: int
    level: str
    label: str
    stamp: str
    text: str
    more_bytes: int = 0

    @property
    def at(self) -> float | None:
        """When it was written."""
        return datetime.fromisoformat(self.stamp).timestamp() if self.stamp else None


@dataclass(frozen=True, slots=True)
class LogRow:
    """A line that passes the filter, with what stands around it."""

    line: LogLine
    before: tuple[LogLine, ...] = ()
    after: tuple[LogLine, ...] = ()

    @property
    def lines(self) -> Iterator[tuple[LogLine, bool]]:
        """All of them, each with whether it is only context."""
        yield from ((line, True) for line in self.before)
        yield self.line, False
        yield from ((line, True) for line in self.after)

    @property
    def size(self) -> int:
        """About how many bytes it takes here, for the bounds of what is kept."""
        return sum(400 + len(line.text) for line, _ in self.lines)


def line_of(number: int, level: str, raw: str, more_bytes: int = 0) -> LogLine:
    """From what the daemon tells."""
    if raw[10:11] == "T" and raw[23:25] == "Z ":
        stamp, label, text = raw[:STAMP_CHARS], raw[25:30].strip(), raw[TEXT_AT:]
    else:
        stamp, label, text = "", "", raw
    return LogLine(number, level, label, stamp, without_colors(text).expandtabs(4), more_bytes)


def rows_of(told: Told, context: int) -> list[LogRow]:
    """The lines of a page that pass, each with its context: what stands between two belongs to the first of them."""
    sizes = dict(zip(told["cut"], told["sizes"], strict=True))
    around = set(told["contexts"])
    found: list[tuple[LogLine, list[LogLine], list[LogLine]]] = []
    waiting: list[LogLine] = []
    for number, level, raw in zip(told["numbers"], told["levels"], told["lines"], strict=True):
        line = line_of(number, level, raw, max(0, sizes[number] - len(raw.encode())) if number in sizes else 0)
        if number not in around:
            found.append((line, waiting, []))
            waiting = []
        elif found and number - found[-1][0].number <= context:
            found[-1][2].append(line)
        else:
            waiting.append(line)
    return [LogRow(line, tuple(before), tuple(after)) for line, before, after in found]
