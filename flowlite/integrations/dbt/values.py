"""`{{ ... }}` in the values of a dbt task: Jinja2, sandboxed, strict about unknown names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowlite import Context, FlowliteError

NAMES = ("ds", "logical_date", "data_interval_start", "data_interval_end", "params", "run_id", "attempt")


def rendered(value: Any, ctx: Context) -> Any:
    """The same value with every text in it filled in, at any depth."""
    if isinstance(value, str):
        return filled(value, ctx) if is_template(value) else value
    if isinstance(value, Mapping):
        return {key: rendered(one, ctx) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [rendered(one, ctx) for one in value]
    return value


def filled(text: str, ctx: Context) -> str:
    """One text."""
    from jinja2 import StrictUndefined, TemplateError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    values = {name: getattr(ctx, name) for name in NAMES}
    try:
        return ImmutableSandboxedEnvironment(undefined=StrictUndefined).from_string(text).render(values)
    except TemplateError as error:
        what = f"dbt task {ctx.task_id}: {text!r} can't be filled in: {error}"
        raise FlowliteError(f"{what}; known are {', '.join(NAMES)}") from error


def is_template(text: str) -> bool:
    """Does it hold something to fill in?"""
    return "{{" in text or "{%" in text
