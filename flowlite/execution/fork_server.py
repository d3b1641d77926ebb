"""The warm fork server: a small Python process that forks a supervisor for each order it reads from its socket.

It has one thread, runs no author's code but what it was told to warm up, and ends when the daemon closes the socket.
What it forked goes on without it. Frames: 4 bytes of length, then JSON. Answers: one packet an order, with a pidfd.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import socket
import struct
import threading
import time
import traceback
from functools import partial
from typing import Any

from flowlite.execution import proc
from flowlite.execution.masking import Masker
from flowlite.execution.supervisor import supervise

READY = 0
ANSWER = struct.Struct("<QI")  # number of the order (READY: the server is warm), pid of its supervisor
OOM_SCORE = "200"  # the kernel should take a task before it takes the daemon


def main(orders_fd: int, answers_fd: int, hello: dict[str, Any]) -> None:
    """Serve until the daemon closes its end."""
    orders = socket.socket(fileno=orders_fd)
    answers = socket.socket(fileno=answers_fd)
    # Nobody waits for supervisors here: the kernel may forget them, the daemon watches them by pidfd.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    give_way()
    masker = Masker(hello["secrets"])
    trouble = warm(hello)
    answers.send(ANSWER.pack(READY, os.getpid()))
    gc.collect()
    gc.freeze()
    gc.disable()  # a collection in each fork would touch, and so copy, every page
    oom_kills = OomKills()
    while (frame := read_frame(orders)) is not None:
        said = json.loads(frame)
        if isinstance(said, dict):
            masker.learn(said["secrets"])
            continue
        number, spec, env = said
        kills = oom_kills.now()
        pid = os.fork()
        if pid == 0:
            orders.close()
            answers.close()
            spec["trouble"] = "\n".join(filter(None, (spec.get("trouble"), trouble)))
            spec["oom_kills"] = kills
            supervise(spec, env, masker, target_of(spec, masker))
        answer(answers, number, pid)


class OomKills:
    """The kernel's count of kills for memory; asked once a second, for the asking costs as much as a spawn."""

    def __init__(self) -> None:
        self._count = 0
        self._asked_at = -1.0

    def now(self) -> int:
        """At most a second old."""
        if time.monotonic() > self._asked_at + 1.0:
            self._count, self._asked_at = proc.oom_kills(), time.monotonic()
        return self._count


def target_of(spec: dict[str, Any], masker: Masker) -> Any:
    """What the child process of this attempt does; a shell command needs none of that code."""
    if spec["kind"] == "shell":
        return None
    from flowlite.execution.python_child import carry_out

    return partial(carry_out, masker=masker)


def warm(hello: dict[str, Any]) -> str:
    """Import and run what every child would do again. What goes wrong is told in the log of each; it starts cold."""
    problems = []
    for module in hello["preload"]:
        try:
            importlib.import_module(module)
        except BaseException:
            problems.append(f"preloading {module} failed:\n{traceback.format_exc()}")
    if hello["warm_up"]:
        target, argument = hello["warm_up"]
        try:
            module, _, name = target.partition(":")
            getattr(importlib.import_module(module), name)(argument)
        except BaseException:
            problems.append(f"warming up with {target} failed:\n{traceback.format_exc()}")
    if threading.active_count() > 1:
        names = ", ".join(thread.name for thread in threading.enumerate()[1:])
        problems.append(f"the warm-up left threads running ({names}); their locks may be held for ever in a fork")
    return "\n".join(problems)


def read_frame(orders: socket.socket) -> bytes | None:
    """The next order; None: the daemon has gone."""
    head = read_exactly(orders, 4)
    if head is None:
        return None
    return read_exactly(orders, int.from_bytes(head, "big"))


def read_exactly(orders: socket.socket, count: int) -> bytes | None:
    """None: the socket ended before."""
    parts = []
    while count:
        try:
            part = orders.recv(min(count, 1 << 20))
        except ConnectionError:
            return None
        if not part:
            return None
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def answer(answers: socket.socket, number: int, pid: int) -> None:
    """Tell which process has the order, with a pidfd that no recycled number can fool."""
    packet = ANSWER.pack(number, pid)
    try:
        pidfd = os.pidfd_open(pid)
    except OSError:  # it is over already, and what it left tells the rest
        pidfd = None
    try:
        if pidfd is None:
            answers.send(packet)
        else:
            socket.send_fds(answers, [packet], [pidfd])
    except OSError:
        return  # the daemon has gone; its orders are carried out all the same
    finally:
        if pidfd is not None:
            os.close(pidfd)


def give_way() -> None:
    """Everything forked from here is a better victim than the daemon when memory runs out."""
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write(OOM_SCORE)
    except OSError:
        return
