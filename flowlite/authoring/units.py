"""Lengths of time, memory sizes and dates, as people write them, into numbers."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, timedelta, tzinfo

from flowlite.authoring.problems import DeclarationError

SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?", re.IGNORECASE)
POWER = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


def seconds(name: str, value: timedelta | float | None) -> float | None:
    """A length in seconds; it must be finite and above zero."""
    if value is None:
        return None
    length = value.total_seconds() if isinstance(value, timedelta) else value
    if isinstance(length, bool) or not isinstance(length, int | float) or not (math.isfinite(length) and length > 0):
        raise DeclarationError(f"{name}={value!r} is no length of time", "give seconds above 0 or a timedelta")
    return float(length)


def size_bytes(name: str, value: str | int | None) -> int | None:
    """`2GiB`, `500MB`, or a number of bytes."""
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    found = SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if not found or not (size := scaled(found)):
        raise DeclarationError(f"{name}={value!r} is no size", 'write it like "2GiB" or "500MB"')
    return size


def scaled(found: re.Match[str]) -> int:
    """The matched number times its unit."""
    unit = 1024 if found[3] else 1000
    return int(float(found[1]) * unit ** POWER[found[2].lower()])


def instant(name: str, value: datetime | date | str | None, zone: tzinfo) -> datetime | None:
    """A point in time, aware, in UTC. What has no zone of its own is wall time in `zone`; a date is its midnight."""
    if value is None:
        return None
    if isinstance(value, str):
        value = parsed(name, value)
    if not isinstance(value, date):
        raise DeclarationError(f"{name}={value!r} is no date", 'write it like "2024-01-31" or give a datetime')
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=zone)
    return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)


def parsed(name: str, text: str) -> datetime:
    """ISO 8601 text as a datetime, aware only if the text says a zone."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise DeclarationError(
            f"{name}={text!r} is no date", 'write it like "2024-01-31" or "2024-01-31T06:00+01:00"'
        ) from None
