"""Figures in words: the filters of report templates, and functions for narratives. Plain text in, plain text out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

MINUS = "\N{MINUS SIGN}"
NOTHING = "\N{EN DASH}"
THIN = "\N{NARROW NO-BREAK SPACE}"


def number(value: float | None, digits: int = 0) -> str:
    """`12,345` or `1.5`; a dash for None."""
    return NOTHING if value is None else f"{value:,.{digits}f}".replace("-", MINUS)


def percent(value: float | None, digits: int = 1) -> str:
    """`4.2 %` of a value in percent."""
    return NOTHING if value is None else f"{number(value, digits)}{THIN}%"


def signed(value: float | None, digits: int = 0) -> str:
    """`+12` or `−3`; `±0` for what rounds to nothing."""
    if value is None:
        return NOTHING
    rounded = round(value, digits)
    return "±0" if rounded == 0 else ("+" if rounded > 0 else "") + number(rounded, digits)


def change(value: float | None, digits: int = 1) -> str:
    """`+4.2 %` of a change in percent."""
    return NOTHING if value is None else f"{signed(value, digits)}{THIN}%"


def day(value: date | None) -> str:
    """`Mon 24 Jun`."""
    return NOTHING if value is None else f"{value:%a} {value.day} {value:%b}"


def days(first: date, last: date) -> str:
    """`24 – 30 June 2024`, with as little said twice as may be."""
    if first == last:
        return f"{last.day} {last:%B %Y}"
    begins = f"{first.day}"
    if (first.year, first.month) != (last.year, last.month):
        begins += f" {first:%B}" + (f" {first.year}" if first.year != last.year else "")
    return f"{begins} {NOTHING} {last.day} {last:%B %Y}"


def moment(value: datetime | None) -> str:
    """`Mon 24 Jun, 06:15`."""
    return NOTHING if value is None else f"{day(value)}, {value:%H:%M}"


def duration(seconds: float | None) -> str:
    """`4.2 s`, `3 min`, `2 h 05 min`, `1 d 3 h`."""
    if seconds is None:
        return NOTHING
    if seconds < 60:
        return f"{seconds:.1f}{THIN}s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes}{THIN}min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours}{THIN}h {minutes:02}{THIN}min"
    return f"{hours // 24}{THIN}d {hours % 24}{THIN}h"


def plural(count: int, one: str, many: str | None = None) -> str:
    """`1 day`, `3 days`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def listed(names: Sequence[str], most: int = 5) -> str:
    """`a, b and c`; `a, b and 3 more`."""
    shown = list(names) if len(names) <= most else [*names[: most - 1], f"{len(names) - most + 1} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}" if shown else "none"


def moved(percent_change: float, *, still: float = 1.0) -> str:
    """`rose by 4.2 %`, `fell by 3.0 %`, `held steady` where it is less than `still` percent."""
    if abs(percent_change) < still:
        return "held steady"
    return f"{'rose' if percent_change > 0 else 'fell'} by {percent(abs(percent_change))}"


FILTERS: Mapping[str, Callable[..., Any]] = {
    "change": change,
    "day": day,
    "duration": duration,
    "listed": listed,
    "moment": moment,
    "number": number,
    "percent": percent,
    "signed": signed,
}
