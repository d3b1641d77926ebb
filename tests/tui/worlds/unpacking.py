"""A recorded world out of its archive and into a folder: unpacked once a process, then copied."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import tarfile
import tempfile
from bisect import bisect_right
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

from flowlite.store.store import Store

RECORDED = Path(__file__).parent / "recorded"
ARCHIVES = {"calm": "calm", "busy": "calm", "gone": "calm", "failing": "failing", "big": "big", "empty": "empty"}
STAMP_CHARS = 24


class Archive(NamedTuple):
    """A world as it was recorded: its folder, its instant, and which of its logs were still being written then."""

    folder: Path
    now: float
    finished: tuple[Path, ...]
    growing: tuple[Path, ...]


@cache
def unpacked() -> Path:
    """Where archives of this process lie; gone with it."""
    folder = tempfile.mkdtemp(prefix="flowlite-worlds-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


@cache
def archive_of(world: str) -> Archive:
    """Unpacked, its state files in today's schema."""
    folder = unpacked() / ARCHIVES[world]
    if not folder.exists():
        with tarfile.open(RECORDED / f"{ARCHIVES[world]}.tar.xz") as tar:
            tar.extractall(folder, filter="data")
    for file in (folder / world).glob("*.db"):
        Store.open(file).close()
    now = float(json.loads((folder / world / "world.json").read_text())["now"])
    logs = sorted((folder / world).glob("logs/*/*/*.log"))
    growing = [log for log in logs if instants(log.read_bytes())[-1] > now]
    return Archive(folder / world, now, tuple(log for log in logs if log not in growing), tuple(growing))


def fill(world: str, root: Path) -> Archive:
    """Lay it out as a project folder."""
    archive, state = archive_of(world), root / "state"
    state.mkdir(parents=True, mode=0o700)
    shutil.copy(archive.folder / "flowlite.db", state)
    if (archive.folder / "later.db").exists():
        shutil.copy(archive.folder / "later.db", root)
    if world == "gone":  # what a daemon leaves behind that was killed
        (state / "lock").write_text("4711\ndaemon\n")
    for log in archive.finished:
        place = state / log.relative_to(archive.folder)
        place.parent.mkdir(parents=True, exist_ok=True)
        os.link(log, place)
    grow_logs(archive, state, archive.now)
    return archive


def grow_logs(archive: Archive, state: Path, until: float) -> None:
    """Write what was written by then."""
    for log in archive.growing:
        text = log.read_bytes()
        lines = text.splitlines(keepends=True)
        told = lines[: bisect_right(instants(text), until)]
        if told:
            place = state / log.relative_to(archive.folder)
            place.parent.mkdir(parents=True, exist_ok=True)
            with place.open("ab") as file:
                file.write(b"".join(told)[file.tell() :])


def instants(text: bytes) -> list[float]:
    """When each line was written."""
    found: list[float] = []
    for line in text.splitlines():
        try:
            at = datetime.fromisoformat(line[:STAMP_CHARS].decode()).astimezone(UTC).timestamp()
        except ValueError:
            at = found[-1] if found else 0.0
        found.append(at)
    return found or [0.0]
