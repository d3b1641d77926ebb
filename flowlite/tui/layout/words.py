"""Lengths of time in as few cells as they take."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count


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


def round_length(seconds: float) -> str:
    """The same for round numbers, on an axis: `0`, `0.5s`, `30s`, `2m`, `1h30m`, `2d`."""
    if 0 < seconds < 1:
        return f"{seconds:.2g}s"
    parts, rest = [], round(seconds)
    for unit, letter in ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")):
        number, rest = divmod(rest, unit)
        if number:
            parts.append(f"{number}{letter}")
    return "".join(parts[:2]) or "0"


def round_steps() -> Iterator[float]:
    """Steps between the marks of an axis in seconds, each larger than the last, for ever."""
    yield from (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30)
    yield from (60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200)
    for power in count():
        yield from (86_400 * step * 10**power for step in (1, 2, 5))
