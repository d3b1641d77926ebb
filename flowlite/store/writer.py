"""The writer: one thread that owns the only connection that writes.

It takes everything that waits, carries it out in one transaction with a savepoint for each unit of work, and answers
after COMMIT has returned: what was answered is on disk. A caller that has gone away does not stop its unit. It
checkpoints too, after the answers, so that nobody waits for that.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import Future as ThreadFuture
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, TypeVar

from flowlite.store.errors import FAULTS, StoreClosed, is_fatal, translated

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

LARGEST_BATCH = 256
CHECKPOINT_PAGES = 1_000
# A commit writes a few pages whatever it holds, and a row about an eighth of one; near enough to time checkpoints by.
PAGES_A_BATCH, CHANGES_A_PAGE = 5, 8
CLOSE_PATIENCE_MS = 250


@dataclass(slots=True, eq=False)
class Unit:
    """A piece of work and who waits for it."""

    work: Work[Any]
    writes: bool
    loop: asyncio.AbstractEventLoop | None
    future: asyncio.Future[Any] | ThreadFuture[Any]
    value: Any = None
    error: BaseException | None = None

    def settle(self) -> None:
        """Tell whoever waits, on its own thread; nobody may wait any more."""
        if self.future.done():
            return
        if self.error is None:
            self.future.set_result(self.value)
        else:
            self.future.set_exception(self.error)


class Writer:
    """Use from any thread; `close` waits for what was asked for before it."""

    def __init__(self, db: sqlite3.Connection, where: str) -> None:
        self._db, self._where = db, where
        self._queue: SimpleQueue[Unit | None] = SimpleQueue()
        self._pages, self._changes_seen = 0, db.total_changes
        self._is_closed = False
        # A daemon thread: a program that forgets to close ends as by kill -9, which loses nothing, instead of hanging.
        self._thread = Thread(target=self._live, name="flowlite store", daemon=True)
        self._thread.start()

    async def ask(self, work: Work[T], *, writes: bool) -> T:
        """The answer of `work`; if it writes, it is on disk."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._put(Unit(work, writes, loop, future))
        return await future

    def ask_now(self, work: Work[T], *, writes: bool) -> T:
        """The same for callers without a loop; blocks."""
        future: ThreadFuture[T] = ThreadFuture()
        self._put(Unit(work, writes, None, future))
        return future.result()

    def _put(self, unit: Unit) -> None:
        if self._is_closed:
            raise StoreClosed(self._where)
        self._queue.put(unit)

    def close(self) -> None:
        """May be called twice, and when the loop of some caller is gone."""
        if not self._is_closed:
            self._is_closed = True
            self._queue.put(None)
        self._thread.join()

    # --- on the thread ------------------------------------------------------------------------------------------------
    def _live(self) -> None:
        is_last = False
        while not is_last:
            batch, is_last = self._take()
            self._carry_out(batch)
            answer(batch)
            del batch
            self._checkpoint_if_due()
        self._say_goodbye()

    def _take(self) -> tuple[list[Unit], bool]:
        """Wait for one, then take all that is there."""
        batch: list[Unit] = []
        unit = self._queue.get()
        try:
            while unit is not None:
                batch.append(unit)
                if len(batch) >= LARGEST_BATCH:
                    return batch, False
                unit = self._queue.get_nowait()
        except Empty:
            return batch, False
        return batch, True

    def _carry_out(self, batch: Sequence[Unit]) -> None:
        if writing := [unit for unit in batch if unit.writes]:
            self._write(writing)
        for unit in batch:
            if not unit.writes:
                self._try(unit)

    def _write(self, units: Sequence[Unit]) -> None:
        db = self._db
        try:
            db.execute("BEGIN IMMEDIATE")
            if len(units) == 1:
                units[0].value = units[0].work(db)
            else:
                for unit in units:
                    self._try_within(unit)
            db.execute("COMMIT")
        except BaseException as error:
            self._fail_all(units, error)

    def _try_within(self, unit: Unit) -> None:
        """What goes wrong in one unit is undone alone, unless it concerns the whole file."""
        db = self._db
        db.execute("SAVEPOINT unit")
        try:
            unit.value = unit.work(db)
        except BaseException as error:
            if is_fatal(error):
                raise
            db.execute("ROLLBACK TO unit")
            unit.error = self._in_words(error)
        db.execute("RELEASE unit")

    def _try(self, unit: Unit) -> None:
        try:
            unit.value = unit.work(self._db)
        except BaseException as error:
            unit.error = self._in_words(error)

    def _fail_all(self, units: Sequence[Unit], error: BaseException) -> None:
        # A full disk makes SQLite roll back by itself; then there is no transaction any more.
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")
        for unit in units:
            unit.error = unit.error or self._in_words(error)

    def _in_words(self, error: BaseException) -> BaseException:
        return translated(error, self._where) if isinstance(error, FAULTS) else error

    def _checkpoint_if_due(self) -> None:
        changed, self._changes_seen = self._db.total_changes - self._changes_seen, self._db.total_changes
        if not changed:
            return
        self._pages += PAGES_A_BATCH + changed // CHANGES_A_PAGE
        if self._pages >= CHECKPOINT_PAGES:
            self._pages = 0
            self._checkpoint("PASSIVE")

    def _checkpoint(self, mode: str) -> None:
        """That it fails is no fault of anybody's work: the log stays longer; the next commit tells what is wrong."""
        try:
            self._db.execute(f"PRAGMA wal_checkpoint({mode})").fetchall()
        except sqlite3.Error:
            pass

    def _say_goodbye(self) -> None:
        try:
            self._db.execute(f"PRAGMA busy_timeout = {CLOSE_PATIENCE_MS}").fetchall()
        except sqlite3.Error:
            pass
        self._checkpoint("TRUNCATE")
        self._db.close()


def answer(batch: Sequence[Unit]) -> None:
    """One wake-up for each loop that waits, however many units are its own."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Unit]] = {}
    for unit in batch:
        if unit.loop is None:
            unit.settle()
        else:
            by_loop.setdefault(unit.loop, []).append(unit)
    for loop, units in by_loop.items():
        try:
            loop.call_soon_threadsafe(settle_all, units)
        except RuntimeError:
            # The loop is closed: nobody waits, and the work is done all the same.
            continue


def settle_all(units: Sequence[Unit]) -> None:
    for unit in units:
        unit.settle()
