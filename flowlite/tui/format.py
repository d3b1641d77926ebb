"""Numbers, lengths, instants and names, as short as a cell of a table wants them."""

from __future__ import annotations

import unicodedata
from datetime import datetime, tzinfo
from functools import lru_cache

from flowlite.core.terminal_text import safe_line

DAY_S = 86_400.0
FILLER = "\u2060"  # stands for the second cell of a wide character, and is taken out again when it is painted
DOTS = "…"


# --- text -------------------------------------------------------------------------------------------------------------
def cells(text: str) -> str:
    """The same with one character for each cell: what came from outside can't move the cursor or shift a table.

    What steers a terminal is spelled out; marks that have no cell of their own are left out.
    """
    if text.isascii() and text.isprintable():
        return text
    return _cells(text)


@lru_cache(4096)
def _cells(text: str) -> str:
    text = unicodedata.normalize("NFC", safe_line(text))
    return text if text.isascii() else "".join(_cell(letter) for letter in text)


def _cell(letter: str) -> str:
    if unicodedata.category(letter) in ("Mn", "Me", "Cf"):
        return ""
    return letter + FILLER if unicodedata.east_asian_width(letter) in "WF" else letter


def one_line(text: str) -> str:
    """The first line that says something."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def fitted(text: str, width: int) -> str:
    """Cut at its end, with dots."""
    text = cells(text)
    if len(text) <= width:
        return text
    return whole(text[: max(0, width - 1)]) + DOTS if width > 0 else ""


def middle(text: str, width: int) -> str:
    """Cut in its middle: names of tasks differ at both ends."""
    text = cells(text)
    if len(text) <= width:
        return text
    if width < 5:
        return fitted(text, width)
    head = (width - 1) // 2
    return whole(text[:head]) + DOTS + whole(text[len(text) - (width - 1 - head) :])


def whole(text: str) -> str:
    """With a blank in the place of half a wide character at its ends."""
    if text.startswith(FILLER):
        text = f" {text[1:]}"
    return f"{text[:-1]} " if text and unicodedata.east_asian_width(text[-1]) in "WF" else text


# --- numbers ----------------------------------------------------------------------------------------------------------
def count(number: int) -> str:
    """`1,204`."""
    return f"{number:,}"


def short_count(number: float) -> str:
    """`842`, `1.2k`, `38k`, `1.4M`: at most five cells."""
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= limit:
            value = number / limit
            return f"{value:.1f}{unit}" if value < 9.95 else f"{value:.0f}{unit}"
    return f"{number:.0f}" if number == int(number) else f"{number:.1f}"


def size(number: float) -> str:
    """`512 B`, `1.2 MiB`."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if number < 1024 or unit == "GiB":
            break
        number /= 1024
    return f"{number:.0f} {unit}" if unit == "B" or number >= 99.5 else f"{number:.1f} {unit}"


def percent(part: float, of: float) -> str:
    """`61 %`; what is not done is never 100 %."""
    if of <= 0:
        return "0 %"
    return f"{min(int(100 * part / of), 99 if part < of else 100)} %"


def plural(number: int, one: str, many: str = "") -> str:
    """`1 run`, `3 runs`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


# --- lengths and instants ---------------------------------------------------------------------------------------------
def length(seconds: float | None) -> str:
    """`42s`, `4m12s`, `1h12m`, `2d04h`: at most six cells up to 99 days."""
    if seconds is None:
        return ""
    if seconds < 9.95:
        return f"{max(seconds, 0):.1f}s" if seconds >= 0.05 else "0s"
    whole_s = round(seconds)
    if whole_s < 60:
        return f"{whole_s}s"
    if whole_s < 3600:
        return f"{whole_s // 60}m{whole_s % 60:02}s"
    minutes = round(seconds / 60)
    if minutes < 24 * 60:
        return f"{minutes // 60}h{minutes % 60:02}m"
    hours = round(seconds / 3600)
    return f"{hours // 24}d{hours % 24:02}h"


def clock(at: float, zone: tzinfo | None) -> str:
    """`14:07:33`."""
    return f"{datetime.fromtimestamp(at, zone):%H:%M:%S}"


def when(at: float | None, now: float, zone: tzinfo | None) -> str:
    """`14:07` today, `21 Nov` this year, `Nov 2024` before: at most eight cells."""
    if at is None:
        return ""
    then, today = datetime.fromtimestamp(at, zone), datetime.fromtimestamp(now, zone)
    if then.date() == today.date():
        return f"{then:%H:%M}"
    if abs(at - now) < 300 * DAY_S:
        return f"{then.day} {then:%b}"
    return f"{then:%b %Y}"


def moment(at: float | None, zone: tzinfo | None) -> str:
    """`2024-01-31 14:07`, without the time at midnight."""
    if at is None:
        return ""
    then = datetime.fromtimestamp(at, zone)
    return f"{then:%Y-%m-%d}" if (then.hour, then.minute, then.second) == (0, 0, 0) else f"{then:%Y-%m-%d %H:%M}"


def zone_name(now: float, zone: tzinfo | None) -> str:
    """`CET`."""
    return datetime.fromtimestamp(now, zone).astimezone(zone).tzname() or "UTC"
