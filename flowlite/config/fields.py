"""From raw values to typed fields: a dataclass says what a section takes, and this reads a table by it."""

from __future__ import annotations

import tomllib
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, Field, field, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from flowlite.config.problems import Source, nearest

Table = TypeVar("Table")
TRUE, FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


def secret(**more: Any) -> Any:
    """A field whose value is never shown: not in a repr, not in a log."""
    return field(repr=False, metadata={"secret": True}, **more)


def address(**more: Any) -> Any:
    """A field with an address: a password in it is secret, the rest is not."""
    return field(repr=False, metadata={"address": True}, **more)


def file_path(**more: Any) -> Any:
    """A field that names a file: what is relative, is relative to the folder of flowlite.toml."""
    return field(metadata={"path": True}, **more)


def read_table(kind: type[Table], raw: Mapping[str, Any], section: str, source: Source, root: Path) -> Table:
    """A section as its dataclass. Raises ConfigError for what it does not take or lacks."""
    own = {one.name: one for one in fields(kind)}  # type: ignore[arg-type]
    for key in raw:
        if key not in own:
            raise source.error(section, key, f"[{section}] takes no {key!r}", f"did you mean {nearest(key, own)}?")
    for name, one in own.items():
        if name not in raw and is_needed(one):
            raise source.error(section, None, f"[{section}] has no {name!r}", f"add {name} = ...")
    types_of: dict[str, Any] = hints(kind)  # type: ignore[arg-type]
    values = {key: converted(value, types_of[key], section, key, source) for key, value in raw.items()}
    return kind(**{key: placed(value, own[key], root) for key, value in values.items()})


@lru_cache
def hints(kind: Any) -> dict[str, Any]:
    """The types of the fields."""
    return typing.get_type_hints(kind)


def is_needed(one: Field[Any]) -> bool:
    """Whether a field has no default."""
    return one.default is MISSING and one.default_factory is MISSING


def placed(value: Any, one: Field[Any], root: Path) -> Any:
    """A relative path is one from the configuration's folder; `:memory:` and `md:...` are none."""
    if not one.metadata.get("path") or not isinstance(value, str) or ":" in value:
        return value
    return str(root / Path(value).expanduser())


def converted(value: Any, hint: Any, section: str, key: str, source: Source) -> Any:
    """One value. Text is converted, for whatever comes from the environment is text."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return converted(value, next(one for one in inner if one is not types.NoneType), section, key, source)
    if origin is typing.Literal:
        if value in inner:
            return value
        raise source.error(
            section, key, f"{key} = {value!r} is not known", f"use {nearest(str(value), map(str, inner))}"
        )
    if origin is tuple:
        return tuple(converted(item, inner[0], section, key, source) for item in listed(value))
    if origin in (dict, Mapping):
        if isinstance(value, Mapping):
            return {str(name): converted(item, inner[1], section, key, source) for name, item in value.items()}
        raise source.error(section, key, f"{key} = {value!r} is no table", f"write [{section}.{key}]")
    return scalar(value, hint, section, key, source)


def scalar(value: Any, hint: Any, section: str, key: str, source: Source) -> Any:
    """A text, number or truth value."""
    if hint is Any or (type(value) is hint):
        return value
    if hint is float and type(value) is int:
        return float(value)
    if isinstance(value, str):
        try:
            return truth(value) if hint is bool else hint(value)
        except ValueError:
            pass
    raise source.error(section, key, f"{key} = {value!r} is no {WORDS[hint]}", f"write {key} = {EXAMPLES[hint]}")


WORDS = {str: "text", int: "whole number", float: "number", bool: "truth value"}
EXAMPLES = {str: '"..."', int: "4", float: "1.5", bool: "true"}


def truth(text: str) -> bool:
    """Yes or no, as people write it in the environment."""
    if text.lower() in TRUE:
        return True
    if text.lower() in FALSE:
        return False
    raise ValueError(text)


def listed(value: Any) -> list[Any]:
    """A list; text may be a TOML array or words between commas."""
    if not isinstance(value, str):
        return list(value) if isinstance(value, list | tuple) else [value]
    if value.lstrip().startswith("["):
        try:
            return list(tomllib.loads(f"it = {value}")["it"])
        except tomllib.TOMLDecodeError:
            pass
    return [word.strip() for word in value.split(",") if word.strip()]
