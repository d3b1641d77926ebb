"""The outbox: messages to people that were written with the change that caused them, until they are sent."""

from __future__ import annotations

import sqlite3
from functools import partial

from flowlite.store.ask import Question
from flowlite.store.shown import Ask
from flowlite.store.shown_runs import made
from flowlite.store.views import OutboxView
from flowlite.store.writer import Writer

SENT = "UPDATE outbox SET sent_at = ?2, tries = tries + 1, last_error = NULL WHERE id = ?1"
FAILED = "UPDATE outbox SET due_at = ?2, tries = tries + 1, last_error = ?3 WHERE id = ?1"
GIVEN_UP = "UPDATE outbox SET sent_at = ?2, tries = tries + 1, last_error = ?3 WHERE id = ?1"


class Outbox:
    """At least once: a crash between sending and `sent` sends again, with the same dedup key."""

    def __init__(self, writer: Writer, ask: Ask) -> None:
        self._writer, self._ask = writer, ask

    async def due(self, now: float, limit: int = 100) -> list[OutboxView]:
        """What is to be sent now, oldest first."""
        return await self._ask(_due(now, limit))

    async def next_due_at(self) -> float | None:
        """When to look again; None: nothing waits."""
        return await self._ask(_next_due_at())

    async def sent(self, id_: int, *, at: float) -> None:
        """It went out."""
        await self._write(SENT, id_, at)

    async def failed(self, id_: int, *, error: str, retry_at: float) -> None:
        """It did not go out; try again then."""
        await self._write(FAILED, id_, retry_at, error)

    async def gave_up(self, id_: int, *, error: str, at: float) -> None:
        """It will not be tried again; the error stays readable."""
        await self._write(GIVEN_UP, id_, at, error)

    async def _write(self, text: str, *values: object) -> None:
        await self._writer.ask(partial(_execute, text=text, values=values), writes=True)


def _execute(db: sqlite3.Connection, text: str, values: tuple[object, ...]) -> None:
    db.execute(text, values)


def _due(now: float, limit: int) -> Question[list[OutboxView]]:
    columns = "id, channel, kind, dedup_key, payload, due_at, tries"
    source = "FROM outbox WHERE sent_at IS NULL AND due_at <= ? ORDER BY due_at, id LIMIT ?"
    rows = yield f"SELECT {columns} {source}", (now, limit)
    return made(OutboxView, rows)


def _next_due_at() -> Question[float | None]:
    rows = yield "SELECT min(due_at) FROM outbox WHERE sent_at IS NULL", ()
    return rows[0][0] if rows else None
