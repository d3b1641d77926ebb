"""What comes in with a request, made into the arguments of a verb: read, checked against its types, and bounded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic_core import from_json
from starlette.requests import Request

from flowlite.service.api.faults import BadInput
from flowlite.service.api.shapes import REQUIRED
from flowlite.service.api.table import Route

WHOLE = Annotated[int, Field(ge=-(2**63), le=2**63 - 1)]  # what SQLite can hold
REAL = Annotated[float, Field(allow_inf_nan=False)]
MOST_ITEMS = 100_000
# How much may be asked for at once, by the name of the argument.
BOUNDS = {"limit": (1, 10_000), "last": (1, 1_000), "lines": (1, 10_000), "number": (1, 1_000)}


async def received(route: Route, request: Request) -> dict[str, Any]:
    """The arguments of a request by name; those that it leaves out are left out. Raises BadInput."""
    asked: dict[str, Any] = dict(await body_of(request)) if route.method == "POST" else from_query(route, request)
    for name, value in request.path_params.items():
        if name in asked:
            raise BadInput(f"{name} is part of the address and not said again", name)
        asked[name] = value
    try:
        found = model_of(route).model_validate(asked)
    except ValidationError as error:
        raise bad_input(error) from error
    return {name: getattr(found, name) for name in found.model_fields_set}


async def body_of(request: Request) -> Mapping[str, Any]:
    """The JSON object that was sent; nothing at all is an empty one."""
    body = await request.body()
    if not body.strip():
        return {}
    try:
        found = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise BadInput(f"the body is no JSON: {error}", "body") from error
    if not isinstance(found, dict):
        raise BadInput("the body must be a JSON object with the arguments by name", "body")
    return found


def from_query(route: Route, request: Request) -> dict[str, Any]:
    """`?states=failed&states=running&limit=10`."""
    lists = {name for name, one in route.shape.arguments.items() if is_list(one.annotation)}
    query = request.query_params
    return {name: query.getlist(name) if name in lists else query[name] for name in query}


def is_list(kind: Any) -> bool:
    """Whether an argument may be given several times."""
    return any(get_origin(one) in (Sequence, list, tuple) for one in (kind, *get_args(kind)))


@cache
def model_of(route: Route) -> type[BaseModel]:
    """The arguments of a verb as a model that knows no others."""
    fields: dict[str, Any] = {
        name: (bounded(name, one.annotation), ... if one.default is REQUIRED else one.default)
        for name, one in route.shape.arguments.items()
    }
    return create_model(route.verb, __config__=ConfigDict(extra="forbid", hide_input_in_errors=True), **fields)


def bounded(name: str, kind: Any) -> Any:
    """The type with its bounds: no number that the store can't hold, no list without an end."""
    if kind is int:
        return Annotated[int, Field(ge=BOUNDS[name][0], le=BOUNDS[name][1])] if name in BOUNDS else WHOLE
    if kind is float:
        return REAL
    origin, inside = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return Union[tuple(bounded(name, one) for one in inside)]  # noqa: UP007  made from a list
    if origin in (Sequence, list):
        return Annotated[list[bounded(name, inside[0])], Field(max_length=MOST_ITEMS)]  # type: ignore[misc]
    return kind


def bad_input(error: ValidationError) -> BadInput:
    """The first thing that is wrong, in one line."""
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    message = first["msg"]
    return BadInput(f"{where or 'the request'}: {message[:1].lower()}{message[1:]}{more}", where)
