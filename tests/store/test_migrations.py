"""The schema is the sum of its migrations, and a file is old or new, never between."""

from __future__ import annotations

import hashlib
import sqlite3
import stat
from pathlib import Path

import pytest

from flowlite.store.connect import connect_writer
from flowlite.store.errors import StateNewer, StateOlder
from flowlite.store.migrate import Migration, known_migrations, migrate, newest_schema, schema_of, statements
from flowlite.store.readers import Readers
from flowlite.store.store import Store

SECOND = Migration(
    newest_schema() + 1, "second", "CREATE TABLE later (id INTEGER PRIMARY KEY) STRICT;\nDROP TABLE intent;\n"
)
BROKEN = Migration(
    newest_schema() + 1, "broken", "CREATE TABLE later (id INTEGER PRIMARY KEY) STRICT;\nCREATE TABLE run (id);\n"
)


def schema(path: Path) -> set[tuple]:
    db = sqlite3.connect(path)
    try:
        return set(db.execute("SELECT type, name, sql FROM sqlite_schema"))
    finally:
        db.close()


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_schema_is_the_sum_of_its_migrations(tmp_path: Path) -> None:
    Store.open(tmp_path / "a.db").close()
    plain = sqlite3.connect(tmp_path / "b.db", isolation_level=None)
    for migration in known_migrations():
        plain.executescript(migration.sql)
    plain.close()
    assert schema(tmp_path / "a.db") == schema(tmp_path / "b.db")


def test_every_table_is_strict(path: Path) -> None:
    Store.open(path).close()
    texts = [sql for kind, name, sql in schema(path) if kind == "table" and not name.startswith("sqlite")]
    assert len(texts) > 15
    assert all("STRICT" in text.rsplit(")", 1)[1] for text in texts)


@pytest.mark.parametrize("migration", known_migrations(), ids=lambda migration: migration.name)
def test_a_file_of_every_earlier_schema_comes_up_and_keeps_its_rows(path: Path, migration: Migration) -> None:
    db = connect_writer(path)
    migrate(db, path, known_migrations()[: migration.number])
    db.execute("INSERT INTO pool (name, size, is_by_hand) VALUES ('db', 3, 1)")
    db.close()
    store = Store.open(path)
    assert store.read_now(_pools()) == [("db", 3, 1)]
    store.close()


def _pools():
    return (yield "SELECT name, size, is_by_hand FROM pool", ())


def test_a_file_is_copied_before_its_schema_moves(path: Path) -> None:
    Store.open(path).close()
    before = schema(path)
    db = connect_writer(path)
    migrate(db, path, [*known_migrations(), SECOND])
    assert schema_of(db) == SECOND.number
    db.close()
    (copy,) = (path.parent / "backups").iterdir()
    assert copy.name == f"flowlite-schema-{newest_schema()}.db"
    assert schema(copy) == before
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600


def test_a_migration_that_fails_leaves_the_file_as_it_was(path: Path) -> None:
    Store.open(path).close()
    before = schema(path)
    db = connect_writer(path)
    with pytest.raises(sqlite3.OperationalError):
        migrate(db, path, [*known_migrations(), BROKEN])
    db.close()
    assert schema(path) == before
    Store.open(path).close()


def test_a_newer_file_is_refused_and_not_touched(path: Path) -> None:
    Store.open(path).close()
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 9")
    db.close()
    before = digest(path)
    known = newest_schema()
    with pytest.raises(
        StateNewer, match=rf"flowlite\.db was written by a flowlite with schema 9, this flowlite knows schema {known}"
    ):
        Store.open(path)
    assert digest(path) == before


async def test_a_reader_refuses_a_file_that_it_does_not_know(path: Path) -> None:
    Store.open(path).close()
    for schema_number, error in ((9, StateNewer), (0, StateOlder)):
        db = sqlite3.connect(path)
        db.execute(f"PRAGMA user_version = {schema_number}")
        db.close()
        readers = Readers(path)
        with pytest.raises(error):
            await readers.answer(_pools())
        readers.close()


def test_statements_are_told_apart_inside_triggers_and_comments() -> None:
    trigger = "CREATE TRIGGER t AFTER INSERT ON a\nBEGIN SELECT 1; SELECT 2;\nEND;\n"
    sql = f"-- one; two\nCREATE TABLE a (b);\n\n{trigger}-- end\n"
    assert [text.split()[-1] for text in statements(sql)] == ["(b);", "END;"]
    with pytest.raises(ValueError):
        statements("CREATE TABLE a (")


def test_a_new_file_is_private_and_has_an_id_of_its_own(tmp_path: Path) -> None:
    stores = [Store.open(tmp_path / name) for name in ("a.db", "b.db")]
    modes = {stat.S_IMODE(Path(f"{tmp_path / 'a.db'}{end}").stat().st_mode) for end in ("", "-wal", "-shm")}
    assert modes == {0o600}
    assert stores[0].state_id != stores[1].state_id
    for store in stores:
        store.close()
    again = Store.open(tmp_path / "a.db")
    assert again.state_id == stores[0].state_id
    again.close()
