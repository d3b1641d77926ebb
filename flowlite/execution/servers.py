"""The daemon's end of a fork server: start it, send orders, take answers. Lives in the watch loop."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from flowlite.execution.fork_server import ANSWER, READY
from flowlite.execution.private_files import open_private
from flowlite.execution.site import STATE_DIR, Site

WARM_S = 120.0  # a warm-up that takes longer is given up
# The module path comes first, over the socket: the server finds flowlite and the DAGs where the daemon found them.
_BOOT = """
import json, socket, sys
orders_fd, answers_fd = int(sys.argv[1]), int(sys.argv[2])
orders = socket.socket(fileno=orders_fd)
size = int.from_bytes(orders.recv(4, socket.MSG_WAITALL), 'big')
hello = json.loads(orders.recv(size, socket.MSG_WAITALL))
orders.detach()
sys.path[:] = hello['path']
sys.argv[:] = ['flowlite-fork-server']
from flowlite.execution.fork_server import main
main(orders_fd, answers_fd, hello)
"""

Kind = tuple[tuple[str, ...], tuple[str, str] | None]  # (preload, warm_up)


class Server:
    """One fork server process. `on_answer(number, pidfd or None)`, `on_end()` are called in the watch loop."""

    def __init__(
        self,
        kind: Kind,
        site: Site,
        loop: asyncio.AbstractEventLoop,
        on_answer: Callable[[int, int | None], None],
        on_end: Callable[[], None],
    ) -> None:
        self._loop, self._masker = loop, site.masker
        self._on_answer = on_answer
        self._on_end = on_end
        self._unsent = bytearray()
        self._is_waiting = False  # for the socket to take more
        self.is_ready = False
        self._orders, orders_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self._answers, answers_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        log = open_private(site.state_dir / "logs" / "fork-server.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _BOOT, str(orders_end.fileno()), str(answers_end.fileno())],
                pass_fds=(orders_end.fileno(), answers_end.fileno()),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env={**os.environ, STATE_DIR: str(site.state_dir)},
                start_new_session=True,  # Ctrl-C in the daemon's terminal is not for it
            )
        finally:
            os.close(log)
            orders_end.close()
            answers_end.close()
        self._orders.setblocking(False)
        self._answers.setblocking(False)
        loop.add_reader(self._answers.fileno(), self._read)
        self._warm_timer = loop.call_later(WARM_S, self.kill)
        self._send({"path": absolute_path(), "secrets": site.masker.secrets, "preload": kind[0], "warm_up": kind[1]})

    def send(self, number: int, spec: dict[str, Any], env: dict[str, str]) -> None:
        """Queue an order; never blocks, however long the server takes to get warm."""
        self._send((number, spec, env))

    def learn(self) -> None:
        """The masker knows more secrets."""
        self._send({"secrets": self._masker.secrets})

    def close(self) -> None:
        """Let it end by itself, once it has read everything."""
        self._warm_timer.cancel()
        self._loop.remove_reader(self._answers.fileno())
        self._loop.remove_writer(self._orders.fileno())
        self._orders.close()
        self._answers.close()

    def kill(self) -> None:
        """End it now; on_end follows."""
        self._process.kill()

    def has_ended(self) -> bool:
        """Is the process gone?"""
        return self._process.poll() is not None

    def wait(self, within_s: float) -> None:
        """After close: collect the process. One that hangs in its warm-up is killed."""
        try:
            self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _send(self, message: Any) -> None:
        data = json.dumps(message).encode()
        is_first = not self._unsent
        self._unsent += len(data).to_bytes(4, "big") + data
        if is_first:
            self._write()

    def _write(self) -> None:
        try:
            while self._unsent:
                sent = self._orders.send(self._unsent)
                del self._unsent[:sent]
        except BlockingIOError:
            self._loop.add_writer(self._orders.fileno(), self._write)
            self._is_waiting = True
            return
        except OSError:
            self._unsent.clear()  # it is dead; on_end follows from the other socket
        if self._is_waiting:
            self._is_waiting = False
            self._loop.remove_writer(self._orders.fileno())

    def _read(self) -> None:
        while True:
            try:
                packet, fds, _, _ = socket.recv_fds(self._answers, ANSWER.size, 1)
            except BlockingIOError:
                return
            except OSError:
                packet, fds = b"", []
            if not packet:
                self.close()
                self.wait(1.0)
                self._on_end()
                return
            number, _ = ANSWER.unpack(packet)
            if number == READY:
                self.is_ready = True
                self._warm_timer.cancel()
            else:
                self._on_answer(number, fds[0] if fds else None)


def absolute_path() -> list[str]:
    """The module path of this process; the server has another working folder."""
    return [os.path.abspath(entry) for entry in sys.path]
