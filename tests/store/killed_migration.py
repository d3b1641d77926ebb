"""Bring a state file to the newest schema, and die with -9 before the statement of that number; exit 0: it was not
reached. Number 0 dies when the copy is made and has not got its name yet."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from flowlite.store.connect import connect_writer
from flowlite.store.migrate import migrate


def die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(file: Path, number: int) -> None:
    seen = 0

    def count(_: str) -> None:
        nonlocal seen
        seen += 1
        if seen == number:
            die()

    if not number:
        Path.replace = die  # type: ignore[assignment,method-assign]
    db = connect_writer(file)
    db.set_trace_callback(count)
    migrate(db, file)
    db.close()


main(Path(sys.argv[1]), int(sys.argv[2]))
