"""Numbered migrations: each is one transaction together with its number, and the file is copied before the first."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from flowlite.store.connect import connect_reader
from flowlite.store.errors import StateNewer, StateOlder

FOLDER = Path(__file__).parent / "migrations"


class Migration(NamedTuple):
    number: int
    name: str
    sql: str


def known_migrations(folder: Path = FOLDER) -> list[Migration]:
    """All of them in order, numbered from 1 without a gap."""
    files = sorted(folder.glob("[0-9][0-9][0-9][0-9]_*.sql"))
    found = [Migration(int(file.name[:4]), file.stem, file.read_text(encoding="utf-8")) for file in files]
    assert [migration.number for migration in found] == list(range(1, len(found) + 1)), "a migration is missing"
    return found


def schema_of(db: sqlite3.Connection) -> int:
    """The number of the last migration that the file has seen; 0 for an empty one."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def check_schema(where: str, found: int) -> None:
    """For readers, which change nothing: the file must be as this flowlite knows it."""
    known = newest_schema()
    if found > known:
        raise StateNewer(where, found, known)
    if found < known:
        raise StateOlder(where, found, known)


@cache
def newest_schema() -> int:
    """The number of the last migration that this flowlite knows."""
    return len(known_migrations())


def refuse_newer(path: Path) -> None:
    """Raises StateNewer. On a connection that can't write: one that can would move the log into the file at its end."""
    if not path.exists() or path.stat().st_size == 0:
        return
    db = connect_reader(path)
    try:
        if (found := schema_of(db)) > newest_schema():
            raise StateNewer(str(path), found, newest_schema())
    finally:
        db.close()


def migrate(db: sqlite3.Connection, path: Path | None, migrations: Iterable[Migration] | None = None) -> None:
    """Bring the file to the newest schema. Raises StateNewer for one that is newer than that."""
    known = list(known_migrations() if migrations is None else migrations)
    found = schema_of(db)
    if found > len(known):
        raise StateNewer(str(path), found, len(known))
    missing = known[found:]
    if missing and found and path is not None:
        copy_before(db, path, found)
    for migration in missing:
        _carry_out(db, migration)
    if missing and not found:
        _name_the_state(db)


def _carry_out(db: sqlite3.Connection, migration: Migration) -> None:
    """The script and its number are on disk together or not at all: SQLite's own DDL is transactional."""
    try:
        db.execute("BEGIN IMMEDIATE")
        # Another process may have been faster between our look and our lock.
        if schema_of(db) < migration.number:
            for statement in statements(migration.sql):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {migration.number}")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def statements(sql: str) -> list[str]:
    """One by one; `executescript` would commit first. Triggers hold semicolons, so SQLite says where one ends."""
    found, text = [], ""
    for line in sql.splitlines(keepends=True):
        text += line
        if sqlite3.complete_statement(text):
            found.append(text.strip())
            text = ""
    if _has_sql(text):
        raise ValueError(f"a migration ends in the middle of a statement: {text.strip()[:60]}")
    return [statement for statement in found if _has_sql(statement)]


def _has_sql(text: str) -> bool:
    return any(line.strip() and not line.strip().startswith("--") for line in text.splitlines())


def copy_before(db: sqlite3.Connection, path: Path, schema: int) -> Path:
    """A whole copy in `backups/` beside the file, made before its schema moves."""
    folder = path.parent / "backups"
    folder.mkdir(mode=0o700, exist_ok=True)
    target = folder / f"{path.stem}-schema-{schema}{path.suffix}"
    draft = target.with_suffix(".tmp")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    copy = sqlite3.connect(draft)
    try:
        db.backup(copy)
        make_single_file(copy)
    finally:
        copy.close()
    draft.replace(target)
    return target


def make_single_file(copy: sqlite3.Connection) -> None:
    """A copy has no log beside it that could be lost; opened as a state, it gets one again."""
    copy.execute("PRAGMA journal_mode = DELETE").fetchall()


def _name_the_state(db: sqlite3.Connection) -> None:
    """A random id made with the file: evidence from another life of it is then not believed."""
    db.execute("INSERT OR IGNORE INTO state_meta VALUES ('state_id', ?)", (secrets.token_hex(8),))
