"""Follow the reports of a Python process: a file of JSON lines that only grows."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from flowlite.execution.masking import Masker

READ_BYTES = 1 << 20
LINE_BYTES = 256 << 10  # a line without end is not a report


class ReportTail:
    """Remembers how far it has read."""

    def __init__(self, path: Path, masker: Masker) -> None:
        self._path = path
        self._masker = masker
        self._fd = -1
        self._rest = b""

    def read(self) -> Iterator[Mapping[str, Any]]:
        """The whole lines that came since the last time."""
        if self._fd < 0:
            try:
                self._fd = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
            except OSError:
                return
        while chunk := os.read(self._fd, READ_BYTES):
            *lines, rest = (self._rest + chunk).split(b"\n")
            self._rest = rest if len(rest) <= LINE_BYTES else b""
            for line in lines:
                if (report := self._parsed(line)) is not None:
                    yield report

    def close(self) -> None:
        """Let go of the file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _parsed(self, line: bytes) -> Mapping[str, Any] | None:
        try:
            report = self._masker.value(json.loads(line))
        except ValueError:
            return None  # the author's own code may have written into it
        return report if isinstance(report, dict) else None
