"""How people name things on the command line: `17`, `#17`, `fetch`, `fetch[3]`, `k=v`."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

import click

_INSTANCE = re.compile(r"(?P<task>.+?)\[(?P<index>\d+)\]")


class Target(NamedTuple):
    """A task, or one element of it."""

    task_id: str
    index: int | None  # type: ignore[assignment]  # hides tuple.index, which nobody calls here


class RunNumber(click.ParamType[int]):
    """The number of a run."""

    name = "run"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """`17` and `#17` are the same."""
        text = str(value).removeprefix("#")
        if not text.isascii() or not text.isdigit():
            self.fail(f"{value!r} is no run; give its number as `flowlite runs list` shows it", param, ctx)
        return int(text)


class TargetName(click.ParamType[Target]):
    """A task, or one element of a mapped one."""

    name = "task"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Target:
        """`fetch` or `fetch[3]`."""
        if isinstance(value, Target):
            return value
        found = _INSTANCE.fullmatch(value)
        return Target(found["task"], int(found["index"])) if found else Target(value, None)


class KeyValue(click.ParamType[tuple[str, Any]]):
    """A parameter of a run: the value is JSON where it can be read as such, else text."""

    name = "k=v"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Any]:
        """`n=3` is a number, `n="3"` and `n=abc` are text."""
        if isinstance(value, tuple):
            return value
        key, equals, text = str(value).partition("=")
        if not equals or not key:
            self.fail(f"{value!r} is no parameter; write NAME=VALUE", param, ctx)
        try:
            return key, json.loads(text)
        except ValueError:
            return key, text


RUN = RunNumber()
TARGET = TargetName()
PARAMETER = KeyValue()
