"""Questions: a question is a generator that yields statements and is sent their rows. Whoever runs it decides on which
connection and whether it waits, so each is written once, for a file and for memory.

`packed` has SQLite put all rows into one: every row of its own costs a hand-over of the GIL (see bulk.py), which for
ten thousand rows beside a busy thread is most of a minute. JSON keeps 15 digits of a number, 10 microseconds of a date:
use it for what people look at and for whole numbers and texts, never for a date that is a key.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Generator, Sequence
from typing import Any, TypeVar

T = TypeVar("T")
Statement = tuple[str, Sequence[Any]]
Rows = Sequence[Sequence[Any]]
Question = Generator[Statement, Rows, T]


def answer_now(db: sqlite3.Connection, question: Question[T]) -> T:
    """Run a question to its end on this connection."""
    try:
        statement = next(question)
        while True:
            statement = question.send(db.execute(*statement).fetchall())
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]


def packed(columns: str, source: str, values: Sequence[Any] = ()) -> Question[list[list[Any]]]:
    """The rows of `SELECT columns source` as lists, fetched as one. Columns are plain names or `expression AS name`."""
    names = ", ".join(column.split(" AS ")[-1].split(".")[-1].strip() for column in split_columns(columns))
    text = f"SELECT json_group_array(json_array({names})) FROM (SELECT {columns} {source})"
    rows = yield text, values
    return json.loads(rows[0][0])  # type: ignore[no-any-return]


def split_columns(columns: str) -> list[str]:
    """At the commas that are not inside brackets."""
    found, depth, start = [], 0, 0
    for place, letter in enumerate(columns):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            found.append(columns[start:place])
            start = place + 1
    return [*found, columns[start:]]


def only(*tests: tuple[str, Any]) -> tuple[str, list[Any]]:
    """The text and the values of a WHERE clause, from tests with one `?` each; one whose value is None is left out."""
    asked = [(test, value) for test, value in tests if value is not None]
    return " AND ".join(test for test, _ in asked) or "1", [value for _, value in asked]
