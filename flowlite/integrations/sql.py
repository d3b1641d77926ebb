"""SQL on DuckDB and SQLite: query, execute, wait for rows. Values go in as parameters, never as text.

SQLite needs nothing, DuckDB needs `pip install 'flowlite[dbt]'` (duckdb). Tested against duckdb 2.0 and the SQLite of
Python 3.11. The fields of the connection: `type` ("duckdb" or "sqlite"), `path`, `read_only`.

    [connections.warehouse]
    type = "duckdb"
    path = "lake/warehouse.duckdb"
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import flowlite
from flowlite import FlowliteError
from flowlite.integrations import Connection, library, required, settings_of

Parameters = Sequence[Any] | Mapping[str, Any]
Row = dict[str, Any]


class SqlFailed(FlowliteError):
    """The database did not do what it was asked. `is_final` where the statement itself is wrong."""

    def __init__(self, message: str, *, is_final: bool = False) -> None:
        super().__init__(message)
        self.is_final = is_final


def query(connection: Connection, sql: str, parameters: Parameters = ()) -> list[Row]:
    """The rows of a query as dictionaries of plain values, all of them: ask for few."""
    with opened(connection) as database, told(connection, sql):
        cursor = database.execute(sql, parameters)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, map(plain, row), strict=True)) for row in cursor.fetchall()]


def execute(connection: Connection, sql: str, parameters: Parameters = ()) -> None:
    """Carry out one statement and commit it."""
    with opened(connection) as database, told(connection, sql):
        database.execute(sql, parameters)
        database.commit()


def execute_many(connection: Connection, sql: str, rows: Sequence[Parameters]) -> int:
    """Carry out one statement for each row, all in one transaction; returns how many rows there were."""
    if not rows:
        return 0
    with opened(connection) as database, told(connection, sql):
        if kind_of(connection) == "duckdb":
            database.begin()  # SQLite opens one by itself
        database.executemany(sql, rows)
        database.commit()
    return len(rows)


def rows(
    connection: Connection,
    sql: str,
    parameters: Parameters = (),
    *,
    at_least: int = 1,
    poke_every: float | timedelta = 30,
    timeout: float | timedelta = 3600,
    soft_fail: bool = False,
    id: str = "rows",  # noqa: A002 - the word of the public surface
    **options: Any,
) -> Any:
    """A sensor: waits until the query gives `at_least` rows; its result is these rows."""

    def poke() -> list[Row]:
        found = query(connection, sql, parameters)
        return found if len(found) >= at_least else []

    make = flowlite.sensor(id=id, poke_every=poke_every, timeout=timeout, soft_fail=soft_fail, **options)
    return make(poke)()


def kind_of(connection: Connection) -> str:
    """Which of the two databases is meant."""
    kind = str(required(connection, "type", example="duckdb"))
    if kind not in ("duckdb", "sqlite"):
        raise SqlFailed(f"connection type {kind!r} is not known to sql; use 'duckdb' or 'sqlite'", is_final=True)
    return kind


@contextmanager
def opened(connection: Connection) -> Iterator[Any]:
    """A connection of one's own, closed at the end; what was not committed is rolled back."""
    kind, path = kind_of(connection), str(required(connection, "path", example="lake/warehouse.duckdb"))
    is_read_only = bool(settings_of(connection).get("read_only"))
    if path != ":memory:" and not is_read_only:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    with told(connection, "open"):
        database = open_duckdb(path, is_read_only) if kind == "duckdb" else open_sqlite(path, is_read_only)
    try:
        yield database
    finally:
        database.close()


def open_duckdb(path: str, is_read_only: bool) -> Any:
    """One process may write to a file, or several may read it."""
    return library("duckdb", extra="dbt").connect(path, read_only=is_read_only)


def open_sqlite(path: str, is_read_only: bool) -> sqlite3.Connection:
    """Waits up to 30 s for another writer."""
    address = Path(path).absolute().as_uri() + ("?mode=ro" if is_read_only else "") if path != ":memory:" else path
    return sqlite3.connect(address, timeout=30, uri=path != ":memory:")


@contextmanager
def told(connection: Connection, sql: str) -> Iterator[None]:
    """Turn the database's exceptions into one line: which connection, which statement, what is wrong."""
    error = library("duckdb", extra="dbt").Error if kind_of(connection) == "duckdb" else sqlite3.Error
    where = f"connection {connection!r}" if isinstance(connection, str) else str(settings_of(connection).get("path"))
    try:
        yield
    except error as broken:
        statement = " ".join(sql.split())[:120]
        what = str(broken).splitlines()[0]  # DuckDB draws a picture below it
        raise SqlFailed(f"{where}: {what} (in: {statement})", is_final=is_mistake(broken)) from broken


def is_mistake(broken: Exception) -> bool:
    """Whether the statement is wrong and would be wrong again; a lock or a full disk may pass."""
    return type(broken).__name__ in ("ParserException", "BinderException", "CatalogException", "ProgrammingError")


def plain(value: Any) -> Any:
    """A value that fits into a result: exact numbers become int or float, UUIDs text; dates stay dates."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return str(value) if isinstance(value, UUID) else value
