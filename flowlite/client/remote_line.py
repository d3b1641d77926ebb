"""The line to a daemon: HTTP over its unix socket, a connection for each question.

By hand, with h11: httpx would double the time that a command takes to begin.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import h11

from flowlite.core.errors import FlowliteError
from flowlite.service.api.faults import raised
from flowlite.service.api.place import reached

BLOCK_BYTES = 64 << 10
LONGEST_LINE_BYTES = 256 << 20  # a look at a backfill of 100,000 days


class DaemonSilent(FlowliteError):
    """A daemon has the state folder, and does not answer at its socket."""


class DaemonLeft(FlowliteError):
    """Nobody listens, or the connection ended in the middle of an answer: the daemon went down or was killed."""


class Line:
    """To the socket at this path. With a token, whatever is asked is asked as whoever has it."""

    def __init__(self, path: Path, token: str | None = None) -> None:
        self._path, self._token = path, token

    async def ask(self, method: str, address: str, body: Mapping[str, Any] | None = None) -> Any:
        """The JSON of an answer. Raises the error that it tells of, DaemonLeft, or OSError if it is out of reach."""
        async with self._sent(method, address, body) as answer:
            whole = b"".join([block async for block in answer.blocks()])
        return answer.checked(whole)

    async def lines(self, method: str, address: str, body: Mapping[str, Any] | None = None) -> AsyncIterator[Any]:
        """The lines of an answer that goes on. Raises as `ask` does, also in its middle."""
        async with self._sent(method, address, body) as answer:
            if answer.status != 200:
                answer.checked(b"".join([block async for block in answer.blocks()]))
            rest = b""
            async for block in answer.blocks():
                *found, rest = (rest + block).split(b"\n")
                for line in found:
                    said = json.loads(line)
                    if isinstance(said, dict) and "error" in said and "type" in said:
                        raise raised(said, 200)
                    yield said

    @asynccontextmanager
    async def _sent(self, method: str, address: str, body: Mapping[str, Any] | None) -> AsyncIterator[Answer]:
        try:
            with reached(self._path) as place:
                reader, writer = await asyncio.open_unix_connection(place, limit=BLOCK_BYTES)
        except (FileNotFoundError, ConnectionRefusedError) as error:
            raise DaemonLeft("the daemon is gone: nobody listens at its socket; `flowlite status` says more") from error
        try:
            answer = Answer(reader)
            content = b"" if body is None else json.dumps(body).encode()
            writer.write(answer.request(method, address, content, self._token))
            await writer.drain()
            await answer.begin()
            yield answer
        except (ConnectionError, h11.RemoteProtocolError) as error:
            raise DaemonLeft(
                "the daemon went away in the middle of an answer; `flowlite status` says whether it is up again"
            ) from error
        finally:
            writer.close()


class Answer:
    """What comes back: its status, then its body block by block."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader, self._http = reader, h11.Connection(h11.CLIENT)
        self.status = 0

    def request(self, method: str, address: str, content: bytes, token: str | None = None) -> bytes:
        """The bytes to send."""
        headers = [("host", "flowlite"), ("connection", "close"), ("content-length", str(len(content)))]
        if token is not None:
            headers.append(("authorization", f"Bearer {token}"))
        events = [h11.Request(method=method, target=address, headers=headers), h11.Data(content), h11.EndOfMessage()]
        return b"".join(self._http.send(event) or b"" for event in events)

    async def begin(self) -> None:
        """Wait for the status."""
        response = await self._next()
        assert isinstance(response, h11.Response)
        self.status = response.status_code

    async def blocks(self) -> AsyncIterator[bytes]:
        """The body."""
        while isinstance(event := await self._next(), h11.Data):
            yield bytes(event.data)

    def checked(self, whole: bytes) -> Any:
        """The JSON of a body. Raises the error that it tells of."""
        try:
            found = json.loads(whole) if whole else None
        except ValueError:
            found = None
        if self.status != 200:
            raise raised(found, self.status)
        return found

    async def _next(self) -> Any:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            self._http.receive_data(await self._reader.read(BLOCK_BYTES))
        return event


def address_of(path: str, places: Mapping[str, Any], query: Mapping[str, Any]) -> str:
    """`/runs/{run}` and what stands behind the `?`."""
    filled = path.format(**{name: quote(str(value), safe="") for name, value in places.items()})
    said = {name: value for name, value in query.items() if value is not None}
    return f"{filled}?{urlencode(said, doseq=True)}" if said else filled
