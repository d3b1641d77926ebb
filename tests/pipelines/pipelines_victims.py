"""Finding the process that an attempt runs in, to kill it."""

from __future__ import annotations

import time
from pathlib import Path


def running_in(state: Path) -> int:
    """The process of the attempt that runs on a state: server, supervisor, and it; it has no children."""
    end_at = time.monotonic() + 60
    while time.monotonic() < end_at:
        parents = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if f"FLOWLITE_STATE_DIR={state}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                    parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
        working = [pid for pid, parent in parents.items() if parents.get(parent) in parents]
        leaves = [pid for pid in working if pid not in parents.values()]
        if leaves:
            return leaves[0]
        time.sleep(0.01)
    raise AssertionError("nothing runs")
