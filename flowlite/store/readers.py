"""The readers: a few connections that can't write, opened when first needed, each used by one question at a time."""

from __future__ import annotations

from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

from flowlite.store.ask import Question
from flowlite.store.connect import READER_PRAGMAS, reader_uri
from flowlite.store.errors import FAULTS, StoreClosed, translated
from flowlite.store.migrate import check_schema

if TYPE_CHECKING:
    import aiosqlite

T = TypeVar("T")
KEPT = 3


class Readers:
    """Answers questions of several statements within one snapshot."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._free: list[aiosqlite.Connection] = []
        self._is_closed = False

    async def answer(self, question: Question[T]) -> T:
        """Run the question to its end; all its statements see the same state."""
        if self._is_closed:
            raise StoreClosed(str(self._path))
        try:
            db = self._free.pop() if self._free else await self._open()
            return await self._answer_on(db, question)
        except FAULTS as error:
            raise translated(error, str(self._path)) from error

    async def _answer_on(self, db: aiosqlite.Connection, question: Question[T]) -> T:
        is_whole = False
        try:
            answer = await _within_snapshot(db, question)
            is_whole = True
            return answer
        finally:
            # After a cancellation the statement still runs and its transaction is open: such a connection is given up.
            if is_whole and len(self._free) < KEPT and not self._is_closed:
                self._free.append(db)
            else:
                let_go(db)

    async def _open(self) -> aiosqlite.Connection:
        import aiosqlite

        db = aiosqlite.connect(reader_uri(self._path), uri=True, isolation_level=None)
        # Its thread would keep a program from ending that forgot to close us (aiosqlite 0.22).
        db._thread.daemon = True
        await db
        for pragma in READER_PRAGMAS:
            await db.execute_fetchall(f"PRAGMA {pragma}")
        try:
            ((found,),) = await db.execute_fetchall("PRAGMA user_version")
            check_schema(str(self._path), found)
        except BaseException:
            let_go(db)
            raise
        return db

    def close(self) -> None:
        """May be called twice, with or without a loop."""
        self._is_closed = True
        while self._free:
            let_go(self._free.pop())


async def _within_snapshot(db: aiosqlite.Connection, question: Question[T]) -> T:
    await db.execute_fetchall("BEGIN")
    try:
        statement = next(question)
        while True:
            rows = await db.execute_fetchall(*statement)
            statement = question.send(list(rows))
    except StopIteration as end:
        answer: T = end.value
    await db.execute_fetchall("COMMIT")
    return answer


def let_go(db: aiosqlite.Connection) -> None:
    """Close it when its statement ends. `stop` looks for a loop to answer to, and one that is gone or new makes it
    stumble: a thread of its own has none."""
    stopper = Thread(target=db.stop, name="flowlite reader ends", daemon=True)
    stopper.start()
    stopper.join()
