"""Bodies of Python processes; imported in the child by name."""

from __future__ import annotations

import ctypes
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any

from flowlite.core.states import Outcome
from flowlite.execution.proc import stat_of
from flowlite.execution.work import AttemptFailed, Io, Produced

warmed: list[str] = []


def warm(argument: str) -> None:
    warmed.append(argument)


def warm_badly(argument: str) -> None:
    raise RuntimeError(f"no {argument} here")


def warm_fatally(argument: str) -> None:
    os._exit(3)


def add(io: Io, payload: Mapping[str, Any]) -> Produced:
    return Produced(result=json.dumps(sum(payload["numbers"])), facts={"truth:": True})


def what_is_warm(io: Io, payload: Mapping[str, Any]) -> Produced:
    return Produced(result=json.dumps({"warmed": warmed, "is_loaded": payload["module"] in sys.modules}))


def speak(io: Io, payload: Mapping[str, Any]) -> Produced:
    print("to stdout")
    print("to stderr", file=sys.stderr)
    io.log("info", "an info\nof two lines")
    io.log("warning", "careful")
    io.report({"done": 1})
    io.report({"done": 2})
    return Produced()


def report_and_wait(io: Io, payload: Mapping[str, Any]) -> Produced:
    io.report({"done": 1})
    while not os.path.exists(payload["until"]):
        time.sleep(0.01)
    return Produced()


def skip(io: Io, payload: Mapping[str, Any]) -> Produced:
    return Produced(Outcome.SKIPPED, note="nothing to do")


def wait_for_more(io: Io, payload: Mapping[str, Any]) -> Produced:
    return Produced(Outcome.WAITING, resume_at=12345.5)


def raise_error(io: Io, payload: Mapping[str, Any]) -> Produced:
    raise ValueError(f"bad value {payload['text']}")


def raise_final(io: Io, payload: Mapping[str, Any]) -> Produced:
    raise AttemptFailed("told to stop", is_final=True) from KeyError("cause")


def large(io: Io, payload: Mapping[str, Any]) -> Produced:
    return Produced(result=json.dumps("x" * payload["size"]))


def write_to_nobody(io: Io, payload: Mapping[str, Any]) -> Produced:
    ours, theirs = socket.socketpair()
    theirs.close()
    try:
        ours.sendall(b"anybody there?")
    except BrokenPipeError:
        found = subprocess.run(["sh", "-c", "kill -PIPE $$"], check=False).returncode
        return Produced(result=json.dumps(found))
    raise AssertionError("it was taken")


def segfault(io: Io, payload: Mapping[str, Any]) -> Produced:
    ctypes.string_at(0)
    raise AssertionError


def leave(io: Io, payload: Mapping[str, Any]) -> Produced:
    os._exit(payload["code"])


def sys_exit(io: Io, payload: Mapping[str, Any]) -> Produced:
    sys.exit(payload["code"])


def hog(io: Io, payload: Mapping[str, Any]) -> Produced:
    kept = []
    while True:
        kept.append(b"x" * (4 << 20))


def no_memory(io: Io, payload: Mapping[str, Any]) -> Produced:
    raise MemoryError


def open_files(io: Io, payload: Mapping[str, Any]) -> Produced:
    listed = [
        os.readlink(f"/proc/self/fd/{fd}")
        for fd in os.listdir("/proc/self/fd")
        if os.path.exists(f"/proc/self/fd/{fd}")
    ]
    return Produced(result=json.dumps(listed))


def spawn_and_hang(io: Io, payload: Mapping[str, Any]) -> Produced:
    subprocess.Popen(["sleep", payload["mark"]], start_new_session=True)
    threading.Event().wait()
    raise AssertionError


def environment(io: Io, payload: Mapping[str, Any]) -> Produced:
    io.log("info", f"the key is {os.environ['KEY']}")
    return Produced(result=json.dumps(os.environ["PLAIN"]))


def clean_up(io: Io, payload: Mapping[str, Any]) -> Produced:
    try:
        io.report({"is_up": True})
        threading.Event().wait()
    finally:
        io.log("info", "cleaned up")
    raise AssertionError


def parent(io: Io, payload: Mapping[str, Any]) -> Produced:
    """The fork server: the parent of the supervisor."""
    supervisor = stat_of(os.getppid())
    assert supervisor is not None
    return Produced(result=str(supervisor.parent))
