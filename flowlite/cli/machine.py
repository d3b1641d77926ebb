"""What flowlite needs of a machine, looked at one by one. Every finding that is not in order comes with its fix."""

from __future__ import annotations

import os
import platform
import resource
import shutil
import stat
import sys
import time
from collections.abc import Iterator
from ctypes.util import find_library
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from flowlite.cli.words import count, length, size

LEAST_PYTHON = (3, 11)
LEAST_FREE_BYTES = 1 << 30
LEAST_OPEN_FILES = 1024

# SQLite's write-ahead log needs memory shared between processes and locks that work; these have neither for sure.
REMOTE_FILESYSTEMS = ("nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "fuse.s3fs", "ceph", "glusterfs", "vboxsf")

EXTRAS = {
    "dbt": ("dbt", "duckdb"),
    "s3": ("boto3",),
    "metrics": ("prometheus_client",),
    "ml": ("xgboost", "mlflow"),
    "report": ("weasyprint", "matplotlib"),
    "apprise": ("apprise",),
    "dask": ("distributed",),
    "spark": ("pyspark",),
    "kafka": ("confluent_kafka",),
    "kubernetes": ("yaml",),
    "postgres": ("psycopg",),
    "web": ("textual_serve",),
    "demo": ("moto", "aiosmtpd"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `verdict`: ok; note (works, but you should know); problem (will not work)."""

    what: str
    verdict: str
    says: str
    fix: str = ""


def findings(state: Path) -> Iterator[Finding]:
    """Everything, in the order in which it should be put right."""
    yield python_version()
    yield state_folder(state)
    yield filesystem(state)
    yield disk_space(state)
    yield clock(state)
    yield open_files()
    yield memory()
    yield from map(extra, EXTRAS)
    yield java()
    yield pango()


def python_version() -> Finding:
    """flowlite uses what came with 3.11 (exception groups, `datetime.UTC`)."""
    if sys.version_info < LEAST_PYTHON:
        return Finding("Python", "problem", platform.python_version(), "install Python 3.11 or later")
    return Finding("Python", "ok", platform.python_version())


def state_folder(state: Path) -> Finding:
    """Runs, logs and results are for their owner's eyes."""
    if not state.exists():
        return Finding("state folder", "ok", f"{state} (made by the first run)")
    mode = stat.S_IMODE(state.stat().st_mode)
    if not _is_writable(state):
        return Finding("state folder", "problem", f"{state} can't be written", f"sudo chown -R $USER {state}")
    if mode & 0o077:
        return Finding("state folder", "note", f"{state} is open to others ({mode:04o})", f"chmod 700 {state}")
    return Finding("state folder", "ok", f"{state} ({mode:04o})")


def filesystem(state: Path) -> Finding:
    """The state must lie on a disk of this machine, and one that survives a restart."""
    kind = filesystem_of(_existing(state), _mounts())
    if kind in REMOTE_FILESYSTEMS:
        return Finding("filesystem", "problem", f"{kind}: locks and shared memory are not safe there", _ELSEWHERE)
    if kind in ("tmpfs", "ramfs"):
        return Finding("filesystem", "note", f"{kind}: everything is gone after a restart", _ELSEWHERE)
    return Finding("filesystem", "ok", kind or "unknown")


_ELSEWHERE = "put the state on a local disk: --state DIR, or state = ... in flowlite.toml"


def filesystem_of(path: Path, mounts: str) -> str | None:
    """The type of the filesystem that holds a path, by the text of /proc/mounts; the longest mount point wins."""
    found: tuple[int, str] | None = None
    for line in mounts.splitlines():
        fields = line.split()
        if len(fields) < 3:
            continue
        point = Path(fields[1].replace("\\040", " "))
        depth = len(point.parts)
        if path.is_relative_to(point) and (found is None or depth >= found[0]):
            found = (depth, fields[2])
    return found[1] if found else None


def disk_space(state: Path) -> Finding:
    """A full disk stops everything."""
    usage = shutil.disk_usage(_existing(state))
    says = f"{size(usage.free)} free of {size(usage.total)}"
    if usage.free < LEAST_FREE_BYTES:
        return Finding("disk space", "problem", says, "free some space; `flowlite db prune` removes old runs and logs")
    return Finding("disk space", "ok", says)


def clock(state: Path, now: float | None = None) -> Finding:
    """A clock that was set back makes new runs older than old ones."""
    now = time.time() if now is None else now
    newest = max((path.stat().st_mtime for path in state.glob("flowlite.db*")), default=0.0)
    if newest > now + 60:
        gap = length(newest - now)
        return Finding(
            "clock", "problem", f"the state was written {gap} in the future", "set the clock (`chronyc makestep`)"
        )
    return Finding("clock", "ok", time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(now)))


def open_files() -> Finding:
    """Each attempt that is a process has a log, pipes and a pidfd open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < LEAST_OPEN_FILES:
        return Finding("open files", "note", f"{count(soft, 'file')} at most", f"ulimit -n {LEAST_OPEN_FILES}")
    return Finding("open files", "ok", f"{count(soft, 'file')} at most")


def memory() -> Finding:
    """What this process may use: the machine's memory or the limit of its control group."""
    limit = memory_limit()
    total = _total_memory()
    if limit is not None and limit < total:
        return Finding("memory", "ok", f"{size(limit)} (control group) of {size(total)}")
    return Finding("memory", "ok", size(total))


def memory_limit() -> int | None:
    """The limit of the control group in bytes, if there is one (both versions)."""
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            text = Path(path).read_text().strip()
        except OSError:
            continue
        # Version 1 says "no limit" with a number near 2**63.
        if text.isdigit() and int(text) < 1 << 60:
            return int(text)
    return None


def extra(name: str) -> Finding:
    """Whether the libraries of an extra are there. Looked up, not imported."""
    missing = [module for module in EXTRAS[name] if find_spec(module) is None]
    if missing:
        return Finding(f"extra {name}", "note", f"not installed ({', '.join(missing)})", f"pip install -e '.[{name}]'")
    return Finding(f"extra {name}", "ok", "installed")


def java() -> Finding:
    """Needed by Spark only."""
    if (path := shutil.which("java")) is None:
        return Finding("Java", "note", "not found; only Spark needs it", "apt-get install default-jre-headless")
    return Finding("Java", "ok", path)


def pango() -> Finding:
    """Needed by WeasyPrint, for PDF reports."""
    if find_library("pango-1.0") is None:
        fix = "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core"
        return Finding("Pango", "note", "not found; only PDF reports need it", fix)
    return Finding("Pango", "ok", "found")


def _existing(path: Path) -> Path:
    path = path.absolute()
    return next(place for place in (path, *path.parents) if place.exists())


def _is_writable(folder: Path) -> bool:
    return os.access(folder, os.W_OK | os.X_OK)


def _mounts() -> str:
    try:
        return Path("/proc/mounts").read_text()
    except OSError:
        return ""


def _total_memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
