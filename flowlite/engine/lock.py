"""One engine for one state folder: an flock that the kernel gives back however the holder dies."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType

from flowlite.core.errors import FlowliteError

# After a kill -9 a child between fork and exec may hold the lock for some milliseconds longer.
PATIENCE_S = 2.5
STEP_S = 0.02


class StateInUse(FlowliteError):
    """Another process works on this state folder."""

    def __init__(self, folder: Path, holder: str) -> None:
        super().__init__(
            f"state folder {folder} is in use by {holder}; let it end, stop it, or give another folder with --state"
        )
        self.holder = holder


class StateLock:
    """Holds `lock` in a state folder from `take` to `give_back`."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "lock"
        self._fd: int | None = None

    def take(self, patience_s: float = PATIENCE_S) -> None:
        """Blocks for up to `patience_s`; raises StateInUse, which names the holder."""
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        until = time.monotonic() + patience_s
        while not _try(fd):
            if time.monotonic() >= until:
                holder = _holder(fd)
                os.close(fd)
                raise StateInUse(self._path.parent, holder)
            time.sleep(STEP_S)
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
        self._fd = fd

    def give_back(self) -> None:
        """May be called twice."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def __enter__(self) -> StateLock:
        self.take()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.give_back()


def _try(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(fd: int) -> str:
    """The pid in the file is for people only; the truth is the flock."""
    pid = os.pread(fd, 32, 0).decode("ascii", "replace").strip()
    return f"process {pid}" if pid else "another process"
