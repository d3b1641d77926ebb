"""Connections and what SQLite must be told on each."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from urllib.parse import quote

from flowlite.store.bulk import CACHED_STATEMENTS
from flowlite.store.errors import StateUnreachable

IN_MEMORY = ":memory:"
SYNCHRONOUS = {"full": "FULL", "normal": "NORMAL"}
WAL_LIMIT_BYTES = 64 << 20


def connect_writer(path: Path | None, *, durability: str = "full", patience_s: float = 30.0) -> sqlite3.Connection:
    """The one connection that writes; may be handed to another thread. A new file gets mode 0600."""
    check_durability(durability)
    if path is not None:
        prepare_file(path)
    db = sqlite3.connect(
        IN_MEMORY if path is None else path,
        timeout=patience_s,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=CACHED_STATEMENTS,
    )
    try:
        tell_writer(db, durability)
    except BaseException:
        db.close()
        raise
    return db


def check_durability(durability: str) -> None:
    """Raises ValueError: the configuration has refused anything else before."""
    if durability not in SYNCHRONOUS:
        raise ValueError(f"durability is {durability!r}; it can be full or normal")


def tell_writer(db: sqlite3.Connection, durability: str) -> None:
    """What makes a connection the one that writes."""
    # auto_vacuum counts only before the first table; prune gives pages back with incremental_vacuum.
    for pragma in (
        "auto_vacuum = INCREMENTAL", "journal_mode = WAL", f"synchronous = {SYNCHRONOUS[durability]}",
        "foreign_keys = ON", "trusted_schema = OFF", "cell_size_check = ON", "temp_store = MEMORY", "mmap_size = 0",
        f"journal_size_limit = {WAL_LIMIT_BYTES}", "wal_autocheckpoint = 0",
    ):  # fmt: skip
        db.execute(f"PRAGMA {pragma}").fetchall()


def prepare_file(path: Path) -> None:
    """Make it if it is not there, for this user only. Raises StateUnreachable.

    SQLite gives -wal and -shm the mode of the file itself, so it has to be right from the start.
    """
    if not path.parent.is_dir():
        raise StateUnreachable(f"folder {path.parent}, which should hold {path.name}, does not exist; create it first")
    if path.is_dir():
        raise StateUnreachable(f"{path} is a folder, not a state file; choose another place with --state")
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise StateUnreachable(
            f"{path} can't be written ({error.strerror}); make the file and its folder writable for this user"
        ) from error


def reader_uri(path: Path) -> str:
    """A connection that can't write."""
    return f"file:{quote(str(path.resolve()))}?mode=ro"


READER_PRAGMAS = ("query_only = ON", "trusted_schema = OFF", "mmap_size = 0", "temp_store = MEMORY")


def connect_reader(path: Path) -> sqlite3.Connection:
    """For the administrative verbs, which read without a loop."""
    db = sqlite3.connect(reader_uri(path), uri=True, isolation_level=None, check_same_thread=False)
    try:
        for pragma in READER_PRAGMAS:
            db.execute(f"PRAGMA {pragma}").fetchall()
    except BaseException:
        db.close()
        raise
    return db
