"""Lengths of time, instants, sizes and shares as people read them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

BARS = "▁▂▃▄▅▆▇█"


def length(seconds: float | None) -> str:
    """`0.4s`, `12s`, `3m 05s`, `2h 07m`, `3d 04h`; `-` for None."""
    if seconds is None:
        return "-"
    if seconds < 10:
        return f"{seconds:.1f}s" if seconds >= 0.1 else f"{seconds * 1000:.0f}ms"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m {whole % 60:02d}s"
    if whole < 86400:
        return f"{whole // 3600}h {whole % 3600 // 60:02d}m"
    return f"{whole // 86400}d {whole % 86400 // 3600:02d}h"


def instant(at: float | None) -> str:
    """Seconds since the epoch as `2024-01-01 06:00:00Z`; `-` for None."""
    if at is None:
        return "-"
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def date(at: float | None) -> str:
    """`2024-01-01`, with the time only where there is one; for logical dates, in UTC."""
    if at is None:
        return "-"
    when = datetime.fromtimestamp(at, UTC)
    if not (when.hour or when.minute or when.second):
        return when.strftime("%Y-%m-%d")
    return when.strftime("%Y-%m-%d %H:%M:%S" if when.second else "%Y-%m-%d %H:%M")


def ago(at: float | None, now: float) -> str:
    """`3m ago`, `in 2h`, `now`; `-` for None. One unit is enough to place it."""
    if at is None:
        return "-"
    gap = abs(now - at)
    for unit, letter in ((86400, "d"), (3600, "h"), (60, "m"), (1, "s")):
        if gap >= unit:
            text = f"{gap // unit:.0f}{letter}"
            return f"{text} ago" if at < now else f"in {text}"
    return "now"


def size(count: float | None) -> str:
    """`512 B`, `1.4 MiB`; `-` for None."""
    if count is None:
        return "-"
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024 or unit == "GiB":
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    raise AssertionError("unreachable: the last unit takes all")


def share(part: int, whole: int) -> str:
    """`97 %`; `-` of nothing. Never rounds up to 100 nor down to 0."""
    if not whole:
        return "-"
    if 0 < part < whole:
        return f"{min(99, max(1, round(100 * part / whole)))} %"
    return f"{100 * part // whole} %"


def count(number: int, noun: str) -> str:
    """`1 run`, `3 runs`, `2 retries`."""
    if number == 1:
        return f"1 {noun}"
    plural = noun[:-1] + "ies" if noun.endswith("y") else noun + "s"
    return f"{number:,} {plural}"


def numbers(found: Sequence[int]) -> str:
    """`3, 7 to 180, 185`."""
    parts: list[list[int]] = []
    for number in sorted(found):
        if parts and number == parts[-1][-1] + 1:
            parts[-1][1:] = [number]
        else:
            parts.append([number])
    return ", ".join(" to ".join(map(str, part)) if len(part) > 1 else str(part[0]) for part in parts)


def bars(values: Sequence[float | None]) -> str:
    """A bar for each value, the highest full; a gap (`·`) for None."""
    known = [value for value in values if value is not None]
    top = max(known, default=0.0)
    if top <= 0:
        return "".join("·" if value is None else BARS[0] for value in values)
    return "".join("·" if v is None else BARS[round(v / top * (len(BARS) - 1))] for v in values)


def progress_bar(done: int, total: int, width: int) -> str:
    """`█████▌░░░░` of that width, in eighths."""
    eighths = width * 8 if not total else width * 8 * done // total
    full, rest = divmod(eighths, 8)
    return ("█" * full + (" ▏▎▍▌▋▊▉"[rest] if rest else "")).ljust(width, "░")
