"""The files by which a supervisor and a daemon that may never meet agree about one attempt.

    claim        linked by whoever gets the attempt: a supervisor that starts it, or a daemon that says it never will.
                 A JSON line each: who; what was asked for, without secrets. Last the command's process
    reports.jsonl, produced.json, result.json    from a Python process
    exit.json    how it ended; written last, once, durably

`link` fails if the name exists, so exactly one side wins the claim, however late the other one wakes up. The claim is
not synced: after a power cut the boot id differs, and that decides. Standard library only.
"""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any, NamedTuple

from flowlite.execution import proc
from flowlite.execution.private_files import make_folder, open_private, write_all, write_private

PROTOCOL = 1
CLAIM = "claim"
EXIT = "exit.json"
REPORTS = "reports.jsonl"
PRODUCED = "produced.json"
RESULT = "result.json"
INLINE_RESULT_BYTES = 1 << 20


class Claim(NamedTuple):
    """Who has the attempt. pid 0 is a tombstone: nobody, for ever."""

    pid: int
    start_time: int
    boot_id: str
    token: str
    child: int = 0  # the command's process, leader of a session
    child_start_time: int = 0
    protocol: int = PROTOCOL

    @property
    def is_tombstone(self) -> bool:
        """Was it written by a daemon that found the attempt not started?"""
        return self.pid == 0


def claim(control: Path, token: str, spec: str) -> int | None:
    """Take the attempt for this process. Returns the open claim, for `note_child`; None: somebody was first.

    `spec` is one line of JSON, kept for people who look into the folder.
    """
    pid = os.getpid()
    me = proc.stat_of(pid)
    assert me is not None
    return _link(control, f"{CLAIM}.{pid}", Claim(pid, me.start_time, proc.boot_id(), token), spec)


def note_child(claim_fd: int, child: int) -> None:
    """Write the command's process into the claim: whoever finds this supervisor dead can kill what is left."""
    found = proc.stat_of(child)
    os.write(claim_fd, f"{child} {found.start_time if found else 0}\n".encode())
    os.close(claim_fd)


def entomb(control: Path) -> bool:
    """Say that this attempt will never start. False: it has been claimed already (see read_claim by whom)."""
    make_folder(control)
    name = f"tomb.{os.getpid()}.{threading.get_ident()}"
    fd = _link(control, name, Claim(0, 0, proc.boot_id(), ""), "{}")
    if fd is not None:
        os.close(fd)
        return True
    found = read_claim(control)
    return found is not None and found.is_tombstone


def _link(control: Path, name: str, content: Claim, spec: str) -> int | None:
    draft = control / name
    fd = open_private(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
    try:
        write_all(fd, f"{json.dumps(content._asdict())}\n{spec}\n".encode())
        os.link(draft, control / CLAIM)
    except FileExistsError:
        os.close(fd)
        return None
    except BaseException:
        os.close(fd)
        raise
    finally:
        os.unlink(draft)
    return fd


def read_claim(control: Path) -> Claim | None:
    """None: nobody has claimed it yet."""
    try:
        first, _, *rest = (control / CLAIM).read_text().split("\n")
    except FileNotFoundError:
        return None
    found = Claim(**json.loads(first))
    if len(rest) > 1:  # a whole third line
        child, start_time = rest[0].split()
        found = found._replace(child=int(child), child_start_time=int(start_time))
    return found


def write_exit(control: Path, record: dict[str, Any]) -> None:
    """Durable and whole, or not there at all."""
    write_private(control / EXIT, json.dumps(record).encode(), is_durable=True)


def read_exit(control: Path) -> dict[str, Any] | None:
    """How the attempt ended; None: nothing says that it has."""
    try:
        text = (control / EXIT).read_bytes()
    except FileNotFoundError:
        return None
    record: dict[str, Any] = json.loads(text)
    return record
