"""Values that stand elsewhere: `env:NAME`, `file:PATH`, and variables that override keys."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

PREFIX = "FLOWLITE_"


class Unresolved(ValueError):
    """What a value refers to is not there; says what is missing."""


def resolved(value: Any, env: Mapping[str, str], root: Path) -> Any:
    """A value, or a table or list of them, with every reference looked up. Raises Unresolved."""
    if isinstance(value, Mapping):
        return {key: resolved(item, env, root) for key, item in value.items()}
    if isinstance(value, list):
        return [resolved(item, env, root) for item in value]
    if not isinstance(value, str):
        return value
    if value.startswith("env:"):
        return from_env(value[4:], env)
    return from_file(root / Path(value[5:]).expanduser()) if value.startswith("file:") else value


def from_env(name: str, env: Mapping[str, str]) -> str:
    """A variable, which must be set."""
    if name not in env:
        raise Unresolved(f"the variable {name} is not set")
    return env[name]


def from_file(path: Path) -> str:
    """What a file holds, without the line break at its end."""
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise Unresolved(f"the file {path} can't be read ({reason})") from None


def overridden(raw: dict[str, Any], env: Mapping[str, str]) -> dict[str, Any]:
    """The tables with FLOWLITE_SECTION__KEY (or FLOWLITE_CONNECTIONS__NAME__KEY) put over them."""
    tables = {key: dict(value) if isinstance(value, dict) else value for key, value in raw.items()}
    for name, text in sorted(env.items()):
        if name.startswith(PREFIX) and "__" in name:
            put(tables, name[len(PREFIX) :].split("__"), text)
    return tables


def put(table: dict[str, Any], keys: list[str], text: str) -> None:
    """Set a value in a table of tables. Names in the file may have capitals, variables have nothing else."""
    first, *rest = keys
    key = next((known for known in table if known.lower() == first.lower()), first.lower())
    if not rest:
        table[key] = text
        return
    inner = table.get(key)
    table[key] = dict(inner) if isinstance(inner, dict) else {}
    put(table[key], rest, text)
