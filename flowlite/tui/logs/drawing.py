"""How lines of a log are drawn: number, time, how bad, text; wrapped or cut, with what was searched for lit up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import tzinfo
from typing import Literal

from flowlite.tui.format import DOTS, cells, clock, length, size, whole
from flowlite.tui.logs.line import LogLine, LogRow
from flowlite.tui.picture import Row, Span

ROLES = {"e": "log-error", "w": "log-warning", "s": "log-info", "i": "log-info", "d": "log-debug"}
WORDS = {"e": "ERROR", "w": "WARN", "d": "debug", "s": "err"}
Times = Literal["clock", "after", "none"]
MOST_WRAPPED = 60  # rows for one line: the rest is behind ⏎


@dataclass(frozen=True, slots=True)
class Look:
    """How: `width` in cells, `left` cells scrolled to the right, `numbers` wide (0: none)."""

    width: int
    numbers: int = 0
    times: Times = "clock"
    is_wrapped: bool = False
    left: int = 0
    needle: str = ""
    zone: tzinfo | None = None
    begins_at: float | None = None

    @property
    def text_at(self) -> int:
        """The column in which text begins."""
        return 1 + (self.numbers + 1 if self.numbers else 0) + {"clock": 9, "after": 8, "none": 0}[self.times] + 6

    @property
    def room(self) -> int:
        """Cells for text."""
        return max(8, self.width - self.text_at)


def cells_of(text: str) -> str:
    """As `cells`, for texts that are too long to be remembered."""
    if len(text) < 200 or (text.isascii() and text.isprintable()):
        return cells(text)
    return "".join(cells(text[at : at + 100]) for at in range(0, len(text), 100))


def height_of(row: LogRow | None, look: Look) -> int:
    """Rows of the screen."""
    return 1 if row is None else sum(line_height(line, look) for line, _ in row.lines)


def line_height(line: LogLine, look: Look) -> int:
    """Of one line."""
    if not look.is_wrapped or len(line.text) < look.room // 8:
        return 1
    return min(MOST_WRAPPED, max(1, -(-len(cells_of(line.text)) // look.room)))


def drawn(row: LogRow, look: Look, before: LogLine | None) -> Iterator[Row]:
    """All of a row. `before`: the line above it, whose time and level need not be said again."""
    for line, is_context in row.lines:
        yield from drawn_line(line, look, before, is_context=is_context)
        before = line


def drawn_line(line: LogLine, look: Look, before: LogLine | None, *, is_context: bool) -> Iterator[Row]:
    """One line, in as many rows as it takes."""
    role = "dim" if is_context else "accent" if line.label == "flow" else ROLES[line.level]
    head = list(gutter(line, look, before, is_context=is_context))
    if not look.is_wrapped:
        text, more = cut(line, look)
        yield (*head, *text_spans(text, look, role), *more)
        return
    text = cells_of(line.text)
    height = line_height(line, look)
    for number in range(height):
        part = whole(text[number * look.room : (number + 1) * look.room])
        more = (rest(line, look, part),) if number == height - 1 and line.more_bytes else ()
        yield (
            *(head if not number else ()),
            *text_spans(part, look, role, room=look.room - sum(map(wide, more))),
            *more,
        )


def gutter(line: LogLine, look: Look, before: LogLine | None, *, is_context: bool) -> Iterator[Span]:
    """Number, time and level; what the line above has said is left out, and lines between the two are hinted at."""
    if before is not None and line.number - before.number > 1:
        yield Span(0, DOTS, "faint")
    x = 1
    if look.numbers:
        number = f"{line.number + 1:>{look.numbers}}" if line.number >= 0 else ""
        yield Span(x, number, "log-number")
        x += look.numbers + 1
    is_same = before is not None and before.stamp == line.stamp and line.number - before.number == 1
    if look.times != "none":
        if line.stamp and not is_same:
            yield Span(x, time_of(line, look), "log-time")
        x += 9 if look.times == "clock" else 8
    word = WORDS.get(line.level, "")
    if word and not (is_same and before is not None and before.level == line.level):
        yield Span(x, word, "dim" if is_context else ROLES[line.level])


def time_of(line: LogLine, look: Look) -> str:
    """`15:12:52`, or how long after the beginning."""
    at = line.at
    if at is None:
        return ""
    if look.times == "clock":
        return clock(at, look.zone)
    return f"{f'+{length(max(0.0, at - (look.begins_at or at)))}':>7}"


def cut(line: LogLine, look: Look) -> tuple[str, tuple[Span, ...]]:
    """The part of a line that has room."""
    text = cells_of(line.text[look.left : look.left + 2 * look.room])
    more = (rest(line, look, text),) if line.more_bytes else ()
    room = look.room - sum(map(wide, more))
    if len(text) > room:
        text = whole(text[:room]) if more else whole(text[: room - 1]) + DOTS
    return text, more


def rest(line: LogLine, look: Look, text: str) -> Span:
    """`… +1.2 MiB ⏎`, at the right end of what is cut."""
    said = f" {DOTS} +{size(line.more_bytes)} ⏎"
    return Span(look.text_at + look.room - len(said), said, "accent")


def wide(span: Span) -> int:
    """Cells."""
    return len(span.text)


def text_spans(text: str, look: Look, role: str, *, room: int | None = None) -> Iterator[Span]:
    """The text, with what was searched for lit up."""
    text = text if room is None else text[:room]
    x = 0
    for start, end in matches(text, look.needle):
        if start > x:
            yield Span(look.text_at + x, text[x:start], role)
        yield Span(look.text_at + start, text[start:end], "match")
        x = end
    if x < len(text):
        yield Span(look.text_at + x, text[x:], role)


def matches(text: str, needle: str) -> Iterator[tuple[int, int]]:
    """Where it is. With small letters only, capital ones count, too: as the daemon does it."""
    needle = cells(needle)
    if not needle:
        return
    looked = text.lower() if needle == needle.lower() else text
    at = looked.find(needle)
    while at >= 0 and len(looked) == len(text):
        yield at, at + len(needle)
        at = looked.find(needle, at + len(needle))
