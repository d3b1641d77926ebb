"""`shell(...)`: a command as a task."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Unpack

from flowlite.authoring.building import builder_here
from flowlite.authoring.handles import Handle
from flowlite.authoring.options import TaskOptions, options, text
from flowlite.authoring.problems import DeclarationError

RESULT = re.compile(r"""\bresult\(\s*(?P<quote>["'])(?P<id>[^"']+)(?P=quote)\s*\)""")


def shell(
    command: str | Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: str | Path | None = None,
    **given: Unpack[TaskOptions],
) -> Handle:
    """Run a command: a string under `/bin/sh -c`, a list without a shell. The last line on stdout is the result.

    `{{ ... }}` takes values in: ds, logical_date, data_interval_start, data_interval_end, params, run_id, attempt and
    result("task"). In the string form they are shell-quoted.
    """
    builder = builder_here("shell()")
    if "isolation" in given:
        raise DeclarationError("shell() takes no isolation", "a command always runs in a process of its own")
    chosen = options("shell()", given)
    more = {"command": command_of(command), "env": env_of(env), "cwd": None if cwd is None else str(cwd)}
    node = builder.add("shell", "shell", chosen, kind="shell", more=more)
    return Handle(node)


def command_of(command: Any) -> str | tuple[str, ...]:
    """Text, or a list of texts (paths and numbers are taken as they print)."""
    if isinstance(command, str):
        return text("command", command.strip())
    if not isinstance(command, Sequence) or not command:
        raise DeclarationError(f"shell({command!r}) is no command", "give a string, or a list of strings")
    return tuple(word_of(word) for word in command)


def word_of(word: Any) -> str:
    """One word of a command without a shell."""
    if isinstance(word, str | int | float | Path) and not isinstance(word, bool):
        return str(word)
    raise DeclarationError(f"shell([... {word!r} ...]) holds something that is no text", advice(word))


def env_of(env: Mapping[str, str] | None) -> dict[str, str]:
    """Names and templates of environment variables."""
    for name, value in (env or {}).items():
        if not isinstance(name, str) or not isinstance(value, str) or "=" in name or not name:
            raise DeclarationError(f"env={{{name!r}: {value!r}}} is no variable", advice(value))
    return dict(env or {})


def advice(value: Any) -> str:
    """How to write what was meant."""
    if isinstance(value, Handle):
        return f"""write {{{{ result("{value.id}") }}}} in the text"""
    return "give text, with {{ ... }} for values"


def results_named(texts: Iterable[str]) -> list[str]:
    """The ids in every `result("...")`, once each: they become edges."""
    return list(dict.fromkeys(found["id"] for one in texts for found in RESULT.finditer(one)))
