"""Where a result lives: up to 1 MiB beside its attempt, a larger one in a file below the state folder."""

from __future__ import annotations

import os
from pathlib import Path

from flowlite.execution.attempt_folder import INLINE_RESULT_BYTES
from flowlite.execution.private_files import make_folder, write_private
from flowlite.execution.work import AttemptKey


def kept(result: str | None, state_dir: Path, key: AttemptKey) -> str | None:
    """The result as evidence carries it: itself, or `@` and the path of its file below the state folder.

    No JSON text begins with `@`, so the two can't be taken for each other.
    """
    if result is None or len(result) <= INLINE_RESULT_BYTES // 4:  # no UTF-8 is longer than 4 bytes a character
        return result
    data = result.encode()
    if len(data) <= INLINE_RESULT_BYTES:
        return result
    place = place_of(key)
    target = ready(state_dir / place)
    write_private(target, data, is_durable=True)
    return f"@{place}"


def moved(file: Path, state_dir: Path, key: AttemptKey) -> str:
    """The same for a result that a process has written. Twice is fine: a crash may come between this and the commit."""
    place = place_of(key)
    if file.exists():
        os.rename(file, ready(state_dir / place))
    return f"@{place}"


def place_of(key: AttemptKey) -> Path:
    """One file for each attempt and poke."""
    poke = f".{key.poke}" if key.poke else ""
    return Path("results") / str(key.run) / f"{key.task}.{key.index}.{key.attempt}{poke}.json"


def ready(target: Path) -> Path:
    """With its folder made."""
    make_folder(target.parent)
    return target
