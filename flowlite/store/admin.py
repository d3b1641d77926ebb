"""What an administrator does with a whole state file: back it up, restore it, ask how large it is."""

from __future__ import annotations

import fcntl
import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from flowlite.store.connect import connect_reader
from flowlite.store.errors import FAULTS, StateCorrupt, StateLocked, StateNewer, StateUnreachable, translated
from flowlite.store.migrate import make_single_file, newest_schema, schema_of

COMPANIONS = ("", "-wal", "-shm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How large a state file is, and of what."""

    file_bytes: int
    wal_bytes: int
    free_bytes: int  # inside the file; given back by prune
    schema: int
    state_id: str
    rows: dict[str, int]  # by table


def backup(path: Path, target: Path) -> Path:
    """A whole, checked copy, also while a daemon writes. Replaces `target` only when the copy is complete."""
    draft = _draft_beside(target)
    with _in_words(path), closing(connect_reader(path)) as source, closing(sqlite3.connect(draft)) as copy:
        # In one step: under WAL that is one snapshot and holds nobody up; in several, each commit would start it anew.
        source.backup(copy, pages=-1)
        make_single_file(copy)
        verify(copy, draft)
    _settle(draft, target)
    return target


def restore(copy: Path, path: Path) -> Path | None:
    """Put a backup in the place of the state file. What was there is moved to `backups/`; returns where.

    Refuses while an engine holds the folder. The restored state gets a new id, so that evidence of attempts from
    another life is not believed.
    """
    if not copy.is_file():
        raise StateUnreachable(f"there is no backup {copy}; list {path.parent / 'backups'} for those there are")
    with _folder_held(path.parent):
        draft = _draft_beside(path)
        _copy_for_new_life(copy, draft)
        replaced = _move_aside(path)
        _settle(draft, path)
    return replaced


def sizes(path: Path) -> Sizes:
    """Counts all rows: a second or so for a file of some gigabytes."""
    with _in_words(path), closing(connect_reader(path)) as db:
        tables = db.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY 1"
        )
        names = [row[0] for row in tables]
        page_bytes = int(db.execute("PRAGMA page_size").fetchone()[0])
        return Sizes(
            file_bytes=path.stat().st_size,
            wal_bytes=_size_of(Path(f"{path}-wal")),
            free_bytes=page_bytes * int(db.execute("PRAGMA freelist_count").fetchone()[0]),
            schema=schema_of(db),
            state_id=str(db.execute("SELECT value FROM state_meta WHERE key = 'state_id'").fetchone()[0]),
            rows={name: int(db.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]) for name in names},
        )


def sqlite_version() -> tuple[str, str]:
    """The library that Python brought along, and the oldest one that knows our tables (STRICT came with 3.37)."""
    return sqlite3.sqlite_version, "3.37.0"


def verify(db: sqlite3.Connection, where: Path) -> None:
    """Raises StateCorrupt or StateNewer if this can't be used as a state."""
    said = db.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if said != "ok":
        raise StateCorrupt(f"{where} is damaged ({said}); use an older backup")
    found, known = schema_of(db), newest_schema()
    if found > known:
        raise StateNewer(str(where), found, known)
    if found == 0:
        raise StateCorrupt(f"{where} is no flowlite state file; choose another backup")


def _copy_for_new_life(copy: Path, draft: Path) -> None:
    with _in_words(copy), closing(connect_reader(copy)) as source, closing(sqlite3.connect(draft)) as db:
        source.backup(db, pages=-1)
        verify(db, copy)
        db.execute("UPDATE state_meta SET value = ? WHERE key = 'state_id'", (secrets.token_hex(8),))
        db.commit()
        make_single_file(db)


def _move_aside(path: Path) -> Path | None:
    """With its log, without which it would miss its last commits."""
    if not path.exists():
        return None
    folder = path.parent / "backups"
    folder.mkdir(mode=0o700, exist_ok=True)
    number = 1
    while (target := folder / f"{path.stem}-replaced-{number}{path.suffix}").exists():
        number += 1
    for companion in reversed(COMPANIONS):
        if (part := Path(f"{path}{companion}")).exists():
            part.replace(f"{target}{companion}")
    return target


def _draft_beside(target: Path) -> Path:
    """An empty private file in the same folder, so that putting it in its place is one rename."""
    if not target.parent.is_dir():
        raise StateUnreachable(f"the folder {target.parent} does not exist; create it first")
    draft = target.with_name(target.name + ".draft")
    for companion in COMPANIONS:
        Path(f"{draft}{companion}").unlink(missing_ok=True)
    try:
        draft.touch(mode=0o600)
    except OSError as error:
        raise StateUnreachable(f"{target} can't be written ({error.strerror}); make its folder writable") from error
    return draft


def _settle(draft: Path, target: Path) -> None:
    """On disk, whole, under its name."""
    for companion in COMPANIONS[1:]:
        Path(f"{draft}{companion}").unlink(missing_ok=True)
    _sync(draft)
    draft.replace(target)
    _sync(target.parent)


def _sync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _size_of(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


@contextmanager
def _in_words(path: Path) -> Iterator[None]:
    try:
        yield
    except FAULTS as error:
        raise translated(error, str(path)) from error


@contextmanager
def _folder_held(folder: Path) -> Iterator[None]:
    """The lock that an engine holds for as long as it lives."""
    fd = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise StateLocked(f"an engine works on {folder}; let it end or stop it, then restore") from error
    finally:
        os.close(fd)
