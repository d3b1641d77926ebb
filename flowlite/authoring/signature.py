"""What a task's function takes: which parameters are bound by the author, which one is the Context."""

from __future__ import annotations

import inspect
import sys
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Union

from flowlite.authoring.context import Context
from flowlite.authoring.problems import DeclarationError, Place

UNKNOWN = inspect.Parameter.empty
MANY = "*"  # key prefix of values for *args


class Signature:
    """The parameters of a function, with the Context taken out."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.all = inspect.signature(function)
        hints = annotations_of(function, self.all)
        self.context_names = tuple(name for name, hint in hints.items() if is_context(hint))
        self.own = self.all.replace(
            parameters=[one for name, one in self.all.parameters.items() if name not in self.context_names],
            return_annotation=inspect.Signature.empty,
        )

    @cached_property
    def hints(self) -> Mapping[str, Any]:
        """Annotations by parameter, read again at the first run: by then names defined further down exist."""
        return annotations_of(self.function, self.all)

    def bind(
        self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], place: Place, *, fully: bool
    ) -> dict[str, Any]:
        """Values by parameter name, with `*0`, `*1` ... for what `*args` takes."""
        try:
            bound = (self.own.bind if fully else self.own.bind_partial)(*args, **kwargs)
        except TypeError as error:
            raise DeclarationError(f"{name}(): {error}", f"it is declared as {name}{self.own}", place) from None
        return self._flat(bound.arguments)

    def _flat(self, bound: Mapping[str, Any]) -> dict[str, Any]:
        flat: dict[str, Any] = {}
        for name, value in bound.items():
            kind = self.own.parameters[name].kind
            if kind is inspect.Parameter.VAR_POSITIONAL:
                flat.update({f"{MANY}{place}": item for place, item in enumerate(value)})
            elif kind is inspect.Parameter.VAR_KEYWORD:
                flat.update(value)
            else:
                flat[name] = value
        return flat

    def hint(self, name: str) -> Any:
        """The annotation that a value for `name` is decoded by."""
        if name in self.hints:
            return self.hints[name]
        kind = inspect.Parameter.VAR_POSITIONAL if name.startswith(MANY) else inspect.Parameter.VAR_KEYWORD
        wide = [one.name for one in self.all.parameters.values() if one.kind is kind]
        return self.hints[wide[0]] if wide else UNKNOWN


@dataclass(frozen=True, slots=True)
class Unresolved:
    """An annotation that names something which can't be found (imported for type checkers only)."""

    text: str


def annotations_of(function: Callable[..., Any], signature: inspect.Signature) -> dict[str, Any]:
    """Annotations by parameter. One that can't be evaluated spoils no other."""
    names = namespace(function)
    return {name: evaluated(one.annotation, names) for name, one in signature.parameters.items()}


def evaluated(annotation: Any, names: Mapping[str, Any]) -> Any:
    """The annotation itself, where it was written as text (`from __future__ import annotations`)."""
    if not isinstance(annotation, str):
        return annotation
    try:
        return typing.get_type_hints(types.SimpleNamespace(__annotations__={"it": annotation}), dict(names))["it"]
    except Exception:  # foreign text: whatever evaluating it raises, it tells us nothing
        return Context if annotation.strip().split(".")[-1] == "Context" else Unresolved(annotation)


def namespace(function: Callable[..., Any]) -> dict[str, Any]:
    """The names that a function's annotations may use: its module's, its closure's, and its caller's locals."""
    plain = inspect.unwrap(function)
    names = dict(getattr(plain, "__globals__", None) or vars(sys.modules.get(getattr(plain, "__module__", ""), types)))
    code, cells = getattr(plain, "__code__", None), getattr(plain, "__closure__", None) or ()
    for name, cell in zip(code.co_freevars if code else (), cells, strict=False):
        try:
            names[name] = cell.cell_contents
        except ValueError:  # not assigned yet
            continue
    return names


def is_context(hint: Any) -> bool:
    """Whether a parameter asks for the Context, also as `Context | None`."""
    if hint is Context:
        return True
    if typing.get_origin(hint) in (Union, types.UnionType):
        return Context in typing.get_args(hint)
    return False
