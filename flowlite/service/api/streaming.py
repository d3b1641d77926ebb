"""Answers that go on: line by line, until the caller leaves, reads too slowly, or the daemon goes down."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from flowlite.core.errors import FlowliteError
from flowlite.service.api.faults import told
from flowlite.service.api.wire import encoded, outermost

PATIENCE_S = 30.0  # a reader that takes nothing for so long is let go of
ABORT = "abort"  # in the state of a connection: what hangs up
LINES = "application/x-ndjson"
EVENTS = "text/event-stream"

log = logging.getLogger("flowlite.api")
Lines = AsyncGenerator[bytes, None]


class Streams:
    """All the answers that go on. At the end of the daemon each ends with a line that says so."""

    def __init__(self) -> None:
        self.end: asyncio.Future[FlowliteError] = asyncio.get_running_loop().create_future()

    def stop(self, because: FlowliteError) -> None:
        """End them; those that come later end at once."""
        if not self.end.done():
            self.end.set_result(because)

    def answer(self, lines: Lines, *, as_events: bool) -> Streamed:
        """One of them."""
        return Streamed(lines, self.end, as_events=as_events)


class Streamed(Response):
    """Starlette's own cancels the iterator in the middle of its cleaning up; this one lets it end in peace."""

    def __init__(self, lines: Lines, end: asyncio.Future[FlowliteError], *, as_events: bool) -> None:
        self._lines, self._end = lines, end
        self._shown = as_event if as_events else as_line
        self.status_code, self.background = 200, None
        self.init_headers({"content-type": EVENTS if as_events else LINES, "cache-control": "no-store"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Returns when it has ended, whoever ended it."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        leaving = asyncio.ensure_future(until_gone(receive))
        try:
            while not leaving.done() and (line := await self._next(leaving)) is not None:
                async with asyncio.timeout(PATIENCE_S):
                    await send({"type": "http.response.body", "body": self._shown(line), "more_body": True})
            if not leaving.done():
                await send({"type": "http.response.body", "body": b""})
        except TimeoutError:
            log.info("a reader of %s took nothing for %g s and was let go of", scope["path"], PATIENCE_S)
            # A polite end would wait for them to take what is on its way to them.
            scope["state"][ABORT]()
            await leaving
        finally:
            leaving.cancel()
            await self._lines.aclose()

    async def _next(self, leaving: asyncio.Future[None]) -> bytes | None:
        """None: it is over. An error is the last line."""
        step: asyncio.Future[bytes | None] = asyncio.ensure_future(anext(self._lines, None))
        try:
            waiting: list[asyncio.Future[Any]] = [step, leaving, self._end]
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if step.done():
                return step.result()
        except (FlowliteError, OSError) as error:
            return await self._last(error)
        except Exception as error:
            log.exception("in the middle of an answer")
            return await self._last(error)
        finally:
            step.cancel()
            await asyncio.wait([step])
        return await self._last(self._end.result()) if self._end.done() else None

    async def _last(self, error: BaseException) -> bytes:
        await self._lines.aclose()
        return encoded(told(error))


async def until_gone(receive: Receive) -> None:
    """Returns when the caller has left."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def told_meanwhile(verb: Callable[..., Any], arguments: dict[str, Any]) -> AsyncGenerator[bytes, None]:
    """`{"look": ...}` whenever the verb tells something new, then `{"answer": ...}`. Whoever reads slowly is told the
    latest, and not all that was."""
    latest: list[Any] = []
    heard = asyncio.Event()

    def look(found: Any) -> None:
        latest[:] = [found]
        heard.set()

    carrying_out = asyncio.ensure_future(verb(**arguments, look=look))
    last = b""
    try:
        while not carrying_out.done():
            await first_of(carrying_out, heard)
            heard.clear()
            if latest and (line := encoded({"look": outermost(latest.pop())})) != last:
                yield line
                last = line
        yield encoded({"answer": outermost(carrying_out.result())})
    finally:
        carrying_out.cancel()
        with suppress(BaseException):
            await carrying_out


async def first_of(carrying_out: asyncio.Future[Any], heard: asyncio.Event) -> None:
    """Returns when one of them is done; leaves nothing behind if it is cancelled."""
    hearing = asyncio.ensure_future(heard.wait())
    try:
        await asyncio.wait([carrying_out, hearing], return_when=asyncio.FIRST_COMPLETED)
    finally:
        hearing.cancel()


def as_line(line: bytes) -> bytes:
    """For programs that read lines."""
    return line + b"\n"


def as_event(line: bytes) -> bytes:
    """For browsers, and for those who read as they do."""
    return b"data: " + line + b"\n\n"
