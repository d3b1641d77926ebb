"""Where to go in a log, as people type it: `1204`, `50%`, `15:12`, `+3m20s`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo

from flowlite.core.errors import FlowliteError

UNITS = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0, "": 1.0}
LENGTH = re.compile(r"(\d+(?:\.\d+)?)([dhms]?)")


class NoSuchTarget(FlowliteError):
    """It means no place in a log."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{text!r} is no place in a log; say a line (1204), a share (50%), a time (15:12) or +3m20s")


@dataclass(frozen=True, slots=True)
class Target:
    """One of these is given: a line from 0, a share of the log, an instant, a length since the log begins."""

    line: int | None = None
    share: float | None = None
    at: float | None = None
    after_s: float | None = None


def target_of(text: str, begins_at: float | None, zone: tzinfo | None) -> Target:
    """`begins_at` tells which day a time is of. Raises NoSuchTarget."""
    said = text.strip().replace(",", "").replace(" ", "")
    if said.isdigit():
        return Target(line=max(0, int(said) - 1))
    if said.endswith("%") and said[:-1].replace(".", "", 1).isdigit():
        return Target(share=min(1.0, float(said[:-1]) / 100))
    if said.startswith("+") and LENGTH.sub("", said[1:]) == "" and len(said) > 1:
        return Target(after_s=sum(float(number) * UNITS[unit] for number, unit in LENGTH.findall(said[1:])))
    if begins_at is not None and (clock := clock_of(said)) is not None:
        return Target(at=next_at(clock, begins_at, zone))
    try:
        then = datetime.fromisoformat(text.strip())
    except ValueError:
        raise NoSuchTarget(text) from None
    return Target(at=(then if then.tzinfo else then.replace(tzinfo=zone)).timestamp())


def clock_of(text: str) -> time | None:
    """`15:12`, `15:12:52`."""
    try:
        return time.fromisoformat(text if len(text.partition(":")[0]) == 2 else f"0{text}") if ":" in text else None
    except ValueError:
        return None


def next_at(clock: time, begins_at: float, zone: tzinfo | None) -> float:
    """The first instant of that time since the log began."""
    begin = datetime.fromtimestamp(begins_at, zone)
    then = begin.replace(hour=clock.hour, minute=clock.minute, second=clock.second, microsecond=0)
    return (then if then >= begin.replace(microsecond=0) else then + timedelta(days=1)).timestamp()
