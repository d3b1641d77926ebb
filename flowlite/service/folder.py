"""The DAG folder, live: a saved file is scheduled as it now is, a broken one as it last was.

The file is tried in a child process and loaded in a thread: whatever it does, schedules and the API go on meanwhile.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import suppress
from pathlib import Path

from flowlite.engine.scheduling import Scheduler
from flowlite.loading.catalog import Catalog
from flowlite.loading.finding import dag_files, is_dag_file
from flowlite.loading.reloading import reloaded
from flowlite.service.places import Place
from flowlite.store.store import Store

QUIET_MS, LONGEST_MS = 50, 200  # an editor's several writes are one change; so often the watcher looks, also when idle
ASK_AGAIN_S = 0.5
LOOK_AGAIN_S = 1.0  # for a folder that is not there yet
FOLDERS_EVERY_MS = 5_000  # whether they are still the same ones
POLL_MS = 300
MOST_NAMED = 5

Tell = Callable[[str, str], None]  # state and text


class DagFolder:
    """Keeps `catalog`, the engine and the scheduler as the DAG folders are. `start` after the scheduler."""

    def __init__(
        self, place: Place, catalog: Catalog, scheduler: Scheduler, store: Store, tell: Tell, *, loaded_at: float
    ) -> None:
        self._place, self._catalog, self._scheduler, self._store, self._tell = place, catalog, scheduler, store, tell
        self._loaded_at = loaded_at  # what was saved since then is not in the catalog yet
        self._one_at_a_time = asyncio.Lock()
        self._moved = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Watch."""
        self._task = asyncio.get_running_loop().create_task(self._live(), name="flowlite folder watch")

    async def stop(self) -> None:
        """Watch no more. Asked again and again: what watches may take one cancellation for its own."""
        while self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task], timeout=ASK_AGAIN_S)

    async def _live(self) -> None:
        async for changed in self._changes():
            try:
                if self._is_concerned(changed):
                    await self.reload(changed)
            except Exception as error:
                self._tell("failed", f"the DAG folder can't be loaded: {type(error).__name__}: {error}")

    def _is_concerned(self, changed: set[Path]) -> bool:
        return bool(changed) or dag_files(self._place.dag_folders) != list(self._catalog.files)

    def move(self, place: Place) -> None:
        """Other folders, other defaults; `reload` takes them."""
        self._place = place
        self._moved.set()

    async def reload(self, changed: Iterable[Path] | None = None) -> None:
        """Load what has changed; by default everything."""
        async with self._one_at_a_time:
            files = self._catalog.files if changed is None else changed
            place = self._place
            found = await asyncio.to_thread(reloaded, self._catalog, files, place.dag_folders, place.defaults)
            await self._take(found)

    async def _take(self, found: Catalog) -> None:
        was, catalog = dict(self._catalog.dags), self._catalog
        before = set(catalog.problems)
        new = [dag for id_, dag in found.dags.items() if was.get(id_) is not dag]
        gone = sorted(was.keys() - found.dags.keys())
        changed = [dag.id for dag in new if dag.id not in was or was[dag.id].fingerprint() != dag.fingerprint()]
        catalog.become(found)
        await self._scheduler.dags_changed(new, gone)
        await keep_problems(self._store, catalog)
        await self._store.tell_loaded([dag.id for dag in new], gone, at=time.time())
        for problem in sorted(set(catalog.problems) - before):
            self._tell("failed", str(problem))
        if before and not catalog.problems:
            self._tell("success", "all DAG files are well again")
        again = [dag.id for dag in new if dag.id in was]
        if again:
            self._tell("", loaded(again, [id_ for id_ in changed if id_ in was]))
        if fresh := [dag.id for dag in new if dag.id not in was]:
            self._tell("", f"{named(fresh)} {is_or_are(fresh)} new in the DAG folder")
        for id_ in gone:
            self._tell("", f"{id_} is gone from the DAG folder and no longer scheduled")

    async def _changes(self) -> AsyncIterator[set[Path]]:
        """Python files that were written, made or removed, gathered until the writing pauses."""
        is_polling = False
        while True:
            try:
                async for found in self._watched(is_polling=is_polling):
                    yield found
            except OSError as error:  # too many watches on this machine, or a file system that has none
                if not is_polling:
                    self._tell("", f"DAG folders are looked at every {POLL_MS} ms: they can't be watched ({error})")
                is_polling = True
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_AGAIN_S):
                    await self._moved.wait()

    async def _watched(self, *, is_polling: bool) -> AsyncIterator[set[Path]]:
        """Until a DAG folder appears, is moved away, or is another one than before."""
        from watchfiles import awatch

        self._moved.clear()
        roots = there(self._place.dag_folders)
        if not roots:
            return
        watch = awatch(
            *roots, watch_filter=is_of_interest, debounce=LONGEST_MS, step=QUIET_MS, force_polling=is_polling,
            poll_delay_ms=POLL_MS, ignore_permission_denied=True, rust_timeout=FOLDERS_EVERY_MS, yield_on_timeout=True,
            stop_event=self._moved,
        )  # fmt: skip
        first = asyncio.ensure_future(anext(watch))
        try:
            await asyncio.sleep(0)  # from now on it watches
            yield {file for file in dag_files(roots) if file.stat().st_mtime >= self._loaded_at}
            with suppress(StopAsyncIteration):
                yield paths_of(await first)
            async for found in watch:
                if there(self._place.dag_folders) != roots:
                    break
                yield paths_of(found)
        finally:
            first.cancel()
            await watch.aclose()


def there(folders: Iterable[Path]) -> dict[Path, int]:
    """Those that exist, each with what tells it from another of its name."""
    found = {}
    for folder in folders:
        with suppress(FileNotFoundError):
            found[folder] = folder.stat().st_ino
    return found


def paths_of(found: Iterable[tuple[object, str]]) -> set[Path]:
    """What the watcher saw, without the kind of change."""
    return {Path(path).absolute() for _, path in found}


def is_of_interest(change: object, path: str) -> bool:
    """For the watcher: Python files, but no caches."""
    file = Path(path)
    return is_dag_file(file.name) and "__pycache__" not in file.parts


def loaded(ids: list[str], changed: list[str]) -> str:
    """`sales is loaded anew, with another declaration`."""
    said = f"{named(ids)} {is_or_are(ids)} loaded anew"
    if not changed:
        return f"{said}; declared as before"
    return f"{said}; declared differently: {named(changed)}" if changed != ids else said


def named(ids: list[str]) -> str:
    """The first of them, and how many more."""
    more = f" and {len(ids) - MOST_NAMED} more" if len(ids) > MOST_NAMED else ""
    return ", ".join(ids[:MOST_NAMED]) + more


def is_or_are(ids: list[str]) -> str:
    """The verb."""
    return "is" if len(ids) == 1 else "are"


async def keep_problems(store: Store, catalog: Catalog) -> None:
    """For whoever looks at the state only."""
    rows = [(problem.file, problem.line, problem.message, problem.fix) for problem in catalog.problems]
    await store.set_problems(rows, at=time.time())
