"""Lengths of time in as few cells as they take."""

from __future__ import annotations


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
    """The same for round numbers, on an axis: `0`, `30s`, `2m`, `1h30m`, `2d`."""
    parts, rest = [], round(seconds)
    for unit, letter in ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")):
        number, rest = divmod(rest, unit)
        if number:
            parts.append(f"{number}{letter}")
    return "".join(parts[:2]) or "0"
