"""Values in shell commands: Jinja2, sandboxed, strict, and quoted so that a value can never become a command."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from flowlite.authoring.context import Context
from flowlite.authoring.encode import NotEncodable, encode_result
from flowlite.authoring.problems import nearest
from flowlite.authoring.shell_text import bare_marks
from flowlite.authoring.spec import TaskSpec
from flowlite.core.errors import FlowliteError

NAMES = ("ds", "logical_date", "data_interval_start", "data_interval_end", "params", "run_id", "attempt", "result")
SAFE = re.compile(r"[A-Za-z0-9_.:@%+,/=-]*")
MARK = re.compile("\0(\\d+)\0")
OPENINGS = ("{{", "{%", "{#")


class BadTemplate(FlowliteError):
    """A `{{ ... }}` can't be filled in; the message says which, and what to write instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A command with its values in place."""

    command: str | tuple[str, ...]
    env: Mapping[str, str]
    cwd: str | None


def template_values(context: Context, results: Mapping[str, Any]) -> dict[str, Any]:
    """What `{{ ... }}` may name. `results`: values by task id, as `calls.values_of` gives them."""

    def result(task_id: str) -> Any:
        if task_id not in results:
            raise BadTemplate(
                f'result("{task_id}") is not known here; write the full task id as plain text in result("...")'
            )
        return results[task_id]

    values = {name: getattr(context, name) for name in NAMES if name != "result"}
    return {**values, "result": result}


def render_command(spec: TaskSpec, values: Mapping[str, Any]) -> Rendered:
    """The command, environment and folder of a shell task for one attempt. Raises BadTemplate."""
    command = spec.command or ""
    return Rendered(
        command=shell_text(spec.id, command, values)
        if isinstance(command, str)
        else tuple(plain_text(spec.id, word, values) for word in command),
        env={name: plain_text(spec.id, text, values) for name, text in spec.env.items()},
        cwd=None if spec.cwd is None else plain_text(spec.id, spec.cwd, values),
    )


def plain_text(task: str, template: str, values: Mapping[str, Any]) -> str:
    """Rendered where no shell will read it: values stand as they are."""
    marked, held = rendered(task, template, values)
    return MARK.sub(lambda mark: raw(int(mark[1]), held), marked)


def shell_text(task: str, template: str, values: Mapping[str, Any]) -> str:
    """Rendered for `/bin/sh -c`: a value is quoted; where quotes would not hold, only harmless ones pass."""
    marked, held = rendered(task, template, values)
    bare = bare_marks(marked, MARK)

    def put(mark: re.Match[str]) -> str:
        value = raw(int(mark[1]), held)
        if mark.start() in bare:
            return shlex.quote(value)
        if SAFE.fullmatch(value):
            return value
        raise BadTemplate(
            f"{task}: the value {value[:60]!r} stands inside quotes (or a substitution, comment, here-document) of the "
            f"command, where only letters, digits and _.:@%+,/=- are safe; take the quotes away, give the command as a "
            f"list, or pass the value by env="
        )

    return MARK.sub(put, marked)


def rendered(task: str, template: str, values: Mapping[str, Any]) -> tuple[str, list[str]]:
    """The author's own text with a numbered mark in place of each value, and the values: so what was typed and what
    came in can be told apart, whatever loops and conditions the template has."""
    if "\0" in template:
        raise BadTemplate(f"{task}: the command holds a NUL character; take it out")
    if not any(opening in template for opening in OPENINGS):
        return template, []
    held: list[str] = []
    marked = filled(task, template, values, held)
    lost = set(range(len(held))) - reached(marked, held)
    if lost or "\0" in MARK.sub("", marked):
        raise BadTemplate(
            f"{task}: a value went through a block filter or was dropped, and can't be followed; "
            f"write the filter at the value: {{{{ value | filter }}}}"
        )
    return marked, held


def filled(task: str, template: str, values: Mapping[str, Any], held: list[str]) -> str:
    """Let Jinja2 do its part."""
    from jinja2 import TemplateError

    def hold(value: Any) -> str:
        held.append(as_text(task, value))
        return f"\0{len(held) - 1}\0"

    try:
        return str(environment(hold).from_string(template).render(values))
    except TemplateError as error:
        raise BadTemplate(f"{task}: {template!r}: {error}; known are {', '.join(NAMES)}") from None
    except BadTemplate:
        raise
    except Exception as error:  # an expression is foreign code
        raise BadTemplate(f"{task}: {template!r}: {type(error).__name__}: {error}; correct the expression") from None


def environment(hold: Any) -> Any:
    """Strict, sandboxed, and every value goes through `hold`."""
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    return ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, finalize=hold, autoescape=False, keep_trailing_newline=True, cache_size=0
    )


def as_text(task: str, value: Any) -> str:
    """A value as text: text as it is, dates in ISO 8601, None as nothing, everything else as JSON."""
    if isinstance(value, str):
        text = str(value)
    elif value is None:
        text = ""
    elif isinstance(value, date):
        text = value.isoformat()
    else:
        text = json_text(task, value)
    if "\0" in MARK.sub("", text):
        raise BadTemplate(f"{task}: a value holds a NUL character, which no command can take; clean it upstream")
    return text


def json_text(task: str, value: Any) -> str:
    """Numbers, booleans, lists and objects; paths and the like without the quotes of JSON."""
    try:
        text = encode_result(value)
    except NotEncodable as error:
        # touching an undefined value must say so, in Jinja's words
        raise BadTemplate(f"{task}: {str(value) and error}") from None
    return str(json.loads(text)) if text.startswith('"') else text


def raw(number: int, held: list[str]) -> str:
    """A value; one that was put together with `{% set %}` may hold others."""
    if number >= len(held):
        raise BadTemplate("a value of a command can't be followed; write the filter at the value")
    return MARK.sub(lambda mark: raw(int(mark[1]), held) if int(mark[1]) < number else "", held[number])


def reached(marked: str, held: list[str]) -> set[int]:
    """The values that are in the text, at any depth."""
    found: set[int] = set()
    stack = [int(number) for number in MARK.findall(marked)]
    while stack:
        number = stack.pop()
        if number not in found and number < len(held):
            found.add(number)
            stack.extend(int(inner) for inner in MARK.findall(held[number]))
    return found


@cache
def syntax_problem(template: str) -> str | None:
    """What is wrong with a template, as far as its text tells."""
    from jinja2 import TemplateSyntaxError
    from jinja2.meta import find_undeclared_variables
    from jinja2.nodes import AssignBlock, CallBlock, FilterBlock, Macro
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    try:
        parsed = ImmutableSandboxedEnvironment().parse(template)
    except TemplateSyntaxError as error:
        return f"{error.message} in {template!r}; write values as {{{{ ds }}}}"
    # What they make of a value is text that was put together: it can't be told any more what came in.
    if next(parsed.find_all((AssignBlock, CallBlock, FilterBlock, Macro)), None):
        return (
            f"a block filter, block set or macro in {template!r}; write the filter at the value: {{{{ ds | upper }}}}"
        )
    unknown = sorted(
        find_undeclared_variables(parsed) - set(NAMES) - {"range", "dict", "lipsum", "cycler", "joiner", "namespace"}
    )
    return f"{{{{ {unknown[0]} }}}} is not known in a command; use {nearest(unknown[0], NAMES)}" if unknown else None


def problem_in(texts: Iterable[str]) -> str | None:
    """The first problem in several templates. Jinja2 is loaded only if one of them needs it."""
    wanting = [text for text in texts if any(opening in text for opening in OPENINGS)]
    return next((problem for text in wanting if (problem := syntax_problem(text))), None)
