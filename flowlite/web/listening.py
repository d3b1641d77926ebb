"""Where browsers are heard: one socket, served by aiohttp's protocol. Who says nothing is hung up on, and only so many
may be there."""

from __future__ import annotations

import asyncio
import socket
import ssl

from aiohttp import web
from aiohttp.typedefs import Middleware
from aiohttp.web_protocol import RequestHandler

from flowlite.web.guard import Handler

MOST_CONNECTIONS = 256
WITHOUT_A_WORD_S = 20.0  # from the connection to the end of the first request's head
KEPT_OPEN_S = 75.0
BACKLOG = 128


class Listener:
    """From `open` to `close`."""

    def __init__(self, app: web.Application) -> None:
        self._silent: set[RequestHandler] = set()  # for a while, then they are hung up on
        app.middlewares.insert(0, self._hearing())
        self._runner = web.AppRunner(
            app, access_log=None, keepalive_timeout=KEPT_OPEN_S, handle_signals=False, shutdown_timeout=15.0
        )
        self._server: asyncio.Server | None = None

    async def open(self, sock: socket.socket, tls: ssl.SSLContext | None) -> None:
        """Serve a socket that listens."""
        await self._runner.setup()
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            self._protocol, sock=sock, ssl=tls, backlog=BACKLOG,
            ssl_handshake_timeout=None if tls is None else WITHOUT_A_WORD_S,
        )  # fmt: skip

    async def close(self) -> None:
        """Take nothing new, and hang up."""
        if self._server is not None:
            self._server.close()
        await self._runner.cleanup()

    def _hearing(self) -> Middleware:
        @web.middleware
        async def hear(request: web.Request, handler: Handler) -> web.StreamResponse:
            self._silent.discard(request.protocol)
            return await handler(request)

        return hear

    def _protocol(self) -> asyncio.BaseProtocol:
        server = self._runner.server
        assert server is not None
        if len(server.connections) >= MOST_CONNECTIONS:
            return Full()
        handler = server()
        self._silent.add(handler)
        asyncio.get_running_loop().call_later(WITHOUT_A_WORD_S, self._hang_up_on_the_silent, handler)
        return handler

    def _hang_up_on_the_silent(self, handler: RequestHandler) -> None:
        if handler in self._silent:
            self._silent.discard(handler)
            if isinstance(handler.transport, asyncio.Transport):
                handler.transport.abort()


class Full(asyncio.Protocol):
    """For one connection too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Hang up."""
        assert isinstance(transport, asyncio.Transport)
        transport.abort()
