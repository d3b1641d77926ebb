"""Values for parameters, decoded from JSON text by the parameter's annotation."""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Union

from flowlite.authoring.signature import UNKNOWN, Unresolved
from flowlite.core.errors import FlowliteError

PLAIN = (str, int, float, bool, list, dict)
ANYTHING = (UNKNOWN, Any, object)


class Mismatch(FlowliteError):
    """A result does not fit the parameter that takes it; the message names the parameter."""


def decoded(task: str, name: str, value: Any, hint: Any, text: str | None = None) -> Any:
    """A JSON value for the parameter `name`. `text` is the value as text, where that is at hand."""
    if fits(value, hint):
        return value
    if hint is float and type(value) is int:
        return float(value)
    return by_pydantic(task, name, json.dumps(value) if text is None else text, hint)


def fits(value: Any, hint: Any) -> bool:
    """Whether plain JSON is right as it is. No is no verdict: it only means that pydantic must look."""
    if hint in ANYTHING if isinstance(hint, type) or hint is Any else isinstance(hint, Unresolved):
        return True
    if hint is None or hint is types.NoneType:
        return value is None
    if hint in PLAIN:
        return type(value) is hint
    origin = typing.get_origin(hint)
    if origin is list and type(value) is list:
        (inner,) = typing.get_args(hint)
        return all(fits(item, inner) for item in value)
    if origin is dict and type(value) is dict:
        key, inner = typing.get_args(hint)
        return key is str and all(fits(item, inner) for item in value.values())
    if origin in (Union, types.UnionType):
        return any(fits(value, one) for one in typing.get_args(hint))
    return False


def by_pydantic(task: str, name: str, text: str, hint: Any) -> Any:
    """What needs more than plain JSON: models, dataclasses, datetimes, Paths, and "42" where an int is wanted."""
    from pydantic import ValidationError

    try:
        return adapter(hint).validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = "".join(f"[{key!r}]" for key in first["loc"])
        raise Mismatch(
            f"{task}: parameter {name!r} is declared as {named(hint)}, {name}{where} got {clipped(first['input'])}: "
            f"{first['msg']}; change the annotation, or what the task upstream returns"
        ) from None


def adapter(hint: Any) -> Any:
    """A pydantic TypeAdapter, kept where the annotation can be a key."""
    try:
        return kept_adapter(hint)
    except TypeError:  # not hashable
        return made_adapter(hint)


@lru_cache(maxsize=1024)
def kept_adapter(hint: Any) -> Any:
    """Building one costs a hundred times what using it does."""
    return made_adapter(hint)


def made_adapter(hint: Any) -> Any:
    """Classes that pydantic does not know are taken as they are, if the value is one already, which JSON never is."""
    from pydantic import TypeAdapter
    from pydantic.errors import PydanticSchemaGenerationError

    try:
        return TypeAdapter(hint)
    except PydanticSchemaGenerationError:
        raise Mismatch(
            f"{named(hint)} can't be read from JSON; annotate with a pydantic model, a dataclass or JSON types"
        ) from None


def named(hint: Any) -> str:
    """An annotation as its author wrote it, more or less."""
    return hint.__name__ if isinstance(hint, type) and not typing.get_args(hint) else str(hint).replace("typing.", "")


def clipped(value: Any) -> str:
    """A value short enough for a message."""
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def picked(value: Any, path: tuple[str | int, ...], task: str) -> Any:
    """The part of a result at a path."""
    for depth, key in enumerate(path):
        try:
            value = value[key] if fits_key(value, key) else missing()
        except (LookupError, TypeError):
            picks = "".join(f"[{one!r}]" for one in path[: depth + 1])
            raise Mismatch(
                f"the result of {task} has no {picks}: it is {described(value)}; pick something it has"
            ) from None
    return value


def fits_key(value: Any, key: str | int) -> bool:
    """Text picks from objects, positions from lists."""
    return isinstance(value, Mapping if isinstance(key, str) else list)


def missing() -> Any:
    """Nothing there."""
    raise LookupError


def described(value: Any) -> str:
    """What a result is, with its keys, if it has some."""
    if isinstance(value, dict):
        return f"an object with {', '.join(map(repr, list(value)[:8])) or 'no keys'}"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return clipped(value)
