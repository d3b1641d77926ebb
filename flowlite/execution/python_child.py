"""Inside the forked process of a Python attempt: find the function, call it, hand back what it made as JSON."""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

from flowlite.execution import attempt_folder as files
from flowlite.execution.failure import failure_of
from flowlite.execution.masking import Masker
from flowlite.execution.private_files import make_folder, open_private, write_all, write_private
from flowlite.execution.work import Produced

REPORT_BYTES = 64 << 10
PIECE_CHARS = 8 << 10  # in UTF-8 at most 32 KiB: below what the supervisor would cut
LETTERS = {"debug": "d", "info": "i", "warn": "w", "warning": "w", "error": "e", "critical": "e", "flow": "f"}


class PipeIo:
    """The Io of a Python process: log lines go through the supervisor, reports into a file that the daemon follows."""

    def __init__(self, folder: Path, control: Path, levels_fd: int, masker: Masker) -> None:
        self._folder = folder
        self._masker = masker
        self._control = control
        self._levels_fd = levels_fd
        self._reports_fd = -1
        self._lock = threading.Lock()

    @property
    def folder(self) -> Path:
        """The attempt's own folder."""
        make_folder(self._folder)
        return self._folder

    def log(self, level: str, text: str) -> None:
        """Append to the attempt's log."""
        letter = LETTERS.get(level, "i")
        pieces = [
            line[start : start + PIECE_CHARS]
            for line in text.rstrip("\n").split("\n")
            for start in range(0, max(len(line), 1), PIECE_CHARS)
        ]
        data = "".join(f"{letter}{piece}\n" for piece in pieces).encode(errors="backslashreplace")
        with self._lock:
            write_all(self._levels_fd, data)

    def printed(self, stream: str, text: str) -> None:
        """Its own stdout and stderr end in the log anyway; what comes by this way does too."""
        self.log(stream, text)

    def report(self, report: Mapping[str, Any]) -> None:
        """Append one line; whoever follows the file sees whole lines only."""
        data = json.dumps(self._masker.value(report)).encode() + b"\n"
        if len(data) > REPORT_BYTES:
            raise ValueError(f"a report of {len(data)} bytes is too large; keep it below {REPORT_BYTES}")
        with self._lock:
            if self._reports_fd < 0:
                self._reports_fd = open_private(self._control / files.REPORTS, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            write_all(self._reports_fd, data)


def carry_out(spec: dict[str, Any], levels_fd: int, masker: Masker) -> int:
    """Runs as the target of a launch. Returns the exit code; what there is to tell stands in produced.json by then."""
    fresh_start()
    control = Path(spec["control"])
    io = PipeIo(Path(spec["folder"]), control, levels_fd, masker)
    code = 0
    try:
        record = record_of(find(spec["target"])(io, spec["payload"]), control)
    except BaseException as error:  # sys.exit() of a task is a failure, not an end
        code = 1
        failure = failure_of(error, masker)
        io.log("warn" if isinstance(error, Stopped) else "error", failure.traceback)
        record = {
            "outcome": failure.outcome,
            "error": failure.error,
            "is_final": failure.is_final,
            "resume_at": failure.retry_at,
        }
    flush()
    write_private(control / files.PRODUCED, json.dumps(record).encode())
    return code


class Stopped(BaseException):
    """Raised in the author's code when the attempt is to end, so that its `finally` is run within the grace period."""


def stop(_number: int, _frame: FrameType | None) -> None:
    """At SIGTERM; a second one is not for the cleaning up to be torn out of, for SIGKILL follows anyhow."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Stopped("the attempt is being stopped")


def fresh_start() -> None:
    """Undo what the fork server did for itself."""
    gc.enable()  # what the server made stays frozen: a collection that touched it would copy all its pages
    signal.signal(signal.SIGTERM, stop)
    sys.stdout, sys.stderr = open_stream(1), open_stream(2)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()  # else all attempts of one warm server draw the same numbers


def open_stream(fd: int) -> TextIO:
    """Written line by line, so that each gets its own time. The server's streams were files and can't become pipes."""
    return open(fd, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)


def find(target: str) -> Callable[..., Produced]:
    """ "package.module:function"."""
    module, _, name = target.partition(":")
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return found  # type: ignore[no-any-return]


def record_of(made: Produced, control: Path) -> dict[str, Any]:
    """What goes into produced.json; a large result gets a file beside it, durable before anybody is told of it."""
    record = {
        "outcome": made.outcome,
        "result": made.result,
        "facts": None if made.facts is None else dict(made.facts),
        "resume_at": made.resume_at,
        "note": made.note,
    }
    if made.result is not None and len(data := made.result.encode()) > files.INLINE_RESULT_BYTES:
        write_private(control / files.RESULT, data, is_durable=True)
        record |= {"result": None, "has_result_file": True}
    return record


def flush() -> None:
    """What a normal exit of Python would do for output and threads; exit handlers belong to the server and stay out."""
    threading._shutdown()  # type: ignore[attr-defined]  # waits for threads that are no daemons, as multiprocessing does
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            continue
