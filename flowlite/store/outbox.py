"""The outbox: messages to people that were written with the change that caused them, until they are sent."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from functools import partial

from flowlite.store.ask import Question
from flowlite.store.shown import Ask
from flowlite.store.shown_runs import made
from flowlite.store.views import OutboxView
from flowlite.store.writer import Writer

SENT = "UPDATE outbox SET sent_at = ?2, tries = tries + 1, last_error = NULL WHERE id = ?1"
FAILED = "UPDATE outbox SET due_at = ?2, tries = tries + 1, last_error = ?3 WHERE id = ?1"
ADDED = """INSERT INTO outbox (channel, kind, dedup_key, payload, due_at) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (channel, dedup_key) DO NOTHING"""
NOT_TO = "channel NOT IN (SELECT value FROM json_each(?))"
GIVEN_UP = "UPDATE outbox SET sent_at = ?2, tries = tries + 1, last_error = ?3 WHERE id = ?1"


class Outbox:
    """At least once: a crash between sending and `sent` sends again, with the same dedup key."""

    def __init__(self, writer: Writer, ask: Ask) -> None:
        self._writer, self._ask = writer, ask

    async def due(self, now: float, limit: int = 100, *, without: Sequence[str] = ()) -> list[OutboxView]:
        """What is to be sent now, oldest first; not to the channels `without`."""
        return await self._ask(_due(now, limit, without))

    async def next_due_at(self, *, without: Sequence[str] = ()) -> float | None:
        """When to look again; None: nothing waits."""
        return await self._ask(_next_due_at(without))

    async def add(self, channel: str, kind: str, dedup_key: str, payload: str, *, at: float) -> None:
        """One message that no change of a run has caused."""
        await self._write(ADDED, channel, kind, dedup_key, payload, at)

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


def _due(now: float, limit: int, without: Sequence[str]) -> Question[list[OutboxView]]:
    columns = "id, channel, kind, dedup_key, payload, due_at, tries"
    source = f"FROM outbox WHERE sent_at IS NULL AND due_at <= ? AND {NOT_TO} ORDER BY due_at, id LIMIT ?"
    rows = yield f"SELECT {columns} {source}", (now, json.dumps(list(without)), limit)
    return made(OutboxView, rows)


def _next_due_at(without: Sequence[str]) -> Question[float | None]:
    query = f"SELECT min(due_at) FROM outbox WHERE sent_at IS NULL AND {NOT_TO}"
    rows = yield query, (json.dumps(list(without)),)
    return rows[0][0] if rows else None
