"""What /proc tells of processes: who is alive, since when, whose child it is, with how much memory. Linux only."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class Stat(NamedTuple):
    """The fields of /proc/PID/stat that are needed here."""

    pid: int
    state: str
    parent: int
    session: int
    start_time: int  # clock ticks since boot; with the pid and the boot id it names a process for good


@cache
def boot_id() -> str:
    """Changes with every boot of the machine."""
    with open("/proc/sys/kernel/random/boot_id") as file:
        return file.read().strip()


def stat_of(pid: int) -> Stat | None:
    """None if there is no such process. A zombie has a stat, too."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            text = file.read()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name in parentheses may itself hold spaces and parentheses.
    fields = text[text.rindex(")") + 2 :].split()
    return Stat(pid, fields[0], int(fields[1]), int(fields[3]), int(fields[19]))


def is_alive(pid: int, start_time: int) -> bool:
    """Is it still that process, and not a zombie or another one with the same number?"""
    found = stat_of(pid)
    return found is not None and found.start_time == start_time and found.state not in "ZX"


def open_pidfd(pid: int, start_time: int) -> int | None:
    """A pidfd of exactly that process. First opened, then compared: a recycled number can't slip in between."""
    try:
        fd = os.pidfd_open(pid)
    except (ProcessLookupError, OSError):
        return None
    if is_alive(pid, start_time):
        return fd
    os.close(fd)
    return None


def all_stats() -> Iterator[Stat]:
    """Every process of this machine that we can see."""
    for name in os.listdir("/proc"):
        if name.isdigit() and (found := stat_of(int(name))) is not None:
            yield found


def descendants(root: int) -> list[int]:
    """Living children, grandchildren and so on of `root`."""
    children: dict[int, list[int]] = {}
    for found in all_stats():
        if found.state not in "ZX":
            children.setdefault(found.parent, []).append(found.pid)
    found_pids: list[int] = []
    todo = list(children.get(root, ()))
    while todo:
        pid = todo.pop()
        found_pids.append(pid)
        todo.extend(children.get(pid, ()))
    return found_pids


def marked(marker: str) -> list[int]:
    """Living processes that were started with this text (NAME=value) in their environment."""
    wanted = marker.encode()
    return [found.pid for found in all_stats() if found.state not in "ZX" and wanted in environment(found.pid)]


def environment(pid: int) -> list[bytes]:
    """What it was started with; empty if it is gone or not ours to read."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return file.read().split(b"\0")
    except OSError:
        return []


def session_members(session: int, leader_start_time: int) -> list[int]:
    """Living processes of a session. None if its leader's number now belongs to somebody else."""
    leader = stat_of(session)
    if leader is not None and leader.start_time != leader_start_time:
        return []
    return [found.pid for found in all_stats() if found.session == session and found.state not in "ZX"]


def rss_bytes(pids: Iterable[int]) -> int:
    """Resident memory; pages that several share count for each."""
    return sum(_resident_pages(pid) for pid in pids) * _PAGE_BYTES


def _resident_pages(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/statm") as file:
            return int(file.read().split()[1])
    except (OSError, IndexError):
        return 0


def pss_bytes(pids: Iterable[int]) -> int:
    """Resident memory with shared pages divided among their owners: honest, but slower to get."""
    return sum(_proportional_bytes(pid) for pid in pids)


def _proportional_bytes(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/smaps_rollup") as file:
            for line in file:
                if line.startswith("Pss:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        return _resident_pages(pid) * _PAGE_BYTES
    return 0


def oom_kills() -> int:
    """How often the kernel has killed for want of memory since boot."""
    try:
        with open("/proc/vmstat") as file:
            return next((int(line.split()[1]) for line in file if line.startswith("oom_kill ")), 0)
    except OSError:
        return 0
