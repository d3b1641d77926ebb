"""What crosses the wire: records as JSON and back. The names of fields are the names in Python; numbers of runs are
text, for programs whose whole numbers end at 2^53."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

IDS = ("id", "run_id")
ID_LISTS = ("runs", "run_ids")


# --- out --------------------------------------------------------------------------------------------------------------
def encoded(value: Any) -> bytes:
    """As JSON. What is no text in UTF-8 (file names may be) becomes an escape, and no number is infinite."""
    value = outermost(value)
    try:
        text = json.dumps(value, default=taken_apart, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    except ValueError:
        text = json.dumps(finite(value), default=taken_apart, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace")


def outermost(value: Any) -> Any:
    """Numbers of runs by themselves, and named tuples, which `json` would take for lists."""
    if type(value) is int:
        return str(value)
    if isinstance(value, list):
        return [outermost(one) for one in value]
    return as_ids(value._asdict()) if hasattr(value, "_asdict") else value


def taken_apart(value: Any) -> Any:
    """What `json` does not know."""
    kind: Any = type(value)
    if is_record(kind):
        return as_ids({name: getattr(value, name) for name in names_of(kind)})
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, set | frozenset):
        return sorted(value)
    return str(value)


def as_ids(record: dict[str, Any]) -> dict[str, Any]:
    """With numbers of runs as text."""
    for name in IDS:
        if type(record.get(name)) is int:
            record[name] = str(record[name])
    for name in ID_LISTS:
        if isinstance(record.get(name), tuple):
            record[name] = [str(one) for one in record[name]]
    return record


@cache
def names_of(kind: Any) -> tuple[str, ...]:
    """The fields of a record."""
    return tuple(one.name for one in fields(kind))


def finite(value: Any) -> Any:
    """The same without numbers that JSON has no word for; records are taken apart on the way."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [finite(one) for one in value]
    return value if isinstance(value, str | int | None) else finite(taken_apart(value))


def is_record(kind: Any) -> bool:
    """A dataclass."""
    return is_dataclass(kind)


# --- in ---------------------------------------------------------------------------------------------------------------
def decoded(kind: Any, data: Any) -> Any:
    """The value of this type that JSON stands for. What a newer daemon says beyond the type is left out.

    Raises KeyError, TypeError or ValueError if it is no such value.
    """
    return builder(kind)(data)


@cache
def builder(kind: Any) -> Callable[[Any], Any]:
    """What makes values of a type from JSON."""
    origin, inside = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return of_union(inside)
    if kind in (int, float, str):
        return kind  # type: ignore[no-any-return]
    if kind is Path:
        return Path
    if is_record(kind):
        return of_record(kind, names_of(kind))
    if hasattr(kind, "_fields"):
        return of_record(kind, kind._fields)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return of_mapping(*inside)
    if origin is tuple:
        return of_tuple(inside)
    if isinstance(origin, type) and issubclass(origin, Sequence):
        one = builder(inside[0])
        return lambda data: [one(item) for item in data]
    return lambda data: data


def of_union(inside: tuple[Any, ...]) -> Callable[[Any], Any]:
    """None, or a value of the first type that is not NoneType."""
    found = builder(next(one for one in inside if one is not NoneType))
    return lambda data: None if data is None else found(data)


def of_mapping(key: Any, value: Any) -> Callable[[Any], Any]:
    """A dict."""
    keys, values = builder(key), builder(value)
    return lambda data: {keys(one): values(other) for one, other in data.items()}


def of_tuple(inside: tuple[Any, ...]) -> Callable[[Any], Any]:
    """Of any length, or of fixed types."""
    if len(inside) == 2 and inside[1] is ...:
        one = builder(inside[0])
        return lambda data: tuple(one(item) for item in data)
    parts = [builder(part) for part in inside]
    return lambda data: tuple(part(item) for part, item in zip(parts, data, strict=True))


def of_record(kind: Any, names: Sequence[str]) -> Callable[[Any], Any]:
    """A dataclass or a named tuple."""
    hints = get_type_hints(kind)
    parts = {name: builder(hints[name]) for name in names}
    return lambda data: kind(**{name: part(data[name]) for name, part in parts.items() if name in data})
