"""How to start flowlite once more: a daemon in the background, a unit of systemd."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path


def command_line() -> list[str]:
    """Absolute, for this interpreter; the single file where we run from one, for there is no package to name."""
    file = Path(sys.argv[0])
    if file.is_file() and zipfile.is_zipfile(file):
        return [sys.executable, str(file.resolve())]
    beside = Path(sys.executable).with_name("flowlite")
    return [str(beside)] if beside.exists() else [sys.executable, "-m", "flowlite"]
