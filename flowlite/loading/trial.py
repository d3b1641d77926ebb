"""Trying DAG files in a child process first: one that hangs, exits or crashes takes only the child along."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from flowlite.authoring.defaults import BUILT_IN, Defaults
from flowlite.loading.problem import Problem

TIMEOUT_S = 30.0
GRACE_S = 2.0  # for the child to say where it hangs, before it is killed
TRACE_LINE = re.compile(r'File "(?P<file>.+)", line (?P<line>\d+)')


@dataclass(frozen=True, slots=True)
class Trial:
    """How one file fared."""

    file: Path
    dag_ids: tuple[str, ...] = ()
    problem: Problem | None = None


def try_file(
    file: str | Path, roots: Iterable[str | Path] = (), given: Defaults = BUILT_IN, *, timeout_s: float = TIMEOUT_S
) -> Trial:
    """Load one file in a child process, and tell."""
    return next(iter(try_files([Path(file).absolute()], roots, given, timeout_s=timeout_s)))


def try_files(
    files: Sequence[Path],
    roots: Iterable[str | Path] = (),
    given: Defaults = BUILT_IN,
    *,
    timeout_s: float = TIMEOUT_S,
) -> Iterator[Trial]:
    """Load files in a child process, in order, telling of each as it is done. One child serves until a file ends it."""
    left, places = list(files), [str(root) for root in roots]
    while left:
        with Child(left, places, given, timeout_s) as child:
            for trial in child.trials():
                left.pop(0)
                yield trial


class Child:
    """One child process, and what it says."""

    def __init__(self, files: Sequence[Path], roots: list[str], given: Defaults, timeout_s: float) -> None:
        self.files, self.timeout_s = tuple(files), timeout_s
        self.task = {
            "files": [str(file) for file in files],
            "roots": roots,
            "timezone": given.timezone,
            "pools": None if given.pools is None else sorted(given.pools),
            "channels": None if given.channels is None else sorted(given.channels),
            "timeout_s": timeout_s,
            "path": sys.path,
        }

    def __enter__(self) -> Child:
        self.crash: IO[bytes] = tempfile.TemporaryFile()
        self.answers, theirs = os.pipe()
        try:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "flowlite.loading.trial_child", str(theirs), str(self.crash.fileno())],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(theirs, self.crash.fileno()),
                env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
                start_new_session=True,
            )
        finally:
            os.close(theirs)
        assert self.process.stdin is not None
        with suppress(BrokenPipeError), self.process.stdin as stdin:
            stdin.write(json.dumps(self.task).encode())
        return self

    def __exit__(self, *raised: object) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)  # with whatever the files have started
        self.process.wait()
        os.close(self.answers)
        self.crash.close()

    def trials(self) -> Iterator[Trial]:
        """One for each file, up to the first that ended the child."""
        lines = self._lines()
        for file in self.files:
            said = next(lines, None)
            if said is None:
                yield Trial(file, (), self._obituary(file))
                return
            problem = Problem(**said["problem"]) if said["problem"] else None
            yield Trial(file, tuple(said["dag_ids"]), problem)

    def _lines(self) -> Iterator[dict[str, Any]]:
        """What the child says, until it falls silent for too long or is gone."""
        text = b""
        deadline = time.monotonic() + self.timeout_s + GRACE_S
        while (left := deadline - time.monotonic()) > 0 and select.select([self.answers], [], [], left)[0]:
            chunk = os.read(self.answers, 1 << 16)
            if not chunk:
                return
            *whole, text = (text + chunk).split(b"\n")
            for line in whole:
                yield json.loads(line)
                deadline = time.monotonic() + self.timeout_s + GRACE_S

    def _obituary(self, file: Path) -> Problem:
        """Why there was no answer for a file."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(0.5)
        trace = self._trace()
        line = next((int(hit["line"]) for hit in TRACE_LINE.finditer(trace) if hit["file"] == str(file)), None)
        return Problem(str(file), line, *self._cause(trace))

    def _trace(self) -> str:
        """What faulthandler wrote on the way down, innermost line first."""
        self.crash.seek(0)
        return self.crash.read().decode(errors="replace")

    def _cause(self, trace: str) -> tuple[str, str]:
        code = self.process.poll()
        if code is None or trace.startswith("Timeout"):
            return (
                f"takes longer than {self.timeout_s:g} s to load",
                "move the work into a task, and look for an endless loop",
            )
        if code == -signal.SIGKILL:
            return "was killed while it was being loaded, probably for lack of memory", "move the work into a task"
        if code < 0:
            return (
                f"crashes Python with {signal.Signals(-code).name}",
                "look at the native library that it imports or calls",
            )
        return f"ends the process (os._exit({code})) while it is being loaded", "take the call out"
