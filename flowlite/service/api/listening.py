"""Where the API is heard: a unix socket in the state folder and, if configured, a port; served by uvicorn's protocol.

uvicorn's own `Server` is not used: it installs signal handlers and wakes ten times a second.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import struct
from contextlib import suppress
from pathlib import Path
from typing import cast

from starlette.types import ASGIApp
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from flowlite.service.api.callers import UID
from flowlite.service.api.place import SOCKET, reached
from flowlite.service.api.streaming import ABORT

MOST_CONNECTIONS = 512
KEPT_OPEN_S = 75
WITHOUT_A_WORD_S = 30.0
BACKLOG = 128
CREDENTIALS = struct.Struct("3i")


class KnowingPeers(H11Protocol):
    """Says of a request over a unix socket which account is at the other end, and how to hang up on one that does not
    read."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The kernel knows: what the other side says counts for nothing."""
        super().connection_made(transport)
        self.app_state[ABORT] = transport.abort
        self.loop.call_later(WITHOUT_A_WORD_S, self._hang_up_on_the_silent)
        sock = transport.get_extra_info("socket")
        if sock.family == socket.AF_UNIX:
            told = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size)
            pid, uid, _ = CREDENTIALS.unpack(told)
            self.client = (f"{UID}{uid}", pid)

    def _hang_up_on_the_silent(self) -> None:
        """Connections are few, and those who ask nothing must not keep others out."""
        if cast("object", self.cycle) is None:  # uvicorn says otherwise, and begins with None
            self.transport.abort()


class Listener:
    """One socket, from `open` to `close`."""

    def __init__(self, app: ASGIApp, *, tls: ssl.SSLContext | None = None) -> None:
        self._config = Config(
            app, interface="asgi3", lifespan="off", ws="none", http=KnowingPeers, log_config=None, access_log=False,
            proxy_headers=False, server_header=False, date_header=False, timeout_keep_alive=KEPT_OPEN_S,
            limit_concurrency=MOST_CONNECTIONS,
        )  # fmt: skip
        self._config.load()
        self._state, self._tls = ServerState(), tls
        self._server: asyncio.Server | None = None

    async def open(self, sock: socket.socket) -> None:
        """Serve a socket that is bound; connections that came before are answered, too."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: KnowingPeers(self._config, self._state, {}), sock=sock, ssl=self._tls, backlog=BACKLOG
        )

    async def close(self, within_s: float = 1.0) -> None:
        """Take nothing new; what is being answered has a moment to end."""
        if self._server is None:
            return
        self._server.close()
        for connection in list(self._state.connections):
            connection.shutdown()
        if self._state.tasks:
            await asyncio.wait(self._state.tasks, timeout=within_s)
        for connection in list(self._state.connections):
            cast("KnowingPeers", connection).transport.abort()
        for task in list(self._state.tasks):
            task.cancel()
        if self._state.tasks:
            await asyncio.wait(self._state.tasks, timeout=within_s)
        await self._server.wait_closed()


def unix_socket(state: Path) -> socket.socket:
    """The socket of a state folder, listening. Whoever holds the folder's lock may call this: what lies there from
    before is then nobody's.

    It is made beside its place and moved there, for its mode and its readiness to be right from the first instant.
    """
    draft = state / f"{SOCKET}.new"
    draft.unlink(missing_ok=True)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        os.fchmod(sock.fileno(), 0o600)  # Linux gives the file the mode that the socket has, less the umask
        with reached(draft) as address:
            sock.bind(address)
        draft.chmod(0o600)
        sock.listen(BACKLOG)
        sock.setblocking(False)
        draft.replace(state / SOCKET)
    except BaseException:
        sock.close()
        draft.unlink(missing_ok=True)
        raise
    return sock


def remove_socket(state: Path) -> None:
    """Nobody answers here any more."""
    with suppress(FileNotFoundError):
        (state / SOCKET).unlink()


def tcp_socket(host: str, port: int) -> socket.socket:
    """Raises OSError if the port is taken or the host is none of ours."""
    family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    # Without the protocol's number asyncio does not know it for TCP, and leaves on what delays every answer by 40 ms.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
        sock.listen(BACKLOG)
    except BaseException:
        sock.close()
        raise
    sock.setblocking(False)
    return sock
