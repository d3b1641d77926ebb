"""Round lengths of time, for axes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count


def round_length(seconds: float) -> str:
    """In as few cells as it takes: `0`, `0.5s`, `30s`, `2m`, `1h30m`, `2d`."""
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
