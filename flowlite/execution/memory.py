"""The memory limit of one attempt: a cgroup where we may make one, else a look at the whole family every 50 ms.

No RLIMIT_AS: it counts reserved address space, which stops a JVM or Go at a fraction of the limit, and turns "killed
for memory" into any exit code the program likes.
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from flowlite.execution import proc

LOOK_EVERY_S = 0.05
_ROOTS = (Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup"))


class Limit(Protocol):
    """What the supervisor needs of it."""

    def enter(self) -> None:
        """Called before the command is started by this process ..."""

    def leave(self) -> None:
        """... and right after: the command stays inside, the supervisor does not."""

    def look(self, root: int) -> bool:
        """Is the family of `root` over the limit? Called every LOOK_EVERY_S."""
        ...

    def was_hit(self) -> bool:
        """Has anything been killed for it?"""
        ...

    def peak_bytes(self) -> int:
        """The most that was seen; 0 if this limit can't tell."""
        ...

    def remove(self) -> None:
        """Leave nothing behind."""


def limit_for(limit_bytes: int, token: str) -> Limit:
    """The best one that this machine lets us have."""
    return Cgroup.make(limit_bytes, token) or Watched(limit_bytes)


class Watched:
    """Looks at resident memory from outside."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._peak = 0
        self._was_hit = False

    def enter(self) -> None:
        """Nothing to prepare."""

    def leave(self) -> None:
        """Nothing to undo."""

    def look(self, root: int) -> bool:
        """Sum of the family; shared pages are counted fairly before anybody is called guilty."""
        family = proc.descendants(root)
        used = proc.rss_bytes(family)
        if used > self._limit_bytes and len(family) > 1:
            used = proc.pss_bytes(family)
        self._peak = max(self._peak, used)
        if used <= self._limit_bytes:
            return False
        self._was_hit = True
        return True

    def was_hit(self) -> bool:
        """Did a look find too much?"""
        return self._was_hit

    def peak_bytes(self) -> int:
        """The most that a look has found."""
        return self._peak

    def remove(self) -> None:
        """Nothing was made."""


class Cgroup:
    """A memory cgroup of its own: the kernel kills, at once and exactly."""

    def __init__(self, folder: Path, home: Path, *, is_v2: bool) -> None:
        self._folder = folder
        self._home = home
        self._is_v2 = is_v2

    @classmethod
    def make(cls, limit_bytes: int, token: str) -> Cgroup | None:
        """None: this process may not make one here."""
        for root, is_v2 in zip(_ROOTS, (False, True), strict=True):
            home = root / own_path(is_v2=is_v2).lstrip("/")
            for parent in (home, home.parent) if is_v2 else (home,):
                folder = parent / folder_name(token)
                if (not is_v2 or has_memory_below(parent)) and try_make(folder, limit_bytes, is_v2=is_v2):
                    return cls(folder, home, is_v2=is_v2)
        return None

    def enter(self) -> None:
        """Move this process in, so that its child is born there."""
        (self._folder / "cgroup.procs").write_text(str(os.getpid()))

    def leave(self) -> None:
        """Move back: the supervisor must outlive what it supervises."""
        (self._home / "cgroup.procs").write_text(str(os.getpid()))

    def look(self, root: int) -> bool:
        """Once one of them was killed the rest goes, too: half a task is none."""
        return self.was_hit()

    def was_hit(self) -> bool:
        """Has the kernel killed in here?"""
        name = "memory.events" if self._is_v2 else "memory.oom_control"
        with suppress(OSError):
            for line in (self._folder / name).read_text().splitlines():
                if line.startswith("oom_kill ") and int(line.split()[1]) > 0:
                    return True
        return False

    def peak_bytes(self) -> int:
        """Includes the page cache, so it is asked only where the limit was hit."""
        name = "memory.peak" if self._is_v2 else "memory.max_usage_in_bytes"
        with suppress(OSError, ValueError):
            return int((self._folder / name).read_text())
        return 0

    def remove(self) -> None:
        """Kill what may be left in it, and remove it."""
        with suppress(OSError, ValueError):
            for pid in (self._folder / "cgroup.procs").read_text().split():
                os.kill(int(pid), signal.SIGKILL)
        with suppress(OSError):
            self._folder.rmdir()


def own_path(*, is_v2: bool) -> str:
    """The cgroup in which this process lives."""
    with suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            number, controllers, path = line.split(":", 2)
            if number == "0" if is_v2 else "memory" in controllers.split(","):
                return path
    return "/"


def has_memory_below(folder: Path) -> bool:
    """v2: do children of this cgroup get a memory controller?"""
    with suppress(OSError):
        return "memory" in (folder / "cgroup.subtree_control").read_text().split()
    return False


def try_make(folder: Path, limit_bytes: int, *, is_v2: bool) -> bool:
    """Make the cgroup with its limit, or leave nothing."""
    limit = "memory.max" if is_v2 else "memory.limit_in_bytes"
    if not folder.parent.is_dir() or not (folder.parent / "cgroup.procs").exists():
        return False
    try:
        folder.mkdir()
    except OSError:
        return False
    try:
        (folder / limit).write_text(str(limit_bytes))
        (folder / "cgroup.procs").read_text()
        for swap in ("memory.swap.max", "memory.memsw.limit_in_bytes"):  # else it swaps in place of being killed
            with suppress(OSError):
                (folder / swap).write_text("0" if is_v2 else str(limit_bytes))
        if is_v2:
            with suppress(OSError):
                (folder / "memory.oom.group").write_text("1")
    except OSError:
        with suppress(OSError):
            folder.rmdir()
        return False
    return True


def sweep_leftover(token: str) -> None:
    """Remove the cgroup of a supervisor that died."""
    for root, is_v2 in zip(_ROOTS, (False, True), strict=True):
        home = root / own_path(is_v2=is_v2).lstrip("/")
        for parent in (home, home.parent):
            folder = parent / folder_name(token)
            if token and folder.is_dir():
                Cgroup(folder, home, is_v2=is_v2).remove()


def folder_name(token: str) -> str:
    """Found again by whoever knows the token."""
    return f"flowlite-{token[:16]}"
