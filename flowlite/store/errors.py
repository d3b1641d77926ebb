"""What can be wrong with the state file: each fault is one error that names the file and the way out."""

from __future__ import annotations

import sqlite3

from flowlite.core.errors import FlowliteError


class StoreError(FlowliteError):
    """The state can't be read or written."""


class StoreClosed(StoreError):
    """A verb was called after close()."""

    def __init__(self, where: str) -> None:
        super().__init__(f"the state in {where} is closed; open it again with Store.open")


class StaleRow(StoreError):
    """A row is not where the machine moved it from: another writer, or a bug. Nothing of that unit was written."""


class DateTaken(StoreError):
    """A DAG has at most one run for a logical date. `run` is the one that has it."""

    def __init__(self, dag_id: str, logical_date: float, run: int) -> None:
        when = utc_text(logical_date)
        super().__init__(
            f"DAG {dag_id!r} has run {run} for {when} already; to run it again: `flowlite runs clear {run}`"
        )
        self.dag_id, self.logical_date, self.run = dag_id, logical_date, run


class RowRefused(StoreError):
    """A rule of the schema refused a row: a bug in whoever made it."""


class DiskFull(StoreError):
    """No space left. Nothing was written; commits work again once there is space."""


class StateLocked(StoreError):
    """Another process holds the write lock of the file for longer than we are ready to wait."""


class StateCorrupt(StoreError):
    """The file is no database, or a damaged one. It is never overwritten."""


class StateNewer(StoreError):
    """The file was written by a later flowlite. It is not touched."""

    def __init__(self, where: str, found: int, known: int) -> None:
        super().__init__(
            f"{where} was written by a flowlite with schema {found}, this flowlite knows schema {known}; "
            "install that flowlite again, or choose another state folder with --state"
        )


class StateOlder(StoreError):
    """The file was written by an earlier flowlite, and who reads it may not change it."""

    def __init__(self, where: str, found: int, known: int) -> None:
        super().__init__(
            f"{where} has schema {found}, this flowlite reads schema {known}; run `flowlite db migrate` once"
        )


class StateUnreachable(StoreError):
    """The file or its folder can't be opened or written."""


class DiskFault(StoreError):
    """The operating system reported an input/output error."""


def utc_text(at: float) -> str:
    """An instant as people read it: `2024-01-01T00:00:00Z`."""
    from datetime import UTC, datetime

    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")


_BY_CODE: dict[int, tuple[type[StoreError], str]] = {
    sqlite3.SQLITE_FULL: (
        DiskFull,
        "the disk that holds {where} is full; nothing was written. Free some space (`flowlite db prune`) and go on",
    ),
    sqlite3.SQLITE_BUSY: (
        StateLocked,
        "{where} is locked by another process; close whatever has it open (`fuser {where}` names it)",
    ),
    sqlite3.SQLITE_CORRUPT: (
        StateCorrupt,
        "{where} is damaged ({detail}); it was left as it is. Restore the newest backup: `flowlite db restore`",
    ),
    sqlite3.SQLITE_NOTADB: (
        StateCorrupt,
        "{where} is no flowlite state file ({detail}); it was left as it is. Restore a backup: `flowlite db restore`",
    ),
    sqlite3.SQLITE_READONLY: (
        StateUnreachable,
        "{where} can't be written ({detail}); make the file and its folder writable for this user",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        StateUnreachable,
        "{where} can't be opened ({detail}); check that its folder exists and is writable for this user",
    ),
    sqlite3.SQLITE_IOERR: (
        DiskFault,
        "reading or writing {where} failed ({detail}); look at the disk (`dmesg`) before going on",
    ),
}
_BY_CODE[sqlite3.SQLITE_LOCKED] = _BY_CODE[sqlite3.SQLITE_PROTOCOL] = _BY_CODE[sqlite3.SQLITE_BUSY]
_BY_CODE[sqlite3.SQLITE_PERM] = _BY_CODE[sqlite3.SQLITE_READONLY]


# A damaged file may hold bytes that are no text, in rows as in the names that SQLite's own messages quote.
FAULTS = (sqlite3.Error, UnicodeDecodeError)


def translated(error: sqlite3.Error | UnicodeDecodeError, where: str) -> StoreError:
    """The same fault in words that help; the original stays as its cause."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if isinstance(error, UnicodeDecodeError):
        code = sqlite3.SQLITE_CORRUPT
    if isinstance(error, sqlite3.IntegrityError):
        found: StoreError = RowRefused(f"{where} refused a row: {error}; this is a bug in flowlite, please report it")
    elif code in _BY_CODE:
        kind, text = _BY_CODE[code]
        found = kind(text.format(where=where, detail=error))
    else:
        found = StoreError(f"{where}: {error}")
    found.__cause__ = error
    return found


def is_fatal(error: BaseException) -> bool:
    """Does this fault concern the whole file, and not just the unit of work that met it?"""
    return isinstance(error, FAULTS) and not isinstance(error, sqlite3.IntegrityError)
