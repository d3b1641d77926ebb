"""How commands print: safe text for people, JSON for programs, and how wide the terminal is."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click

from flowlite.cli.tables import Cell, table
from flowlite.core.terminal_text import safe

F = TypeVar("F", bound=Callable[..., Any])

# Numbers inside, text outside: what names a thing is never something to calculate with.
IDS = frozenset({"run_id", "backfill_id", "cause"})
LATEST = 1e11  # seconds; far beyond every date that a field ending in `_at` can hold


def json_option(command: F) -> F:
    """`--json`, the same everywhere."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def say(text: str = "", *, err: bool = False, nl: bool = True) -> None:
    """Print text for people; every control character in it is spelled out. Style goes through `paint`."""
    click.echo(safe(text), err=err, nl=nl)


def paint(*parts: str | Cell, err: bool = False) -> None:
    """Print one line made of parts, some with a colour."""
    click.echo("".join(_painted(part) for part in parts), err=err)


def print_table(
    heads: Sequence[str],
    rows: Sequence[Sequence[str | Cell]],
    *,
    right: Sequence[str] = (),
    empty: str = "nothing here",
) -> None:
    """Print a table, or the sentence for an empty one."""
    click.echo(table(heads, rows, right=right, width=terminal_width()) if rows else empty)


def print_json(value: object) -> None:
    """Print a value made of dataclasses, mappings and sequences as JSON with stable field names."""
    import json

    click.echo(json.dumps(plain(value), indent=2))


def plain(value: Any) -> Any:
    """The value as JSON has it: dataclasses are objects, instants ISO text in UTC, ids of runs text."""
    from dataclasses import fields, is_dataclass

    if is_dataclass(value) and not isinstance(value, type):
        return plain({field.name: getattr(value, field.name) for field in fields(value)})
    if isinstance(value, Mapping):
        return {str(key): _field(str(key), element) for key, element in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(element) for element in value]
    if hasattr(value, "isoformat"):
        return value.isoformat().replace("+00:00", "Z")
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def _field(name: str, value: Any) -> Any:
    if name in IDS and isinstance(value, int):
        return str(value)
    if is_instant(name) and isinstance(value, (int, float)) and abs(value) < LATEST:
        return iso(value)
    return plain(value)


def is_instant(name: str) -> bool:
    """Whether a field of that name holds an instant."""
    return name in {
        "at",
        "since",
        "until",
        "logical_date",
        "data_interval_start",
        "data_interval_end",
        "wait_until",
    } or name.endswith("_at")


def iso(at: float) -> str:
    """Seconds since the epoch as ISO text in UTC."""
    from datetime import UTC, datetime

    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")


def terminal_width() -> int | None:
    """Columns of the terminal; None if stdout is none: then nothing is cut, for `grep` must see it all."""
    return shutil.get_terminal_size().columns if is_terminal() else None


def is_terminal() -> bool:
    """Whether a person looks at stdout."""
    return sys.stdout.isatty()


def _painted(part: str | Cell) -> str:
    if isinstance(part, Cell):
        return click.style(safe(part.text), fg=part.color, bold=part.bold or None)
    return safe(part)
