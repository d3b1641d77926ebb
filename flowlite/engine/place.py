"""Where an engine keeps its state: a folder, a file in one, or memory with a temporary folder for attempt files."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from pathlib import Path

from flowlite.engine.lock import StateLock

MEMORY = ":memory:"
FILE = "flowlite.db"


class Place:
    """A state folder, and the lock on it while an engine works there.

    A temporary one goes with the last object that refers to it: results of `flowlite.run` keep their logs readable.
    """

    def __init__(self, folder: Path, file: Path | None) -> None:
        self.folder, self.file = folder, file
        self._lock = StateLock(folder)
        if file is None:
            weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)

    @property
    def is_memory(self) -> bool:
        """Nothing is kept."""
        return self.file is None

    def take(self) -> None:
        """Raises StateInUse."""
        self._lock.take()

    def give_back(self) -> None:
        """May be called twice."""
        self._lock.give_back()


def place_of(state: str | Path) -> Place:
    """`:memory:`, a folder (or the flowlite.db in it), or another .db file: then the rest is in `NAME.db.files`."""
    if str(state) == MEMORY:
        return Place(Path(tempfile.mkdtemp(prefix="flowlite-")), None)
    path = Path(state).absolute()
    if path.name == FILE:
        folder, file = path.parent, path
    elif path.suffix == ".db":
        folder, file = path.with_name(f"{path.name}.files"), path
    else:
        folder, file = path, path / FILE
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Place(folder, file)
