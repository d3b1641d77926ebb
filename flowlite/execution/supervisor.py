"""The supervisor: one small process for each process attempt; it outlives the daemon and the server it came from.

It claims the attempt, starts the command in a session of its own, pumps output into the log, enforces timeout and
memory limit, leaves no descendant behind, and writes the exit file. It must not need the daemon for any of this.

SIGUSR1 asks it to cancel. SIGTERM (an orderly stop, or the machine going down) interrupts: nobody wanted it gone.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from flowlite.execution import attempt_folder as files
from flowlite.execution import memory, proc
from flowlite.execution.launch import NOT_EXECUTABLE, CannotStart, Child, launch
from flowlite.execution.log import FLOW, LogFile
from flowlite.execution.masking import Masker
from flowlite.execution.private_files import make_folder
from flowlite.execution.streams import LevelStream, Stream

FENCED = 75
REMNANT_GRACE_S = 2.0  # for what a command leaves running behind it
KILL_AGAIN_S = 0.05
UNKILLABLE_S = 60.0
EXIT_RETRY_S = 1.0
EXIT_RETRIES = 600
_PR_SET_CHILD_SUBREAPER = 36
_libc = ctypes.CDLL(None, use_errno=True)

Spec = dict[str, Any]
Target = Callable[[Spec, int], int]  # what a Python process does: (spec, fd of its log pipe) -> exit code


def supervise(spec: Spec, env: dict[str, str], masker: Masker, target: Target) -> NoReturn:
    """Called in a fresh fork; never returns."""
    code = 70
    try:
        wake = catch_signals()
        os.setsid()
        forbid_core_dumps()
        code = Supervisor(spec, env, masker, target, wake).run()
    except BaseException:
        traceback.print_exc()  # into the server's log
    finally:
        sys.stderr.flush()
        os._exit(code)


def catch_signals() -> tuple[int, list[int]]:
    """The read end of a pipe that gets a byte with each signal, and the list that they are written to."""
    seen: list[int] = []
    read_end, write_end = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGUSR1):
        signal.signal(number, lambda got, _frame: seen.append(got))
    signal.signal(signal.SIGCHLD, lambda _got, _frame: None)
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    return read_end, seen


class Supervisor:
    """One attempt from claim to exit file."""

    def __init__(
        self, spec: Spec, env: dict[str, str], masker: Masker, target: Target, wake: tuple[int, list[int]]
    ) -> None:
        self._spec = spec
        self._env = env
        self._masker = masker
        self._target = target
        self._wake_fd, self._signals = wake
        self._control = Path(spec["control"])
        self._limit: memory.Limit | None = None
        self._status: int | None = None  # of the command, once it is gone
        self._verdict: str | None = None  # why we ended it
        self._peak_bytes = 0
        self._kill_at: float | None = None  # from then on SIGKILL; None: nobody is to be killed yet
        self._gave_up_on = 0

    def run(self) -> int:
        """Returns the exit code of the supervisor itself: 0, or FENCED if somebody else has the attempt."""
        spec = self._spec
        make_folder(self._control)
        claim_fd = files.claim(self._control, spec["token"], self._masker.text(json.dumps(spec)))
        if claim_fd is None:
            return FENCED
        self._log = LogFile(Path(spec["log"]), spec["log_cap_bytes"], self._masker)
        if spec.get("trouble"):
            self._say(spec["trouble"])
        if _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
            self._say("descendants that leave the session can't be followed on this machine")
        started_at = time.time()
        try:
            child = self._start()
        except CannotStart as error:
            os.close(claim_fd)
            if self._limit is not None:
                self._limit.remove()
            return self._finish(started_at, {"exit_code": error.exit_code, "problem": str(error)})
        files.note_child(claim_fd, child.pid)
        self._live(child)
        return self._finish(started_at, self._record(child))

    def _start(self) -> Child:
        spec = self._spec
        try:
            os.environ.update(self._env)
        except ValueError as error:
            raise CannotStart(f"its environment can't be set: {error}; check env=", NOT_EXECUTABLE) from error
        if spec["memory_bytes"] is None:
            return launch(spec, self._target)
        self._limit = memory.limit_for(spec["memory_bytes"], spec["token"])
        self._limit.enter()
        try:
            return launch(spec, self._target)
        finally:
            self._limit.leave()

    def _live(self, child: Child) -> None:
        self._child = child
        self._poll = select.poll()
        self._poll.register(self._wake_fd, select.POLLIN)
        self._streams = {
            child.out: Stream(child.out, "out", self._log, self._masker),
            child.err: Stream(child.err, "err", self._log, self._masker),
        }
        if child.levels is not None:
            self._streams[child.levels] = LevelStream(child.levels, "info", self._log, self._masker)
        self._open = set(self._streams)
        for fd in self._open:
            self._poll.register(fd, select.POLLIN)
        timeout_s = self._spec["timeout_s"]
        self._timeout_at = None if timeout_s is None else time.monotonic() + timeout_s
        while self._reap():
            self._turn()
        for fd in self._open:
            self._streams[fd].drain()
        for stream in self._streams.values():
            stream.finish()

    def _turn(self) -> None:
        """Do what is due; then wait for output, a signal or the next time that something is due."""
        if self._kill_at is None:
            self._judge()
        elif time.monotonic() >= self._kill_at:
            self._kill()
        for fd, _ in self._poll.poll(self._wait_ms()):
            if fd == self._wake_fd:
                with suppress(BlockingIOError):
                    os.read(fd, 4096)
            elif not self._streams[fd].read():
                self._poll.unregister(fd)
                self._open.discard(fd)

    def _wait_ms(self) -> int | None:
        now = time.monotonic()
        due: list[float] = []
        if self._kill_at is not None:
            due.append(max(self._kill_at - now, KILL_AGAIN_S if now > self._kill_at else 0.0))
        elif self._timeout_at is not None:
            due.append(max(self._timeout_at - now, 0.0))
        if self._limit is not None:
            due.append(memory.LOOK_EVERY_S)
        return int(min(due) * 1000) + 1 if due else None

    def _judge(self) -> None:
        """Is there a reason to end it?"""
        if self._status is not None:  # it is gone, what it left behind is not
            self._end_all(None, REMNANT_GRACE_S)
        elif signal.SIGUSR1 in self._signals:
            self._end_all("cancelled", self._spec["grace_s"])
        elif self._signals:
            self._end_all("interrupted", self._spec["grace_s"])
        elif self._timeout_at is not None and time.monotonic() >= self._timeout_at:
            self._end_all("timed_out", self._spec["grace_s"])
        elif self._limit is not None and self._limit.look(os.getpid()):
            self._end_all("out_of_memory", 0.0)

    def _end_all(self, verdict: str | None, grace_s: float) -> None:
        self._verdict = verdict
        self._kill_at = time.monotonic() + grace_s
        if verdict is not None:
            self._say(f"{verdict.replace('_', ' ')}: SIGTERM to all its processes, SIGKILL after {grace_s:g} s")
        if grace_s > 0:
            self._signal_all(signal.SIGTERM)

    def _kill(self) -> None:
        assert self._kill_at is not None
        if time.monotonic() > self._kill_at + UNKILLABLE_S:
            self._gave_up_on = len(proc.descendants(os.getpid()))
            return
        self._signal_all(signal.SIGKILL)

    def _signal_all(self, number: signal.Signals) -> None:
        """Descendants, not the group: we are their subreaper, so whoever left the session is found as well."""
        for pid in proc.descendants(os.getpid()):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)

    def _reap(self) -> bool:
        """Collect the dead. False: nobody is left, or nobody whom a SIGKILL reaches."""
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return self._gave_up_on == 0
            # Of a command that needs less than we do this is our own size: exec starts its count with its parent's.
            self._peak_bytes = max(self._peak_bytes, usage.ru_maxrss * 1024)
            if pid == self._child.pid:
                # The exit code is read before the pipes are drained: a grandchild may hold them open for hours.
                self._status = status

    def _record(self, child: Child) -> Spec:
        code = -signal.SIGKILL if self._status is None else os.waitstatus_to_exitcode(self._status)
        verdict, peak = self._verdict, self._peak_bytes
        if self._limit is not None:
            if self._limit.was_hit() and code != 0:
                verdict, peak = "out_of_memory", max(peak, self._limit.peak_bytes())
            self._limit.remove()
        elif code == -signal.SIGKILL and verdict is None and proc.oom_kills() > self._spec["oom_kills"]:
            verdict = "out_of_memory"  # not by a limit of ours: the machine itself ran out
        last = self._streams[child.out].last_line if self._spec["kind"] == "shell" else None
        return {
            "exit_code": code,
            "verdict": verdict,
            "peak_rss_bytes": peak,
            "last_line": None if last is None else last.decode(errors="backslashreplace"),
            "produced": self._produced(),
            "left_running": self._gave_up_on,
        }

    def _produced(self) -> Any:
        """What a Python process handed back, taken into the exit file: one durable write in place of two."""
        with suppress(FileNotFoundError, ValueError):
            return json.loads((self._control / files.PRODUCED).read_bytes())
        return None

    def _finish(self, started_at: float, record: Spec) -> int:
        if record.get("problem"):
            self._say(record["problem"])
        self._log.close()
        record |= {"protocol": files.PROTOCOL, "token": self._spec["token"]}
        record |= {"started_at": started_at, "ended_at": time.time(), "dropped_bytes": self._log.dropped_bytes}
        for _ in range(EXIT_RETRIES):
            try:
                files.write_exit(self._control, record)
                return 0
            except OSError:  # a full disk: the end must be told, so it waits for room
                time.sleep(EXIT_RETRY_S)
        return 74

    def _say(self, text: str) -> None:
        self._log.write(time.time(), FLOW, text.encode(errors="backslashreplace"))


def forbid_core_dumps() -> None:
    """A core file of a task would hold its secrets and fill the disk; a task that wants one can raise its limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
