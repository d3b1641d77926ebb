"""SQL on DuckDB, SQLite and PostgreSQL: query, execute, wait for rows. Values go in as parameters, never as text.

SQLite needs nothing, DuckDB `pip install 'flowlite[dbt]'` (duckdb), PostgreSQL `pip install 'flowlite[postgres]'`
(psycopg). Tested against duckdb 2.0, the SQLite of Python 3.11, and PostgreSQL 15 on loopback with psycopg 3.3. Fields
of the connection: `path` and `read_only`; for "postgres" `host`, `port`, `database`, `user`, `password`, `sslmode`.

    [connections.warehouse]
    type = "postgres"
    host = "warehouse.example.com"
    database = "analytics"
    user = "flowlite"
    password = "env:WAREHOUSE_PASSWORD"

Each database has marks of its own for parameters: `?` or `$name` in DuckDB, `?` or `:name` in SQLite, `%s` or
`%(name)s` in PostgreSQL (where a plain percent sign is then written twice).
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

KINDS = ("duckdb", "postgres", "sqlite")
CONNECT_S = 10

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
        cursor = asked(database, sql, parameters)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, map(plain, row), strict=True)) for row in cursor.fetchall()]


def execute(connection: Connection, sql: str, parameters: Parameters = ()) -> None:
    """Carry out one statement and commit it."""
    with opened(connection) as database, told(connection, sql):
        asked(database, sql, parameters)
        database.commit()


def execute_many(connection: Connection, sql: str, rows: Sequence[Parameters]) -> int:
    """Carry out one statement for each row, all in one transaction; returns how many rows there were."""
    if not rows:
        return 0
    with opened(connection) as database, told(connection, sql):
        if kind_of(connection) == "duckdb":
            database.begin()  # the others open one by themselves
        # psycopg has it at its cursors only; a cursor of DuckDB is another connection
        hands = database.cursor() if kind_of(connection) == "postgres" else database
        hands.executemany(sql, rows)
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


def ping(connection: Connection) -> str:
    """Try the connection; what was seen, for people. Makes no file."""
    kind = kind_of(connection)
    if kind != "postgres" and file_of(connection) != ":memory:" and not Path(file_of(connection)).exists():
        return f"there is no {file_of(connection)} yet; the first task that writes makes it"
    version = "sqlite_version()" if kind == "sqlite" else "version()"
    [row] = query(connection, f"select {version} as version")
    return f"{kind} {str(row['version']).removeprefix('PostgreSQL ').split()[0]}"


def kind_of(connection: Connection) -> str:
    """Which of the databases is meant."""
    kind = str(required(connection, "type", example="duckdb"))
    if kind not in KINDS:
        raise SqlFailed(f"connection type {kind!r} is not known to sql; use one of {', '.join(KINDS)}", is_final=True)
    return kind


def asked(database: Any, sql: str, parameters: Parameters) -> Any:
    """The cursor of a statement. Without values none are handed over: psycopg would look for marks in the text."""
    return database.execute(sql, parameters) if parameters else database.execute(sql)


@contextmanager
def opened(connection: Connection) -> Iterator[Any]:
    """A connection of one's own, closed at the end; what was not committed is rolled back."""
    with told(connection, "open"):
        database = open_postgres(connection) if kind_of(connection) == "postgres" else open_file(connection)
    try:
        yield database
    finally:
        database.close()


def open_file(connection: Connection) -> Any:
    """A database that is a file; its folder is made."""
    path, is_read_only = file_of(connection), bool(settings_of(connection).get("read_only"))
    if path != ":memory:" and not is_read_only:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    return open_duckdb(path, is_read_only) if kind_of(connection) == "duckdb" else open_sqlite(path, is_read_only)


def file_of(connection: Connection) -> str:
    """Where it lies."""
    return str(required(connection, "path", example="lake/warehouse.duckdb"))


def open_postgres(connection: Connection) -> Any:
    """Gives up after 10 s."""
    settings = settings_of(connection)
    return library("psycopg", extra="postgres").connect(
        host=settings.get("host") or "localhost",
        port=settings.get("port") or 5432,
        dbname=required(connection, "database", example="analytics"),
        user=settings.get("user"),
        password=settings.get("password"),
        sslmode=settings.get("sslmode"),
        connect_timeout=CONNECT_S,
        application_name="flowlite",
    )


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
    error = error_of(kind_of(connection))
    try:
        yield
    except error as broken:
        statement = " ".join(sql.split())[:120]
        what = (str(broken).splitlines() or [type(broken).__name__])[0]  # DuckDB draws a picture below it
        raise SqlFailed(f"{shown(connection)}: {what} (in: {statement})", is_final=is_mistake(broken)) from broken


def error_of(kind: str) -> type[Exception]:
    """What its library raises."""
    if kind == "sqlite":
        return sqlite3.Error
    module = library("duckdb", extra="dbt") if kind == "duckdb" else library("psycopg", extra="postgres")
    found: type[Exception] = module.Error
    return found


def shown(connection: Connection) -> str:
    """A connection for people: its name, or where it leads."""
    if isinstance(connection, str):
        return f"connection {connection!r}"
    return str(connection.get("path") or f"{connection.get('database')} at {connection.get('host') or 'localhost'}")


def is_mistake(broken: Exception) -> bool:
    """Whether the statement is wrong and would be wrong again; a lock or a full disk may pass."""
    return any(kind.__name__ in MISTAKES for kind in type(broken).__mro__)


MISTAKES = {"ParserException", "BinderException", "CatalogException", "ProgrammingError"}


def plain(value: Any) -> Any:
    """A value that fits into a result: exact numbers become int or float, UUIDs text; dates stay dates."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return str(value) if isinstance(value, UUID) else value
