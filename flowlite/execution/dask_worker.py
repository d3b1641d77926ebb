"""The far side of an attempt on a Dask cluster: a worker starts a process of its own for it, and can kill it.

Fenced by the attempt's token: Dask gives the work of a worker that died to another one, which finds that the attempt
has begun, and ends it as lost; to try again is not Dask's to decide. Two attempts of one task instance never run at
once: whoever runs one holds the instance's lock, which a dead worker gives back after half a minute.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from flowlite.execution import attempt_folder as files
from flowlite.execution.streams import LEVELS

LOOK_EVERY_S = 0.5
LOCK_S = 60.0  # longer than the lease of a worker that died
READ_BYTES = 64 << 10
PR_SET_PDEATHSIG = 1
CHILD = "from flowlite.execution.dask_worker import child; child()"

Spec = dict[str, Any]
Tell = Callable[[dict[str, Any]], None]


def carry_out(text: str) -> str:
    """Called by Dask in a worker's thread: JSON in, JSON out, so that nothing of an author's is ever pickled."""
    spec: Spec = json.loads(text)
    dask: Any = import_module("distributed")  # its types are there in part
    worker, key = dask.get_worker(), spec["dask_key"]
    begun, stop, lock = dask.Event(spec["begun"]), dask.Event(spec["stop"]), dask.Lock(spec["instance"])
    if begun.is_set() or not lock.acquire(timeout=LOCK_S):
        return json.dumps({"verdict": "lost"})
    told = 0

    def tell(event: dict[str, Any]) -> None:
        nonlocal told
        told += 1
        worker.log_event(spec["topic"], {**event, "token": spec["token"]})

    def wish() -> str | None:
        """Why it is to stop. A key that the scheduler has taken back means that nobody waits for us any more."""
        task = worker.state.tasks.get(key)
        return "cancelled" if stop.is_set() or task is None or task.state in ("cancelled", "released") else None

    try:
        begun.set()
        tell({"kind": "begun"})
        return json.dumps({**attempt(spec, tell, wish), "told": told, "worker": worker.address})
    finally:
        with contextlib.suppress(Exception):  # the scheduler may be gone; then so is the lock
            lock.release()


def attempt(spec: Spec, tell: Tell, wish: Callable[[], str | None]) -> Spec:
    """Run it in a process and say how it ended."""
    with tempfile.TemporaryDirectory(prefix="flowlite-dask-") as folder:
        with started(spec, Path(folder)) as (process, levels):
            verdict = watched(spec, process, levels, Path(folder), tell, wish)
        record: Spec = {"exit_code": process.returncode, "verdict": verdict, "produced": produced(Path(folder))}
        return record


@contextlib.contextmanager
def started(spec: Spec, folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The process in a session of its own; none of it is left at the end. It dies with its worker."""
    levels, levels_end = os.pipe()
    own = {"folder": str(folder / "attempt"), "control": str(folder), "levels": levels_end}
    parent = os.getpid()

    def die_with_us() -> None:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    process = subprocess.Popen(
        [sys.executable, "-c", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        pass_fds=[levels_end], start_new_session=True, preexec_fn=die_with_us, env={**os.environ, **spec["env"]},
    )  # fmt: skip
    os.close(levels_end)
    try:
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError), process.stdin as pipe:
            pipe.write(json.dumps({**spec, **own}).encode())
        yield process, levels
    finally:
        end(process, signal.SIGKILL)
        process.wait()
        os.close(levels)
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def watched(
    spec: Spec, process: subprocess.Popen[bytes], levels: int, folder: Path, tell: Tell, wish: Callable[[], str | None]
) -> str | None:
    """Pass on what it says until it is gone; the verdict, if it was ended."""
    pipes = Pipes({process.stdout: "out", process.stderr: "err", levels: ""}, tell)
    reports = Reports(folder / files.REPORTS, tell)
    timeout_at = None if spec["timeout_s"] is None else time.monotonic() + spec["timeout_s"]
    verdict, kill_at = None, None
    while process.poll() is None:
        pipes.read(LOOK_EVERY_S)
        reports.read()
        if verdict is None and (verdict := reason(timeout_at, wish)) is not None:
            kill_at = time.monotonic() + spec["grace_s"]
            end(process, signal.SIGTERM)
        if kill_at is not None and time.monotonic() >= kill_at:
            end(process, signal.SIGKILL)
    end(process, signal.SIGKILL)  # what it left behind
    pipes.read(0.0)
    pipes.finish()
    reports.read()
    return verdict


def reason(timeout_at: float | None, wish: Callable[[], str | None]) -> str | None:
    """Why it is to end now, if so."""
    return "timed_out" if timeout_at is not None and time.monotonic() >= timeout_at else wish()


def end(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """The whole session."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def produced(folder: Path) -> Any:
    """What it handed back; a large result comes along in it."""
    try:
        record = json.loads((folder / files.PRODUCED).read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    if record.pop("has_result_file", False):
        record["result"] = (folder / files.RESULT).read_text()
    return record


class Pipes:
    """Lines of several pipes, told with their levels."""

    def __init__(self, labels: dict[Any, str], tell: Tell) -> None:
        self._tell, self._rest = tell, dict.fromkeys(labels, b"")
        self._selector = selectors.DefaultSelector()
        for pipe, label in labels.items():
            os.set_blocking(pipe if isinstance(pipe, int) else pipe.fileno(), False)
            self._selector.register(pipe, selectors.EVENT_READ, label)

    def read(self, within_s: float) -> None:
        """What there is now, or comes within that time."""
        for key, _ in self._selector.select(within_s):
            fd = key.fd
            with contextlib.suppress(BlockingIOError):
                while chunk := os.read(fd, READ_BYTES):
                    *lines, self._rest[key.fileobj] = (self._rest[key.fileobj] + chunk).split(b"\n")
                    self._pass(key.data, lines)
                self._selector.unregister(key.fileobj)
        if not self._selector.get_map():
            time.sleep(min(within_s, 0.05))

    def finish(self) -> None:
        """Lines that have no end."""
        for key in list(self._selector.get_map().values()):
            self._pass(key.data, [self._rest[key.fileobj]] if self._rest[key.fileobj] else [])
        self._selector.close()

    def _pass(self, label: str, lines: list[bytes]) -> None:
        for line in lines:
            level = label or LEVELS.get(line[:1], "info")
            text = (line if label else line[1:]).decode(errors="backslashreplace")
            self._tell({"kind": "log", "at": time.time(), "level": level, "text": text})


class Reports:
    """Whole lines of the file that a body reports into."""

    def __init__(self, path: Path, tell: Tell) -> None:
        self._path, self._tell, self._read = path, tell, 0

    def read(self) -> None:
        """What is new."""
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(self._read)
            *lines, _ = file.read().split(b"\n")
        self._read += sum(len(line) + 1 for line in lines)
        for line in lines:
            self._tell({"kind": "report", "report": json.loads(line)})


def child() -> None:
    """In the process: what the fork server's children do, with nothing warm before it."""
    from flowlite.execution.masking import Masker
    from flowlite.execution.python_child import carry_out as call

    spec = json.load(sys.stdin)
    sys.exit(call(spec, spec["levels"], Masker()))  # what is secret is masked where the log is written
