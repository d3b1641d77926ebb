"""Parameters of a run: checked against the DAG's pydantic model when the run is asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flowlite.authoring.encode import NotEncodable, encode_result
from flowlite.authoring.problems import DeclarationError, Place
from flowlite.core.errors import FlowliteError


class BadParams(FlowliteError):
    """The parameters don't fit the DAG; the message names each field."""


def validated(dag_id: str, model: type | None, given: Any) -> tuple[Any, str]:
    """The model instance (or the dict, if there is no model) and the JSON text to keep."""
    if isinstance(given, str):
        given = from_text(dag_id, given)
    given = {} if given is None else given
    if model is None:
        return without_model(dag_id, given)
    from pydantic import ValidationError

    try:
        # By way of JSON, as after a restart: a run must not depend on what was still in memory.
        text = given if isinstance(given, model) else model.model_validate_json(encode_result(given))  # type: ignore[attr-defined]
    except ValidationError as error:
        raise BadParams(f"DAG {dag_id!r}: {said(error)}") from None
    except NotEncodable as error:
        raise BadParams(f"DAG {dag_id!r}: params: {error}") from None
    return text, encode_result(text)


def from_text(dag_id: str, text: str) -> Any:
    """JSON text as a value."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise BadParams(f'DAG {dag_id!r}: params are no JSON ({error}); give an object such as {{"x": 1}}') from None


def without_model(dag_id: str, given: Any) -> tuple[dict[str, Any], str]:
    """Any JSON object will do."""
    if not isinstance(given, Mapping):
        raise BadParams(f'DAG {dag_id!r}: params are {type(given).__name__}; give an object such as {{"x": 1}}')
    try:
        text = encode_result(dict(given))
    except NotEncodable as error:
        raise BadParams(f"DAG {dag_id!r}: params: {error}") from None
    return json.loads(text), text


def said(error: Any) -> str:
    """What pydantic found, in one line."""
    found = [f"params.{'.'.join(str(key) for key in one['loc'])}: {one['msg']}" for one in error.errors()]
    return "; ".join(found).replace("params.:", "params:")


def check_model(dag_id: str, model: Any, *, is_scheduled: bool, place: Place) -> Any:
    """Only a pydantic model can be one; a DAG that runs by itself has nobody to fill in a field without a default."""
    if model is None:
        return None
    if not isinstance(model, type) or not hasattr(model, "model_validate_json"):
        raise DeclarationError(
            f"DAG {dag_id!r}: params={model!r} is no pydantic model",
            "give a class that derives from pydantic.BaseModel",
            place,
        )
    needed = [name for name, field in getattr(model, "model_fields", {}).items() if field.is_required()]
    if needed and is_scheduled:
        raise DeclarationError(
            f"DAG {dag_id!r} has a schedule, and its params need {', '.join(needed)}", "give the fields defaults", place
        )
    return model
