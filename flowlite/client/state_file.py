"""The state file as a whole: copies, checks, pruning, migration. Whatever changes it takes the lock first."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path

from flowlite.config.sections import Retention
from flowlite.engine.lock import StateLock
from flowlite.service.errors import Unknown
from flowlite.service.keeping import Keep, as_told
from flowlite.store import admin, check
from flowlite.store.store import Store


def keep_of(section: Retention, days: float | None, keep_runs: int | None) -> Keep:
    """`[retention]`, with what somebody says in its place. Logs never stay longer than their runs."""
    told = as_told(section)
    if days is not None:
        logs = days if told.logs_days is None else min(days, told.logs_days)
        told = replace(told, runs_days=days, logs_days=logs)
    return told if keep_runs is None else replace(told, keep_runs=keep_runs)


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


def check_backup(copy: Path, file: Path) -> None:
    """Whether it can be put back, as far as can be told before. Raises Unknown, StateInUse."""
    if not copy.is_file():
        there = ", ".join(path.name for path in sorted((file.parent / "backups").glob("*.db"))) or "none yet"
        raise Unknown(f"there is no backup {copy}; in {file.parent / 'backups'}: {there}")
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with StateLock(file.parent):
        pass


def put_back(copy: Path, file: Path) -> Path | None:
    """Put a backup in the place of the state; where what was there is now. Raises as `check_backup` does, StateLocked,
    StateUnreachable."""
    check_backup(copy, file)
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
