"""What a supervisor is told of an order, and where the two sides meet."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path
from typing import Any

from flowlite.execution import attempt_folder as files
from flowlite.execution import proc
from flowlite.execution.remnants import MARKER, kill_remnants
from flowlite.execution.servers import Kind
from flowlite.execution.work import Order, ProcessWork, ShellWork


def control_folder(order: Order) -> Path:
    """Where the files of the protocol live. Pokes share the attempt's folder: each but the first has one of its own."""
    return order.folder / f"poke.{order.key.poke}" if order.key.poke else order.folder


def clear_leftovers(order: Order) -> None:
    """Files of the poke before, and of an older state whose database was thrown away: its run 1 is not ours."""
    control = control_folder(order)
    if order.key.poke > 1:
        shutil.rmtree(control.with_name(f"poke.{order.key.poke - 1}"), ignore_errors=True)
    if (found := files.read_claim(control)) is None:
        return
    if not found.is_tombstone and found.boot_id == proc.boot_id():
        pidfd = proc.open_pidfd(found.pid, found.start_time)
        if pidfd is not None:
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)
            os.close(pidfd)
        kill_remnants(found)
    for name in (files.EXIT, files.PRODUCED, files.RESULT, files.REPORTS, files.CLAIM):
        (control / name).unlink(missing_ok=True)


def kind_of(order: Order) -> Kind:
    """Which fork server serves it."""
    if isinstance(order.work, ProcessWork):
        return ("flowlite.execution.python_child", *order.work.preload), order.work.warm_up
    return (), None


def spec_of(order: Order, token: str) -> dict[str, Any]:
    """What the supervisor must know. No secrets: it is written to disk."""
    work = order.work
    spec: dict[str, Any] = {
        "token": token,
        "name": order.name,
        "key": list(order.key),
        "folder": os.path.abspath(order.folder),
        "control": os.path.abspath(control_folder(order)),
        "log": os.path.abspath(order.log),
        "log_cap_bytes": order.log_cap_bytes,
        "timeout_s": order.timeout_s,
        "grace_s": order.grace_s,
        "memory_bytes": order.memory_bytes,
    }
    if isinstance(work, ProcessWork):
        return spec | {"kind": "process", "target": work.target, "payload": work.payload, "cwd": os.getcwd()}
    assert isinstance(work, ShellWork)
    command = work.command if isinstance(work.command, str) else list(work.command)
    return spec | {"kind": "shell", "command": command, "cwd": work.cwd or os.getcwd()}


def environment_of(order: Order, token: str) -> dict[str, str]:
    """Beside the daemon's own. FLOWLITE_ATTEMPT is how a process is found again whose supervisor died."""
    return {
        **order.env,
        MARKER: token,
        "FLOWLITE_NAME": order.name,
        "FLOWLITE_RUN": str(order.key.run),
        "FLOWLITE_MAP_INDEX": str(order.key.index),
        "FLOWLITE_ATTEMPT_NUMBER": str(order.key.attempt),
        "FLOWLITE_ATTEMPT_DIR": os.path.abspath(order.folder),
    }
