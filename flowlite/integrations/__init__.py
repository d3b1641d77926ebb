"""Integrations: small modules that speak to the world outside. Each sees only what a DAG author sees.

Here is what they share: a connection found by its name, one sentence when a library is missing, and values filled into
text. Nothing heavy is imported until it is used, so `from flowlite.integrations import s3` costs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import flowlite
from flowlite import FlowliteError

NAMES = ("ds", "logical_date", "data_interval_start", "data_interval_end", "params", "run_id", "attempt")

Connection = str | Mapping[str, Any]  # a name in flowlite.toml, or the settings themselves


class LibraryMissing(FlowliteError):
    """An integration is used whose library is not installed. Trying again does not help."""

    is_final = True

    def __init__(self, library: str, *, extra: str) -> None:
        super().__init__(f"{library} is not installed; run: pip install 'flowlite[{extra}]'")


class SettingMissing(FlowliteError):
    """A connection lacks something that the integration needs. Trying again does not help."""

    is_final = True

    def __init__(self, connection: Connection, key: str, *, example: str) -> None:
        name = connection if isinstance(connection, str) else "NAME"
        super().__init__(
            f"connection {name!r} has no {key!r}; add it below [connections.{name}] in flowlite.toml, "
            f"for example {key} = {example!r}"
        )


def library(name: str, *, extra: str) -> Any:
    """A module of an optional library, or an error that names the extra to install."""
    try:
        return import_module(name)
    except ModuleNotFoundError as missing:
        if missing.name and name.split(".")[0] != missing.name.split(".")[0]:
            raise  # the library is there and lacks something of its own: its message says more
        raise LibraryMissing(name.split(".")[0], extra=extra) from None


def settings_of(connection: Connection) -> Mapping[str, Any]:
    """The settings of a connection. They may hold secrets: never print them."""
    return flowlite.connection(connection) if isinstance(connection, str) else connection


def required(connection: Connection, key: str, *, example: str) -> Any:
    """One setting of a connection that must be there."""
    value = settings_of(connection).get(key)
    if value in (None, ""):
        raise SettingMissing(connection, key, example=example)
    return value


# --- `{{ ... }}`: Jinja2, sandboxed, strict about unknown names -------------------------------------------------------
def rendered(value: Any, ctx: flowlite.Context) -> Any:
    """The same value with every text in it filled in, at any depth."""
    if isinstance(value, str):
        return filled(value, ctx) if is_template(value) else value
    if isinstance(value, Mapping):
        return {key: rendered(one, ctx) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [rendered(one, ctx) for one in value]
    return value


def filled(text: str, ctx: flowlite.Context) -> str:
    """One text."""
    from jinja2 import StrictUndefined, TemplateError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    values = {name: getattr(ctx, name) for name in NAMES}
    try:
        return ImmutableSandboxedEnvironment(undefined=StrictUndefined).from_string(text).render(values)
    except TemplateError as error:
        what = f"task {ctx.task_id}: {text!r} can't be filled in: {error}"
        raise FlowliteError(f"{what}; known are {', '.join(NAMES)}") from error


def is_template(text: str) -> bool:
    """Does it hold something to fill in?"""
    return "{{" in text or "{%" in text
