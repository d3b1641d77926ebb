"""The door: who comes in, by which name they have called us, and how much they may bring. Before any route is looked
at, so that without a token nobody learns which there are."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from urllib.parse import urlsplit

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flowlite.core.errors import FlowliteError
from flowlite.service.api.callers import UID, People, caller_of
from flowlite.service.api.faults import BodyTooLarge, BodyTooSlow, OriginRefused, status_of, told
from flowlite.service.api.wire import encoded

MOST_BYTES = 4 << 20
WITHIN_S = 30.0  # from the head of a request to the end of its body
JSON = "application/json"


class Guard:
    """Stands before an application; the caller is then in `scope["caller"]`."""

    def __init__(self, app: ASGIApp, people: People, hosts: Iterable[str] = (), *, most: int = MOST_BYTES) -> None:
        """`hosts`: the names that we are called by over TCP."""
        self._app, self._people, self._most = app, people, most
        self._hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            return
        try:
            headers = dict(scope["headers"])
            client = (scope.get("client") or ("", 0))[0]
            if not client.startswith(UID):
                self._check_names(headers)
            scope["caller"] = await caller_of(client, headers.get(b"authorization", b""), self._people)
            body = await self._in_time(self._body(headers, receive))
        except FlowliteError as error:
            await refused(error)(scope, receive, send)
            return
        await self._app(scope, replayed(body, receive), send)

    def _check_names(self, headers: dict[bytes, bytes]) -> None:
        """A page of another site can have its own name lead here (DNS rebinding): it then says that name."""
        host = headers.get(b"host", b"").decode("latin-1")
        if host_of(f"//{host}") not in self._hosts:
            raise OriginRefused(f"nobody here is called {host!r}; use one of {', '.join(sorted(self._hosts))}")
        origin = headers.get(b"origin")
        if origin is not None and urlsplit(origin.decode("latin-1")).netloc != host:
            raise OriginRefused("pages of another site may not ask here; send no Origin header")

    async def _in_time(self, body: Awaitable[bytes]) -> bytes:
        try:
            async with asyncio.timeout(WITHIN_S):
                return await body
        except TimeoutError:
            raise BodyTooSlow(WITHIN_S) from None

    async def _body(self, headers: dict[bytes, bytes], receive: Receive) -> bytes:
        said = headers.get(b"content-length", b"0")
        if said.isdigit() and int(said) > self._most:
            raise BodyTooLarge(self._most)
        parts, size, is_more = [], 0, True
        while is_more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return b""
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self._most:
                raise BodyTooLarge(self._most)
            is_more = message.get("more_body", False)
        return b"".join(parts)


def host_of(address: str) -> str:
    """The name in an address, without its port."""
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:
        return ""


def replayed(body: bytes, receive: Receive) -> Receive:
    """The body once, as one message, then whatever else comes."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_message() -> Message:
        return waiting.pop() if waiting else await receive()

    return next_message


def refused(error: BaseException) -> Response:
    """An error as an answer."""
    status = status_of(error)
    headers = {"www-authenticate": "Bearer"} if status == 401 else {}
    return Response(encoded(told(error)), status, headers, JSON)
