"""From arguments as written to bindings: where each value will come from once the task runs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from flowlite.authoring.building import Builder
from flowlite.authoring.handles import Handle
from flowlite.authoring.problems import DeclarationError
from flowlite.authoring.spec import Binding, Compound, Const, Element, ResultOf
from flowlite.core.graph import Each, Fact


def binding(value: Any, builder: Builder) -> Const | ResultOf | Compound:
    """One argument. Handles inside lists and dicts work too."""
    if isinstance(value, Handle):
        return result_of(value, builder)
    if isinstance(value, list | tuple | dict) and any(True for _ in handles_in(value)):
        return Compound(compound(value, builder))
    return Const(value)


def result_of(handle: Handle, builder: Builder) -> ResultOf:
    """A handle of this DAG as a source of a value."""
    if handle.node.builder is not builder:
        raise DeclarationError(
            f"{handle!r} belongs to DAG {handle.node.builder.dag_id!r}, not to {builder.dag_id!r}",
            "results don't cross DAGs: write the data somewhere, and connect the DAGs with dag_a >> dag_b",
        )
    return ResultOf(handle.id, handle.path)


def compound(value: Any, builder: Builder) -> Any:
    """The same lists and dicts, with bindings in place of handles."""
    if isinstance(value, list | tuple):
        return [compound(item, builder) for item in value]
    if isinstance(value, dict):
        return {key: compound(item, builder) for key, item in value.items()}
    return result_of(value, builder) if isinstance(value, Handle) else value


def handles_in(value: Any) -> Iterator[Handle]:
    """Every handle inside lists, tuples and dicts."""
    if isinstance(value, Handle):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from handles_in(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from handles_in(item)


def element(name: str, value: Any, builder: Builder) -> tuple[Element, int | Fact | Each]:
    """One iterable of a map: where its elements come from, and how the machine learns how many there are."""
    if isinstance(value, Handle):
        source = result_of(value, builder)
        if value.is_mapped:
            return Element(source, is_paired=True), Each(value.id)
        return Element(source), Fact("length", value.id, path_text(value.path))
    items = listed(name, value)
    source_list = binding(items, builder)
    return Element(source_list), len(items)


def listed(name: str, value: Any) -> list[Any]:
    """What was given to map over, as a list."""
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        kind = type(value).__name__
        raise DeclarationError(
            f"map({name}=...) got {kind} and needs a list", "give a list or the handle of a task that returns one"
        )
    return list(value)


def path_text(path: tuple[str | int, ...]) -> str:
    """A path as facts write it."""
    return json.dumps(list(path), ensure_ascii=False, separators=(",", ":")) if path else ""


def upstream(bound: Binding) -> Iterator[ResultOf]:
    """Every result that a binding needs."""
    if isinstance(bound, ResultOf):
        yield bound
    elif isinstance(bound, Element):
        yield from upstream(bound.source)
    elif isinstance(bound, Compound):
        yield from inner_results(bound.value)


def inner_results(value: Any) -> Iterator[ResultOf]:
    """Every result inside a compound."""
    if isinstance(value, ResultOf):
        yield value
    elif isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from inner_results(item)
