"""How much memory all processes of the play take together: each page counted once, looked at now and then."""

from __future__ import annotations

import re
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Self

EVERY_S = 1.0
PSS = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)


class Footprint:
    """`with Footprint(variable, value) as memory:` processes with that in their environment, and this one, are watched;
    `memory.peak_bytes` is the most that was seen."""

    def __init__(self, variable: str, value: str) -> None:
        self._mark = f"{variable}={value}".encode()
        self.peak_bytes = 0
        self._over = Event()

    def __enter__(self) -> Self:
        self._thread = Thread(target=self._watch, name="footprint", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(EVERY_S):
            self.peak_bytes = max(self.peak_bytes, sum(map(size_of, self.processes())))

    def processes(self) -> list[Path]:
        """Their folders below /proc, this process first."""
        own = Path("/proc/self").resolve()
        return [own, *(folder for folder in Path("/proc").glob("[0-9]*") if folder != own and self._is_one(folder))]

    def _is_one(self, folder: Path) -> bool:
        try:
            return self._mark in (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            return False


def size_of(folder: Path) -> int:
    """The proportional share of a process, in bytes: memory that n processes share counts one n-th in each."""
    try:
        found = PSS.search((folder / "smaps_rollup").read_text())
    except OSError:
        return 0
    return int(found[1]) * 1024 if found else 0
