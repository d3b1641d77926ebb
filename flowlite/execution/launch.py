"""Start the command of an attempt, in a session of its own: a program by posix_spawn, a Python function by a fork."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)
# Python ignores these in itself; a program that inherits that would not die of a closed pipe.
_RESET = [number for number in signal.valid_signals() if number not in (signal.SIGKILL, signal.SIGSTOP)]
NOT_FOUND = 127
NOT_EXECUTABLE = 126


class Child(NamedTuple):
    """The process, and our ends of its pipes."""

    pid: int
    out: int
    err: int
    levels: int | None


class CannotStart(Exception):
    """The command can't be started at all; the message says why."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def launch(spec: dict[str, Any], target: Callable[[dict[str, Any], int], int]) -> Child:
    """Start it. Our ends of the pipes are not inherited by anybody."""
    change_folder(spec["cwd"])
    out, out_end = os.pipe2(os.O_CLOEXEC)
    err, err_end = os.pipe2(os.O_CLOEXEC)
    ends = [out_end, err_end]
    try:
        if spec["kind"] == "shell":
            return Child(spawn(spec["command"], out_end, err_end), out, err, None)
        levels, levels_end = os.pipe2(os.O_CLOEXEC)
        ends.append(levels_end)
        return Child(fork(spec, target, out_end, err_end, levels_end), out, err, levels)
    finally:
        for fd in ends:
            os.close(fd)
        os.chdir("/")


def change_folder(cwd: str | None) -> None:
    """The command inherits the folder from us: posix_spawn has no other way."""
    try:
        if cwd is not None:
            os.chdir(cwd)
    except OSError as error:
        raise CannotStart(f"can't change to the folder {cwd!r} ({error.strerror}); check cwd=", NOT_FOUND) from error


def spawn(command: str | list[str], out_end: int, err_end: int) -> int:
    """A string runs under /bin/sh -c, a list without a shell."""
    argv = ["/bin/sh", "-c", command] if isinstance(command, str) else [str(part) for part in command]
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
        (os.POSIX_SPAWN_DUP2, out_end, 1),
        (os.POSIX_SPAWN_DUP2, err_end, 2),
    ]
    try:
        return os.posix_spawnp(
            argv[0], argv, os.environ, file_actions=actions, setsid=True, setsigmask=[], setsigdef=_RESET
        )
    except FileNotFoundError as error:
        raise CannotStart(f"command not found: {argv[0]!r}; check its name and PATH", NOT_FOUND) from error
    except (OSError, ValueError) as error:
        raise CannotStart(f"can't run {argv[0]!r}: {error}", NOT_EXECUTABLE) from error


def fork(
    spec: dict[str, Any], target: Callable[[dict[str, Any], int], int], out_end: int, err_end: int, levels_end: int
) -> int:
    """A child that calls `target`; everything imported so far is there already."""
    supervisor = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        signal.set_wakeup_fd(-1)
        # Not SIGPIPE: as in every Python program, writing to a connection that was closed is an error, not the end.
        for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGCHLD, signal.SIGHUP, signal.SIGQUIT):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.setsid()
        # It has no program of its own that a search of /proc could recognise, so the kernel ties it to its supervisor.
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != supervisor:
            os._exit(code)
        stand_alone(out_end, err_end, levels_end)
        code = target(spec, levels_end)
    except BaseException:
        traceback.print_exc()  # into the attempt's log, if it came that far
    finally:
        with suppress(OSError, ValueError):
            sys.stderr.flush()
        os._exit(code)


def stand_alone(out_end: int, err_end: int, keep: int) -> None:
    """Only stdin, stdout, stderr and the log pipe stay open."""
    null = os.open("/dev/null", os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(out_end, 1)
    os.dup2(err_end, 2)
    for name in os.listdir("/proc/self/fd"):
        fd = int(name)
        if fd > 2 and fd != keep:
            try:
                os.close(fd)
            except OSError:
                continue  # the folder that was being listed
