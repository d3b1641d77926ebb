"""A form made from the JSON schema of a DAG's parameters: a field for each, with its default, its kind and its bounds.
The daemon's own check has the last word; what can be said at once is said under the field."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flowlite.tui.sheets.parts import Check, Choice, Entry, Field

Schema = Mapping[str, Any]
KINDS = {"string": "text", "integer": "whole number", "number": "number", "array": "list, as JSON", "object": "JSON"}


class BadValue(ValueError):
    """What was typed is no such value."""


class Param:
    """One parameter: its field, and the value that is in it."""

    def __init__(self, name: str, schema: Schema, root: Schema, *, is_required: bool) -> None:
        self.name, self.schema = name, resolved(schema, root)
        self.is_required = is_required
        self.default = self.schema.get("default")
        self.has_default = "default" in self.schema
        self.field = self._field()

    def _field(self) -> Field:
        kind, note = kind_of(self.schema), note_of(self.schema)
        if options := self.schema.get("enum"):
            at = options.index(self.default) if self.default in options else 0
            return Choice(self.name, [(one, str(one)) for one in options], note, at=at)
        if kind == "boolean":
            return Check(self.name, bool(self.default), note)
        return Entry(self.name, text_of(self.default, kind) if self.has_default else "", note)

    def value(self) -> Any:
        """What is filled in. Raises BadValue; Missing is left out by `filled`."""
        if isinstance(self.field, Choice):
            return self.field.chosen
        if isinstance(self.field, Check):
            return self.field.is_on
        assert isinstance(self.field, Entry)
        return parsed(self.field.text, self.schema, is_required=self.is_required)

    @property
    def is_empty(self) -> bool:
        """Nothing was typed, and nothing must be."""
        return isinstance(self.field, Entry) and not self.field.text.strip() and not self.is_required

    def check(self) -> bool:
        """Say under the field what is wrong; whether nothing is."""
        self.field.error = ""
        if self.is_empty:
            return True
        try:
            self.value()
        except BadValue as error:
            self.field.error = str(error)
        return not self.field.error


def params_of(schema: Schema | None) -> list[Param]:
    """Those of a DAG, in the order in which they were declared."""
    if not schema:
        return []
    required = set(schema.get("required", ()))
    return [
        Param(name, one, schema, is_required=name in required) for name, one in schema.get("properties", {}).items()
    ]


def filled(params: list[Param]) -> dict[str, Any] | None:
    """The values; None: something is wrong, and said."""
    are_well = [param.check() for param in params]  # all of them, so that all that is wrong is said at once
    if not all(are_well):
        return None
    return {param.name: param.value() for param in params if not param.is_empty}


# --- the schema -------------------------------------------------------------------------------------------------------
def resolved(schema: Schema, root: Schema) -> Schema:
    """With what it refers to, and of several possible types the first that is not null."""
    if "$ref" in schema:
        there: Any = root
        for part in str(schema["$ref"]).removeprefix("#/").split("/"):
            there = there[part]
        return {**resolved(there, root), **{name: value for name, value in schema.items() if name != "$ref"}}
    several = schema.get("anyOf") or schema.get("allOf")
    if several:
        first = next((one for one in several if one.get("type") != "null"), several[0])
        rest = {name: value for name, value in schema.items() if name not in ("anyOf", "allOf")}
        return {**resolved(first, root), **rest}
    return schema


def kind_of(schema: Schema) -> str:
    """Its JSON type."""
    found = schema.get("type", "")
    return str(next((one for one in found if one != "null"), "string")) if isinstance(found, list) else str(found)


def note_of(schema: Schema) -> str:
    """What it is for, its kind and its bounds."""
    kind = kind_of(schema)
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    bounds = (
        f"{low if low is not None else ''}..{high if high is not None else ''}" if (low, high) != (None, None) else ""
    )
    form = {"date": "a date", "date-time": "an instant"}.get(schema.get("format", ""), KINDS.get(kind, ""))
    said = [schema.get("description", ""), "" if kind == "boolean" or "enum" in schema else f"{form} {bounds}".strip()]
    return " · ".join(one for one in said if one)


def text_of(value: Any, kind: str) -> str:
    """A default as it would be typed."""
    if value is None:
        return ""
    return value if isinstance(value, str) and kind not in ("array", "object") else json.dumps(value)


def parsed(text: str, schema: Schema, *, is_required: bool) -> Any:
    """The value that was typed. Raises BadValue."""
    kind, text = kind_of(schema), text.strip()
    if not text and is_required and kind != "string":
        raise BadValue("it must be given")
    try:
        match kind:
            case "integer":
                return within(int(text.replace("_", "")), schema)
            case "number":
                return within(float(text), schema)
            case "array" | "object":
                return json.loads(text)
            case "":
                return json_or_text(text)
    except json.JSONDecodeError as error:
        raise BadValue(f"no JSON: {error.msg} at character {error.pos + 1}") from error
    except ValueError as error:
        raise BadValue(str(error) if isinstance(error, BadValue) else f"{text!r} is no {KINDS[kind]}") from error
    return text


def json_or_text(text: str) -> Any:
    """Where anything goes."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def within(value: float, schema: Schema) -> float:
    """Raises BadValue if it is out of bounds."""
    if (low := schema.get("minimum")) is not None and value < low:
        raise BadValue(f"at least {low}")
    if (high := schema.get("maximum")) is not None and value > high:
        raise BadValue(f"at most {high}")
    if (low := schema.get("exclusiveMinimum")) is not None and value <= low:
        raise BadValue(f"more than {low}")
    if (high := schema.get("exclusiveMaximum")) is not None and value >= high:
        raise BadValue(f"less than {high}")
    return value
