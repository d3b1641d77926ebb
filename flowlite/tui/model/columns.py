"""Columns as the daemon sends them, row by row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Columns = Mapping[str, Sequence[Any]]


def rows(columns: Columns, *names: str) -> Iterator[tuple[Any, ...]]:
    """The rows, of these columns. One that an older daemon does not send is None in each row."""
    first = columns.get(names[0], ())
    nothing = [None] * len(first)
    return zip(*(columns.get(name) or nothing for name in names), strict=True)


def seconds(value: Any) -> float | None:
    """An instant; None for none."""
    return None if value is None else float(value)
