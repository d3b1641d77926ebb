"""The state file as a whole: copies, checks, pruning, migration. Whatever changes it takes the lock first."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from flowlite.engine.lock import StateLock
from flowlite.service.errors import Unknown
from flowlite.store import admin, check
from flowlite.store.store import Store

DAY_S = 86400.0


@dataclass(frozen=True, slots=True)
class LookedOver:
    """What is wrong with a state file, and how large it is (None if it is too damaged to tell)."""

    violations: list[str]
    sizes: admin.Sizes | None


def sqlite_version() -> tuple[str, str]:
    """The version of SQLite in use, and the oldest that will do."""
    return admin.sqlite_version()


def back_up(file: Path, target: Path | None) -> Path:
    """A whole, checked copy; its name says when, if none is given. Safe while an engine works on the state."""
    if target is None:
        folder = file.parent / "backups"
        folder.mkdir(mode=0o700, exist_ok=True)
        target = folder / f"{file.stem}-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}{file.suffix}"
    return admin.backup(file, target.absolute())


def put_back(copy: Path, file: Path) -> Path | None:
    """Put a backup in the place of the state; where what was there is now. Raises StateLocked, StateUnreachable."""
    if not copy.is_file():
        there = ", ".join(path.name for path in sorted((file.parent / "backups").glob("*.db"))) or "none yet"
        raise Unknown(f"there is no backup {copy}; in {file.parent / 'backups'}: {there}")
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return admin.restore(copy, file)


def looked_over(file: Path) -> LookedOver:
    """Looks only."""
    violations = check.check(file)
    return LookedOver(violations, None if violations else admin.sizes(file))


def migrated(file: Path) -> tuple[int, int]:
    """Bring it to the newest schema; the schemas before and after. Raises StateInUse, StateNewer."""
    with StateLock(file.parent):
        before = admin.sizes(file).schema
        Store.open(file).close()
        return before, admin.sizes(file).schema


async def pruned(state: Path, *, days: float, keep_runs: int, now: float) -> tuple[int, int]:
    """Remove old finished runs, rows first and then their files; how many runs and files. Raises StateInUse."""
    with StateLock(state):
        store = Store.open(state / "flowlite.db")
        try:
            gone = await store.prune(older_than=now - days * DAY_S, keep_runs=keep_runs)
        finally:
            store.close()
        return gone.runs, sum(removed(state, file) for file in gone.files)


def removed(state: Path, file: str) -> bool:
    """Delete a file or a folder below the state; whether it was there."""
    path = state / file
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
        return True
    if not path.exists():
        return False
    path.unlink()
    return True
