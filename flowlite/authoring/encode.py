"""Results as JSON text: what crosses from task to task, to other processes, and over restarts."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any
from uuid import UUID

from flowlite.core.errors import FlowliteError

ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), check_circular=False)
SAFE_ENCODER = json.JSONEncoder(ensure_ascii=True, allow_nan=False, separators=(",", ":"), check_circular=False)
FIX = "return JSON values, pydantic models, dataclasses, datetimes or Paths, or write a file and return its path"


class NotEncodable(FlowliteError):
    """A value that is no JSON: the message names its type and where in the result it is."""


def encode_result(value: Any) -> str:
    """JSON text of a result; raises NotEncodable."""
    if value is None:
        return "null"
    try:
        plain = to_plain(value, "result")
        text = ENCODER.encode(plain)
    except RecursionError:
        raise NotEncodable("result is nested too deeply or contains itself; return something flatter") from None
    except ValueError as error:  # an int of thousands of digits
        raise NotEncodable(f"result: {error}; {FIX}") from None
    return text if text.isascii() or is_utf8(text) else SAFE_ENCODER.encode(plain)


def is_utf8(text: str) -> bool:
    """Not if it holds half of a surrogate pair, which no database and no file takes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def to_plain(value: Any, place: str) -> Any:
    """The same with nothing but JSON types."""
    kind = type(value)
    if kind is str or kind is int or kind is bool or value is None:
        return value
    if kind is float:
        return finite(value, place)
    if kind is list or kind is tuple:
        return [to_plain(item, f"{place}[{number}]") for number, item in enumerate(value)]
    if kind is dict:
        return plain_dict(value, place)
    return plain_other(value, place)


def finite(value: float, place: str) -> float:
    """JSON has no NaN and no infinity."""
    if math.isfinite(value):
        return value
    raise NotEncodable(f"{value!r} (float) at {place} is no JSON; replace it, for example by None")


def plain_dict(value: Mapping[Any, Any], place: str) -> dict[str, Any]:
    """Keys must be text: JSON would turn 1 and "1" into one."""
    plain = {}
    for key, item in value.items():
        if not isinstance(key, str):
            raise NotEncodable(f"key {key!r} ({type(key).__name__}) at {place} is no text; use str(...) for keys")
        plain[str(key)] = to_plain(item, f'{place}["{key}"]')
    return plain


def plain_other(value: Any, place: str) -> Any:
    """Everything that is not a JSON type itself."""
    if isinstance(value, Enum):
        return to_plain(value.value, place)
    if callable(getattr(value, "model_dump", None)) and not isinstance(value, type):
        return to_plain(dumped(value, place), place)
    if is_dataclass(value) and not isinstance(value, type):
        return {
            one.name: to_plain(getattr(value, one.name), f"{place}.{one.name}") for one in fields(value) if one.init
        }
    for kind, encode in TEXTS:
        if isinstance(value, kind):
            return encode(value)
    if isinstance(value, float):
        return finite(float(value), place)
    if isinstance(value, set | frozenset):
        return [to_plain(item, f"{place}{{{item!r}}}") for item in in_order(value)]
    if isinstance(value, list | tuple):
        return [to_plain(item, f"{place}[{number}]") for number, item in enumerate(value)]
    if isinstance(value, Mapping):
        return plain_dict(value, place)
    raise NotEncodable(f"{full_name(type(value))} at {place} is no JSON; {FIX}")


def dumped(model: Any, place: str) -> Any:
    """A pydantic model as plain values that the same model reads back."""
    try:
        return model.model_dump(mode="json", by_alias=True, round_trip=True)
    except (ValueError, TypeError) as error:
        raise NotEncodable(f"{full_name(type(model))} at {place} can't be dumped: {error}; {FIX}") from None


def in_order(values: set[Any] | frozenset[Any]) -> list[Any]:
    """Sorted where that is possible, so that the same set is always the same text."""
    try:
        return sorted(values)
    except TypeError:
        return list(values)


def duration(value: timedelta) -> str:
    """ISO 8601, to the microsecond."""
    whole = abs(value)
    return f"{'-' if value < timedelta(0) else ''}P{whole.days}DT{whole.seconds}.{whole.microseconds:06}S"


def full_name(kind: type) -> str:
    """`numpy.ndarray`, but plain `bytes`."""
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


TEXTS: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (datetime, datetime.isoformat),
    (date, date.isoformat),
    (time, time.isoformat),
    (timedelta, duration),
    (PurePath, str),
    (Decimal, str),
    (UUID, str),
    (str, str),
    (int, int),
)
