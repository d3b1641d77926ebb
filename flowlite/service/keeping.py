"""Keeping: how long runs, logs and events stay. Carried out in small steps with pauses, so that nobody has to wait.

Logs go first: that needs no room in the state file, where there may be none. Whoever is killed in between leaves work
that the next one goes on with: runs that leave are noted in the state until the last of their files is gone.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TypeVar

from flowlite.config.sections import Retention
from flowlite.store.leaving import Departures
from flowlite.store.prune import RUNS_AT_A_TIME
from flowlite.store.store import Store

DAY_S = 86400.0
MIB, GIB = 1 << 20, 1 << 30
REST = 4.0  # so many times as long as a step took is left to others
LEAST_REST_S = 0.005
FILES_AT_A_TIME = 200
BLOCK_BYTES = 512
FOR_EVER = float("-inf")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """How long: days since the end of a run, or of an event; None: for ever. `size_bytes` of the whole state folder."""

    runs_days: float | None
    logs_days: float | None
    events_days: float | None
    keep_runs: int
    size_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """What has left: runs with all of theirs, the logs of how many other runs, and how much room their files took.
    `size_bytes` of the state folder afterwards, if it was measured; `is_too_large`: all that may go is gone, and it is
    still too large."""

    runs: int = 0
    logs: int = 0
    file_bytes: int = 0
    size_bytes: int | None = None
    is_too_large: bool = False


def as_told(section: Retention) -> Keep:
    """`[retention]` of flowlite.toml, where 0 keeps for ever."""
    return Keep(
        runs_days=section.runs_days or None, logs_days=section.logs_days or None,
        events_days=section.events_days or None, keep_runs=section.keep_runs,
        size_bytes=int(section.size_gib * GIB) or None,
    )  # fmt: skip


def removed_told(removed: Removed) -> str:
    """`retention: 120 runs, the logs of 300 more, 1.2 GiB`; "": nothing worth a line."""
    runs, logs = f"{removed.runs:,} runs", f"the logs of {removed.logs:,} runs"
    parts = [runs] * bool(removed.runs) + [logs] * bool(removed.logs)
    told = f"retention: {', '.join(parts)} removed, {removed.file_bytes / MIB:,.1f} MiB" if parts else ""
    if removed.is_too_large and removed.size_bytes is not None:
        large = f"the state takes {removed.size_bytes / GIB:.1f} GiB, more than size_gib, and nothing more may go"
        told = f"{told}; {large}" if told else f"retention: {large}"
    return told


@dataclass(slots=True)
class Keeper:
    """`once` does all that is due. One at a time."""

    store: Store
    state: Path
    now: Callable[[], float]
    look: Callable[[Removed], None] = lambda removed: None
    removed: Removed = field(default_factory=Removed)

    async def once(self, keep: Keep) -> Removed:
        """Raises StoreError if the state can't be written; what has left until then is gone."""
        self.removed = Removed()
        await self._logs(keep)
        await self._runs(self._since(keep.runs_days), keep.keep_runs)
        await self._rest_of(keep)
        if keep.size_bytes is not None:
            await self._size(keep.size_bytes, keep.keep_runs)
        return self.removed

    @property
    def _departures(self) -> Departures:
        return self.store.departures

    def _since(self, days: float | None) -> float:
        return FOR_EVER if days is None else self.now() - days * DAY_S

    def _count(self, *, runs: int = 0, logs: int = 0, file_bytes: int = 0) -> None:
        was = self.removed
        self.removed = replace(
            was, runs=was.runs + runs, logs=was.logs + logs, file_bytes=was.file_bytes + file_bytes
        )  # fmt: skip
        self.look(self.removed)

    # --- logs ---------------------------------------------------------------------------------------------------------
    async def _logs(self, keep: Keep) -> None:
        """Logs and folders of attempts; and whatever belongs to no run at all and is as old."""
        before = self._since(keep.logs_days)
        homes = [] if before == FOR_EVER else await asyncio.to_thread(homes_of, self.state)
        for home in homes:
            there = await asyncio.to_thread(numbered, home)
            old = await self._departures.old_runs(before, keep.keep_runs, list(there))
            await self._remove_logs(before, keep.keep_runs, {run: [there[run]] for run in old})
            known = await self._departures.dags_of(list(there))
            strays = [folder for run, folder in there.items() if run not in known]
            await self._remove(await asyncio.to_thread(older, strays, before))

    async def _remove_logs(self, before: float, keep_runs: int, folders: Mapping[int, Sequence[Path]]) -> None:
        """What is in these folders of finished runs. A run may be cleared at any time, and its next attempt begin to
        write: so it is looked first what there is, and then whether the run is still finished."""
        left = iter(folders)
        while some := list(islice(left, RUNS_AT_A_TIME)):
            inside = {run: await asyncio.to_thread(insides, folders[run]) for run in some}
            old = await self._departures.old_runs(before, keep_runs, some)
            await self._remove(one for run in old for one in inside[run])
            await asyncio.to_thread(remove_empty, [folder for run in old for folder in folders[run]])
            self._count(logs=sum(bool(inside[run]) for run in old))

    async def _remove(self, paths: Iterable[Path]) -> None:
        left = iter(paths)
        while some := list(islice(left, FILES_AT_A_TIME)):
            self._count(file_bytes=await self._resting(partial(asyncio.to_thread, removed_bytes, some)))

    # --- runs ---------------------------------------------------------------------------------------------------------
    async def _runs(self, before: float, keep_runs: int) -> None:
        """What is on its way from before, and what is old."""
        await self._let_go()
        old = iter([] if before == FOR_EVER else await self._departures.old_runs(before, keep_runs))
        while some := list(islice(old, RUNS_AT_A_TIME)):
            await self._take_out(some)

    async def _take_out(self, runs: list[int]) -> None:
        number = await self._resting(lambda: self._departures.take_out(runs))
        await self._let_go()
        self._count(runs=number)

    async def _let_go(self) -> None:
        """Of runs that are leaving: rows, then files, then the note."""
        while await self._resting(self._departures.remove_rows):
            pass
        leaving = {one.run_id: one.dag_id for one in await self._departures.leaving()}
        if leaving:
            await self._remove(path for run, dag_id in leaving.items() for path in files_of(run, dag_id, self.state))
            await self._departures.gone(list(leaving))

    async def _rest_of(self, keep: Keep) -> None:
        """Events, intervals, and what was told; then room is given back."""
        events, runs = self._since(keep.events_days), self._since(keep.runs_days)
        while events != FOR_EVER and await self._resting(lambda: self._departures.remove_events(events)):
            pass
        while runs != FOR_EVER and await self._resting(lambda: self._departures.remove_intervals(runs)):
            pass
        if runs != FOR_EVER:
            await self._resting(lambda: self._departures.remove_the_told(runs))
        while await self._resting(self._departures.give_back):
            pass

    # --- size ---------------------------------------------------------------------------------------------------------
    async def _size(self, most: int, keep_runs: int) -> None:
        """The oldest logs go until it fits, then the oldest runs; never those of the newest runs of a DAG."""
        size = await self._measured()
        if size > most:
            size = await self._shed_logs(size, most, keep_runs)
        if size > most:
            size = await self._shed_runs(size, most, keep_runs)
        self.removed = replace(self.removed, size_bytes=size, is_too_large=size > most)

    async def _measured(self) -> int:
        return await asyncio.to_thread(lambda: size_of(self.state))

    async def _shed_logs(self, size: int, most: int, keep_runs: int) -> int:
        oldest = iter(await self._departures.old_runs(self.now(), keep_runs))
        while size > most and (some := list(islice(oldest, RUNS_AT_A_TIME))):
            was, dags = self.removed.file_bytes, await self._departures.dags_of(some)
            folders = {run: files_of(run, dag_id, self.state)[:2] for run, dag_id in dags.items()}
            await self._remove_logs(self.now(), keep_runs, folders)
            size -= self.removed.file_bytes - was
        return size

    async def _shed_runs(self, size: int, most: int, keep_runs: int) -> int:
        oldest = iter(await self._departures.old_runs(self.now(), keep_runs))
        while size > most and (some := list(islice(oldest, RUNS_AT_A_TIME))):
            await self._take_out(some)
            while await self._resting(self._departures.give_back):
                pass
            size = await self._measured()
        return size

    async def _resting(self, step: Callable[[], Awaitable[T]]) -> T:
        began = time.monotonic()
        answer = await step()
        await asyncio.sleep(max(LEAST_REST_S, REST * (time.monotonic() - began)))
        return answer


# --- files ------------------------------------------------------------------------------------------------------------
def homes_of(state: Path) -> list[Path]:
    """Where runs have folders for logs and for attempts."""
    return [*folders_in(state / "logs"), state / "attempts"]


def numbered(home: Path) -> dict[int, Path]:
    """What is in it that has the number of a run for a name."""
    return {int(one.name): one for one in folders_in(home) if one.name.isascii() and one.name.isdigit()}


def folders_in(folder: Path) -> list[Path]:
    """No links: nothing outside the state folder is ever touched."""
    try:
        with os.scandir(folder) as entries:
            return [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]
    except FileNotFoundError:
        return []


def insides(folders: Iterable[Path]) -> list[Path]:
    """What is in them."""
    return [one for folder in folders if folder.is_dir() for one in folder.iterdir()]


def older(folders: Iterable[Path], before: float) -> list[Path]:
    """Those that were last changed before then."""
    return [folder for folder in folders if folder.stat().st_mtime < before]


def remove_empty(folders: Iterable[Path]) -> None:
    """Those that nobody has put anything into meanwhile."""
    for folder in folders:
        with suppress(OSError):
            folder.rmdir()


def files_of(run: int, dag_id: str, state: Path) -> tuple[Path, ...]:
    """All folders of a run."""
    name = str(run)
    return state / "logs" / dag_id / name, state / "attempts" / name, state / "results" / name


def removed_bytes(paths: Iterable[Path]) -> int:
    """Delete them, with all that is inside; how much room that gives."""
    size = 0
    for path in paths:
        if path.is_symlink() or not path.is_dir():
            size += size_of_file(path)
            path.unlink(missing_ok=True)
        else:
            size += size_of(path)
            shutil.rmtree(path, ignore_errors=True)
    return size


def size_of_file(path: Path) -> int:
    """What it takes on the disk."""
    try:
        return path.lstat().st_blocks * BLOCK_BYTES
    except FileNotFoundError:
        return 0


def size_of(folder: Path) -> int:
    """What all files below take on the disk."""
    size, left = 0, [str(folder)]
    while left:
        try:
            with os.scandir(left.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        left.append(entry.path)
                    else:
                        size += entry.stat(follow_symlinks=False).st_blocks * BLOCK_BYTES
        except FileNotFoundError:
            continue
    return size
