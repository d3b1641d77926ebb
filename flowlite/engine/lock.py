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

    def take(self, patience_s: float = PATIENCE_S, *, role: str = "") -> None:
        """Blocks for up to `patience_s`; raises StateInUse, which names the holder: its pid, and its role if it said
        one."""
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        until = time.monotonic() + patience_s
        while not _try(fd):
            if time.monotonic() >= until:
                holder = _holder(fd)
                os.close(fd)
                raise StateInUse(self._path.parent, holder)
            time.sleep(STEP_S)
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{os.getpid()}\n{role}\n".encode(), 0)
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
    """What is in the file is for people only; the truth is the flock."""
    pid, role = _said(fd)
    if not pid:
        return "another process"
    return f"the {role} (process {pid})" if role else f"process {pid}"


def _said(fd: int) -> tuple[str, str]:
    lines = os.pread(fd, 128, 0).decode("ascii", "replace").split("\n")
    return lines[0].strip(), lines[1].strip() if len(lines) > 1 else ""


def pid_of(folder: Path, role: str) -> int | None:
    """The process that holds the lock of a folder in this role right now; None if nobody does."""
    try:
        fd = os.open(folder / "lock", os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        if _try(fd):
            return None
        pid, said = _said(fd)
        return int(pid) if said == role and pid.isdigit() else None
    finally:
        os.close(fd)
