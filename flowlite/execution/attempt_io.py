"""What a body that runs inside the daemon may do with the world of its attempt. Nothing is made before it is needed."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flowlite.execution.log import LogFile
from flowlite.execution.private_files import make_folder
from flowlite.execution.site import Site
from flowlite.execution.work import Order

_opening = threading.Lock()  # guards the making of an attempt's own lock, which most attempts never need


class AttemptIo:
    """The Io of a coroutine or a thread."""

    __slots__ = ("_begun", "_is_closed", "_lock", "_log", "_order", "_site")

    def __init__(self, order: Order, site: Site) -> None:
        self._order = order
        self._site = site
        self._log: LogFile | None = None
        self._lock: threading.Lock | None = None
        self._is_closed = False
        self._begun: dict[str, str] | None = None  # by stream: a line that has no end yet

    @property
    def folder(self) -> Path:
        """The attempt's own folder, made when first asked for."""
        folder = self._order.folder
        make_folder(folder)
        return folder

    def log(self, level: str, text: str) -> None:
        """Append to the log. After the attempt has ended this does nothing: its log is evidence by then."""
        with self._lock or self._open_lock():
            self._write(level, text.rstrip("\n"))

    def printed(self, stream: str, text: str) -> None:
        """What was printed; it may be a part of a line, and more than one."""
        with self._lock or self._open_lock():
            begun = self._begun = self._begun or {}
            lines, end, begun[stream] = (begun.get(stream, "") + text).rpartition("\n")
            if end:
                self._write(stream, lines)

    def _write(self, level: str, text: str) -> None:
        if self._is_closed:
            return
        if self._log is None:
            self._log = LogFile(self._order.log, self._order.log_cap_bytes, self._site.masker)
        self._log.write(self._site.clock(), level, text.encode(errors="backslashreplace"))

    def report(self, report: Mapping[str, Any]) -> None:
        """Tell the engine something while the attempt goes on."""
        self._site.listener.reported(self._order.key, self._site.masker.value(report))

    def close(self) -> str | None:
        """Close the log. Returns its path as evidence names it, or None if nothing was written."""
        if self._lock is None:
            self._is_closed = True
            return None
        with self._lock:
            for stream, rest in (self._begun or {}).items():
                if rest:
                    self._write(stream, rest)
            self._is_closed = True
            if self._log is None:
                return None
            self._log.close()
            return self._site.log_path(self._order)

    def _open_lock(self) -> threading.Lock:
        with _opening:
            if self._lock is None:
                self._lock = threading.Lock()
            return self._lock
