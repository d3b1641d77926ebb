"""A door before a server: shut, nobody gets through, as when the server is gone; open, all is as it was."""

from __future__ import annotations

import socket
from contextlib import suppress
from threading import Event, Thread
from typing import Self
from urllib.parse import urlsplit


class Door:
    """`with Door(url) as door:` `door.url` leads to the same server, while `door.is_open` is set."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._there = (parts.hostname or "", parts.port or 0)
        self.is_open = Event()
        self.is_open.set()
        self.turned_away = 0

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _listen(self) -> None:
        while True:
            try:
                caller, _ = self._listener.accept()
            except OSError:
                return
            if not self.is_open.is_set():
                self.turned_away += 1
                caller.close()
                continue
            server = socket.create_connection(self._there)
            for source, target in ((caller, server), (server, caller)):
                Thread(target=self._carry, args=(source, target), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        """Until one of them has enough, or the door is shut."""
        with suppress(OSError):
            while self.is_open.is_set() and (data := source.recv(1 << 16)):
                target.sendall(data)
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
                one.close()
