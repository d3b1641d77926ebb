"""`@sensor`: a function that is asked again and again until it says that the wait is over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar, Unpack, overload

from flowlite.authoring.options import SensorOptions, options
from flowlite.authoring.tasks import Task

P = ParamSpec("P")
R = TypeVar("R")
OWN = ("poke_every", "soft_fail")


@overload
def sensor(function: Callable[P, R], /) -> Task[P, R]: ...
@overload
def sensor(**given: Unpack[SensorOptions]) -> Callable[[Callable[P, R]], Task[P, R]]: ...
def sensor(function: Any = None, /, **given: Any) -> Any:
    """Wrap a function that returns something truthy, its result, when the wait is over. Between pokes: no slot."""
    checked = options("@sensor", with_defaults(given), OWN)

    def make(function: Callable[..., Any]) -> Task[..., Any]:
        return Task(function, "sensor", checked, extra=OWN)

    return make if function is None else make(function)


def with_defaults(given: Mapping[str, Any]) -> dict[str, Any]:
    """A poke every half minute, for an hour."""
    return {"poke_every": 30, "timeout": 3600, "soft_fail": False, **given}
