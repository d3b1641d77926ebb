"""The shape of a verb: the arguments that it takes, what it answers, and whether it tells how things go meanwhile."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

REQUIRED: Any = inspect.Parameter.empty
LOOK = "look"


class RawJson(bytes):
    """An answer that is JSON text already."""


class Text(str):
    """An answer that is no JSON."""


@dataclass(frozen=True, slots=True)
class Shape:
    """`look` is the type of what a verb tells on its way; NoneType: it tells nothing. `is_stream`: it answers bit by
    bit, each of type `answer`."""

    signature: inspect.Signature
    arguments: Mapping[str, inspect.Parameter]  # with their types in place of the text of their annotations
    answer: Any
    look: Any = NoneType
    is_stream: bool = False

    @property
    def tells(self) -> bool:
        """Whether there is something to hear before the answer."""
        return self.look is not NoneType


def shape_of(function: Callable[..., Any]) -> Shape:
    """From the signature of a method."""
    hints = get_type_hints(function)
    own = list(inspect.signature(function).parameters.values())[1:]
    arguments = {one.name: one.replace(annotation=hints[one.name]) for one in own if one.name != LOOK}
    signature = inspect.Signature(own)
    look = get_args(hints[LOOK])[0][0] if LOOK in hints else NoneType
    answer = hints.get("return", NoneType)
    if get_origin(answer) is AsyncIterator:
        return Shape(signature, arguments, get_args(answer)[0], look, is_stream=True)
    return Shape(signature, arguments, answer, look)


def given(shape: Shape, args: tuple[Any, ...], named: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a call by name, those left out that were not given. Raises TypeError as the call would."""
    return dict(shape.signature.bind(*args, **named).arguments)
