"""The table of routes in OpenAPI's words, for programs that are not ours."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import models_json_schema

from flowlite.service.api.arguments import model_of
from flowlite.service.api.shapes import RawJson, Text
from flowlite.service.api.table import Route
from flowlite.service.api.wire import ID_LISTS, IDS

REFS = "#/components/schemas/{model}"
ERROR = {
    "type": "object",
    "required": ["error", "type"],
    "properties": {
        "error": {"type": "string", "description": "What is wrong, where, and what to do."},
        "type": {"type": "string", "description": "The class of the error."},
        "where": {"type": "string", "description": "The argument that is wrong, if one is."},
    },
}


def description(routes: Iterable[Route]) -> dict[str, Any]:
    """The whole document."""
    routes = list(routes)
    schemas: dict[str, Any] = {"Error": ERROR}
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "flowlite", "version": version("flowlite")},
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    }


def operation(route: Route, schemas: dict[str, Any]) -> dict[str, Any]:
    """One verb at its address."""
    text = inspect.getdoc(route.function) or ""
    told: dict[str, Any] = {
        "operationId": route.verb,
        "summary": text.partition("\n")[0],
        "description": text,
        "x-role": route.role.title,
        "tags": [route.room.name],
        "parameters": parameters(route),
        "responses": {"200": answer(route, schemas), "default": content("Not possible.", ref("Error"))},
    }
    if route.method == "POST" and (body := body_schema(route, schemas)) is not None:
        told["requestBody"] = {"content": {"application/json": {"schema": body}}}
    return told


def parameters(route: Route) -> list[dict[str, Any]]:
    """Those in the address, and for a question those behind the `?`."""
    schema = model_of(route).model_json_schema()
    found = []
    for name, one in schema.get("properties", {}).items():
        if name in route.in_path:
            found.append({"name": name, "in": "path", "required": True, "schema": one})
        elif route.method == "GET":
            required = name in schema.get("required", ())
            found.append({"name": name, "in": "query", "required": required, "schema": one})
    return found


def body_schema(route: Route, schemas: dict[str, Any]) -> dict[str, Any] | None:
    """The JSON object that is sent; None if there is nothing to say."""
    _, whole = models_json_schema([(model_of(route), "validation")], ref_template=REFS)
    (schema,) = [one for one in whole["$defs"].values() if one.get("title") == route.verb]
    properties = {name: one for name, one in schema.get("properties", {}).items() if name not in route.in_path}
    if not properties:
        return None
    required = [name for name in schema.get("required", ()) if name in properties]
    body = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**body, "required": required} if required else body


def answer(route: Route, schemas: dict[str, Any]) -> dict[str, Any]:
    """What comes back."""
    shape = route.shape
    if shape.answer is Text:
        return {"description": "Text.", "content": {"text/plain": {"schema": {"type": "string"}}}}
    schema = {} if shape.answer is RawJson else schema_of(shape.answer, schemas)
    if shape.tells:
        look = schema_of(shape.look, schemas)
        schema = {"oneOf": [member("look", look), member("answer", schema), ref("Error")]}
        return content("Lines, each an object: any number of `look`, then `answer`.", schema, "application/x-ndjson")
    if shape.is_stream:
        return content("Lines, each an object.", schema, "application/x-ndjson")
    return content("Done.", schema)


def schema_of(kind: Any, schemas: dict[str, Any]) -> dict[str, Any]:
    """The schema of a type; records go into the components."""
    schema = TypeAdapter(kind).json_schema(mode="serialization", ref_template=REFS)
    for name, one in schema.pop("$defs", {}).items():
        schemas[name] = with_ids(one)
    if "title" in schema and "properties" in schema:
        schemas[schema["title"]] = with_ids(schema)
        return ref(schema["title"])
    return {"type": "string"} if kind is int else schema


def with_ids(schema: Mapping[str, Any]) -> dict[str, Any]:
    """As wire.py sends it: numbers of runs are text."""
    properties = dict(schema.get("properties", {}))
    for name in properties.keys() & set(IDS):
        properties[name] = {"type": ["string", "null"] if "anyOf" in properties[name] else "string"}
    for name in properties.keys() & set(ID_LISTS):
        if properties[name].get("type") == "array":
            properties[name] = {"type": "array", "items": {"type": "string"}}
    return {**schema, "properties": properties} if properties else dict(schema)


def ref(name: str) -> dict[str, Any]:
    """To a component."""
    return {"$ref": REFS.format(model=name)}


def member(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """An object with one member."""
    return {"type": "object", "required": [name], "properties": {name: schema}}


def content(text: str, schema: Mapping[str, Any], media_type: str = "application/json") -> dict[str, Any]:
    """A response."""
    return {"description": text, "content": {media_type: {"schema": schema}}}
