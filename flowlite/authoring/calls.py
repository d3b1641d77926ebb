"""One call of a task's function: its arguments, from the results of other tasks."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from flowlite.authoring.context import Context
from flowlite.authoring.decode import Mismatch, decoded, described, picked
from flowlite.authoring.encode import NotEncodable, encode_result
from flowlite.authoring.facts import ResultUnfit, facts_of
from flowlite.authoring.retry import is_final, is_final_exit
from flowlite.authoring.signature import MANY, UNKNOWN, Signature
from flowlite.authoring.spec import Binding, Compound, Const, Element, ResultOf, TaskSpec

__all__ = [
    "Mismatch", "NotEncodable", "ResultUnfit", "Results", "call_arguments", "encode_result", "facts_of", "is_final",
    "is_final_exit", "values_of",
]  # fmt: skip

Results = Callable[[str, int | None], Any]
"""Task id and map index (None: the whole task) -> JSON text; None if there is no success; for a whole mapped task the
list of the texts of its successful elements, in map order."""


def call_arguments(
    spec: TaskSpec, results: Results, context: Context | None, index: int | None = None
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Positional and named arguments for the function of a spec. Raises Mismatch."""
    if not spec.arguments and not spec.context_names:
        return (), {}
    values = values_of(spec, results, index if index is not None or context is None else context.map_index)
    values.update(dict.fromkeys(spec.context_names, context))
    return arranged(signature_of(spec.function), values)


def values_of(spec: TaskSpec, results: Results, index: int | None = None) -> dict[str, Any]:
    """Values by parameter; for shell tasks by upstream id, for a trigger under `params`."""
    if spec.function is None:
        return {name: value_of(spec.id, name, bound, UNKNOWN, results, index) for name, bound in spec.arguments.items()}
    signature = signature_of(spec.function)
    return {
        name: value_of(spec.id, name, bound, UNKNOWN if type(bound) is Const else signature.hint(name), results, index)
        for name, bound in spec.arguments.items()
    }


@lru_cache(maxsize=4096)
def signature_of(function: Any) -> Signature:
    """Read once: it costs more than a whole no-op task."""
    return Signature(function)


def arranged(signature: Signature, values: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Named where possible; positional where the function wants it so."""
    extra = sorted((name for name in values if name.startswith(MANY)), key=lambda name: int(name[1:]))
    args: list[Any] = []
    for name, one in signature.all.parameters.items():
        if one.kind is one.POSITIONAL_ONLY or (extra and one.kind is one.POSITIONAL_OR_KEYWORD):
            if name in values:
                args.append(values.pop(name))
            elif one.default is not inspect.Parameter.empty and extra:
                args.append(one.default)
    return (*args, *(values.pop(name) for name in extra)), values


def value_of(task: str, name: str, bound: Binding, hint: Any, results: Results, index: int | None) -> Any:
    """One argument."""
    if isinstance(bound, Const):
        return fresh(bound.value)
    if isinstance(bound, ResultOf):
        return whole_result(task, name, bound, hint, results)
    if isinstance(bound, Compound):
        return decoded(task, name, filled(task, name, bound.value, results), hint)
    return element_of(task, name, bound, hint, results, index)


def whole_result(task: str, name: str, source: ResultOf, hint: Any, results: Results) -> Any:
    """The result of a task, or the list of a mapped one's; None where there was no success."""
    found = results(source.task, None)
    if found is None:
        return None
    if isinstance(found, str):
        if not source.path:
            return decoded(task, name, json.loads(found), hint, found)
        return decoded(task, name, picked(json.loads(found), source.path, source.task), hint)
    if not source.path:
        text = f"[{','.join(found)}]"
        return decoded(task, name, json.loads(text), hint, text)
    return decoded(task, name, [picked(json.loads(one), source.path, source.task) for one in found], hint)


def element_of(task: str, name: str, bound: Element, hint: Any, results: Results, index: int | None) -> Any:
    """The element at this instance's map index."""
    if index is None:
        raise Mismatch(f"{task}: parameter {name!r} takes an element, but the instance has no map index")
    source = bound.source
    if isinstance(source, Const):
        return fresh(source.value[index])
    if isinstance(source, Compound):
        one = source.value[index] if isinstance(source.value, list) else None
        return decoded(task, name, filled(task, name, one, results), hint)
    if bound.is_paired:
        text = results(source.task, index)
        return None if text is None else decoded(task, name, picked(json.loads(text), source.path, source.task), hint)
    return decoded(task, name, fresh(element_at(source, results, index)), hint)


def element_at(source: ResultOf, results: Results, index: int) -> Any:
    """One element of a result that is a list."""
    items = picked(listed(results(source.task, None)), source.path, source.task)
    if not isinstance(items, list) or index >= len(items):
        raise Mismatch(f"the result of {source.task} has no element {index}: it is {described(items)}")
    return items[index]


@lru_cache(maxsize=8)
def listed(text: str) -> Any:
    """10,000 elements of one list must not parse it 10,000 times. Callers copy what they hand out."""
    return json.loads(text)


def filled(task: str, name: str, value: Any, results: Results) -> Any:
    """A list or dict given at declaration, with the results in place."""
    if isinstance(value, ResultOf):
        return whole_result(task, name, value, UNKNOWN, results)
    if isinstance(value, list):
        return [filled(task, name, item, results) for item in value]
    if isinstance(value, dict):
        return {key: filled(task, name, item, results) for key, item in value.items()}
    return fresh(value)


def fresh(value: Any) -> Any:
    """A copy of lists, dicts and sets: what one attempt changes, no other may see."""
    if type(value) is list:
        return [fresh(item) for item in value]
    if type(value) is dict:
        return {key: fresh(item) for key, item in value.items()}
    return set(value) if type(value) is set else value
