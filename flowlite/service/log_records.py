"""What is told of a log: pages of its lines, what was found in it, a piece of a long line, a place in time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

LeastLevel = Literal["", "info", "stderr", "warn", "error"]
"""Messages as bad as that, or worse; "": all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPage:
    """Lines of a log, or of those lines of it that pass a filter.

    from_line: the place of the first among them, from 0; below 0, counted from the end: the file is not counted yet.
    numbers: of each line in the file, in the same way.
    levels: a letter for each line, d i s w e from debug to error; s is stderr without a word about its level.
    contexts: numbers of lines that do not pass, and stand around one that does.
    cut: numbers of lines that are longer than what is shown of them; sizes: their lengths in bytes.
    total: lines of the file; passing: those that pass the filter, which are so many messages. As far as it is counted
    (`counted_bytes`) and sifted (`sifted_bytes`).
    version: another number, and nothing that was known of this file holds: it was replaced, or cut and written anew.
    """

    from_line: int
    lines: tuple[str, ...]
    cut: tuple[int, ...]
    total: int
    size_bytes: int
    numbers: tuple[int, ...] = ()
    levels: str = ""
    contexts: tuple[int, ...] = ()
    sizes: tuple[int, ...] = ()
    passing: int = 0
    messages: int = 0
    counted_bytes: int = 0
    sifted_bytes: int = 0
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LogHit:
    """A line that was looked for; `text` is the part around what was found, `level` a letter as in pages."""

    line: int
    text: str
    level: str = "i"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogHits:
    """What was found, nearest first; the search goes on from `next_line`; None: there is no more.

    place: how many hits there are before the first of these; None: not known yet. The rest is as in a page: asked
    again, it has gone on.
    """

    hits: tuple[LogHit, ...]
    next_line: int | None
    total: int
    passing: int = 0
    messages: int = 0
    place: int | None = None
    size_bytes: int = 0
    sifted_bytes: int = 0
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPiece:
    """Bytes `from_byte` to before `to_byte` of a line that has `size_bytes`."""

    line: int
    from_byte: int
    to_byte: int
    size_bytes: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogMoment:
    """The first line that was written at an instant or later, when that was, and when the log begins; None: no line
    says a time."""

    line: int
    at: float | None
    begins_at: float | None
    total: int
