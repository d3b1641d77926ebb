"""What is said over and under a log: whose it is, which attempt, how much of it is shown, whether it is followed, what
was found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flowlite.tui.format import count, percent, plural, short_count
from flowlite.tui.logs.pane import LogPane
from flowlite.tui.picture import Row
from flowlite.tui.rows import Line, Piece

MOST_TABS = 9
LEVELS = {"warn": "warnings", "error": "errors", "stderr": "stderr", "info": "info"}


@dataclass(frozen=True, slots=True)
class Heading:
    """`attempt` is the one that is seen, of so many. `skipped_per_s`: lines that came too fast to be shown."""

    name: str
    attempt: int
    attempts: int
    is_live: bool
    beside: int = 0  # another attempt that is seen; 0: none
    skipped_per_s: float = 0.0
    has_focus: bool = False


def headed(heading: Heading, pane: LogPane | None, width: int) -> Row:
    """`Log fetch  1 2 3      1,204,331 lines  errors 41   PAUSED at 88 %`."""
    line = Line(width).skip().put("Log", "title" if heading.has_focus else "title-idle")
    if pane is None:
        return line.row
    line.put(f" {heading.name}", "text")
    for number in shown_attempts(heading):
        is_here = number == heading.attempt
        line.put("  " if number == shown_attempts(heading)[0] else " ")
        line.put(str(number), "tab-focus" if is_here else "tab", f"attempt:{number}")
    if heading.beside:
        line.put(f"   attempt {heading.attempt} │ attempt {heading.beside}", "accent")
    said = [*amount(pane, is_short=width < 76), *following(heading, pane)]
    return line.right(*said, margin=1).row


def shown_attempts(heading: Heading) -> range:
    """Those that have tabs; none for a single one."""
    if heading.attempts < 2:
        return range(0)
    first = min(max(1, heading.attempt - MOST_TABS // 2), max(1, heading.attempts - MOST_TABS + 1))
    return range(first, min(heading.attempts, first + MOST_TABS - 1) + 1)


def amount(pane: LogPane, *, is_short: bool) -> Iterator[Piece]:
    """How many lines, and how many of them are shown."""
    pages = pane.pages
    if pages.trouble:
        yield pages.trouble, "error"
    elif not pages.is_known:
        yield "asking the daemon…", "dim"
    elif not pages.is_counted:
        yield f"counting lines, {percent(pages.counted_bytes, pages.size_bytes)}", "dim"
    elif pages.shown.level:
        yield f"{LEVELS[pages.shown.level]}  ", "accent-strong"
        of = short_count(pages.total) if is_short else count(pages.total)
        yield f"{count(pages.count)} of {of}", "text"
        if not pages.is_whole:
            yield f" so far, {percent(pages.sifted_bytes, pages.size_bytes)}", "dim"
    else:
        yield (f"{short_count(pages.total)} lines" if is_short else plural(pages.total, "line")), "dim"


def following(heading: Heading, pane: LogPane) -> Iterator[Piece]:
    """Whether new lines are shown as they come."""
    if not heading.is_live:
        return
    if heading.skipped_per_s and pane.is_following:
        yield f"  skipping {short_count(heading.skipped_per_s)} lines/s", "warn"
    if pane.is_following:
        yield "  FOLLOWING", "good"
    else:
        yield "  PAUSED", "warn"


def status(pane: LogPane, width: int, *, is_wrapped: bool) -> Row:
    """`/merge  12 of 3,041      3 errors     line 1,204,318   88 %`."""
    line = Line(width).skip().pieces(*searched(pane))
    if line.x > 1:
        line.skip(3)
    line.pieces(*errors(pane))
    if pane.pages.shown.context:
        line.put("   with context", "dim")
    if pane.anchor is not None:
        line.put(f"   {plural(len(pane.marked), 'line')} marked", "accent")
    where = [] if not pane.pages.is_counted or not pane.count else list(position(pane))
    return line.right(*where, margin=1).row


def searched(pane: LogPane) -> Iterator[Piece]:
    """What is looked for, and which of them this is."""
    search = pane.search
    if search is None:
        return
    yield f"/{search.text}", "accent"
    share = f", {search.share:.0%} searched" if not search.is_counted else ""
    if search.is_looking and search.line is None:
        yield f"  looking{share}", "dim"
    elif search.line is None and search.is_counted and not search.number:
        yield "  not found", "warn"
    else:
        at = f"{count(search.place + 1)} of " if search.place is not None and search.line == pane.line else ""
        yield f"  {at}{count(search.number)}{share}", "text"
        if search.has_turned:
            yield "  from the other end", "warn"


def errors(pane: LogPane) -> Iterator[Piece]:
    """How many, and which of them this is."""
    found = pane.errors
    if found.number:
        at = f"{count(found.place + 1)} of " if found.place is not None and found.line == pane.line else ""
        yield f"{at}{plural(found.number, 'error')}", "log-error"
        if not found.is_counted:
            yield f" so far, {found.share:.0%}", "dim"
    elif not found.is_counted and found.share:
        yield f"errors, {found.share:.0%} searched", "dim"


def position(pane: LogPane) -> Iterator[Piece]:
    """Where in the whole."""
    if not pane.is_following:
        yield f"line {count(pane.line + 1)}   ", "dim"
    yield percent(pane.cursor + 1, pane.count), "dim"
