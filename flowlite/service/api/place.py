"""Where the socket of a state folder lies, and how it is reached when its path is long."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SOCKET = "api.sock"
LONGEST_BYTES = 107  # of an address of the kernel


@contextmanager
def reached(path: Path) -> Iterator[str]:
    """An address for `bind` and `connect`, good inside the block. A path that is too long for one is reached through
    its folder, which the kernel then knows by a number."""
    if len(os.fsencode(path)) <= LONGEST_BYTES:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
