"""A program on a pseudo-terminal: keys go in, bytes come out, and a screen says what a person would see."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

import pyte

CHUNK_BYTES = 1 << 16
ONE_PAINT_S = 0.01  # what comes at shorter intervals belongs together
KEYS = {
    "enter": "\r", "escape": "\x1b", "tab": "\t", "down": "\x1b[B", "up": "\x1b[A", "pagedown": "\x1b[6~",
    "pageup": "\x1b[5~", "home": "\x1b[H", "end": "\x1b[F", "ctrl+d": "\x04", "ctrl+u": "\x15", "ctrl+q": "\x11",
}  # fmt: skip


class Never(Exception):
    """What was waited for did not come."""


class Terminal:
    """`with Terminal(command, columns=80, lines=24) as terminal`. The program ends with it.

    `sent` counts bytes, `paints` how often they came; `said` is what came since `forget`, as it came.
    """

    def __init__(
        self, command: Sequence[str], *, columns: int, lines: int, env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:  # fmt: skip
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        self._unseen: list[bytes] = []
        self.sent, self.paints, self._last_at = 0, 0, 0.0
        self.said = b""
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        os.set_blocking(self._master, False)
        self.began_at = time.perf_counter()
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, close_fds=True, start_new_session=True, cwd=cwd,
            env={**(os.environ if env is None else env), "TERM": "xterm-256color", "COLORTERM": "truecolor"},
        )  # fmt: skip
        os.close(slave)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    # --- in -----------------------------------------------------------------------------------------------------------
    def write(self, text: str) -> None:
        """As a keyboard does."""
        data = text.encode()
        while data:
            try:
                data = data[os.write(self._master, data) :]
            except BlockingIOError:
                self.read(0.05)

    def press(self, *keys: str) -> None:
        """One after the other."""
        for key in keys:
            self.write(KEYS.get(key, key))

    # --- out ----------------------------------------------------------------------------------------------------------
    def read(self, within_s: float) -> bytes:
        """What has come, once there is something."""
        if not select.select([self._master], [], [], max(0.0, within_s))[0]:
            return b""
        try:
            data = os.read(self._master, CHUNK_BYTES)
        except (BlockingIOError, OSError):  # the other end is closed
            return b""
        now = time.perf_counter()
        self.sent += len(data)
        self.paints += now - self._last_at > ONE_PAINT_S
        self._last_at = now
        self.said += data
        self._unseen.append(data)
        return data

    def forget(self) -> None:
        """What was said so far counts no more."""
        while self.read(0.0):
            pass
        self.said = b""

    def quiet(self, for_s: float, *, within_s: float = 20.0) -> None:
        """Wait until nothing has come for so long."""
        until = time.perf_counter() + within_s
        while self.read(for_s):
            if time.perf_counter() > until:
                raise Never(f"it was never quiet for {for_s} s\n{self.text}")

    def until_said(self, wanted: bytes | Callable[[bytes], bool], *, within_s: float = 10.0) -> float:
        """Seconds until it is in what was said since `forget`."""
        is_there = wanted if callable(wanted) else lambda said: wanted in said
        began = time.perf_counter()
        while not is_there(self.said):
            left = within_s - (time.perf_counter() - began)
            if left <= 0:
                raise Never(f"{wanted!r} was never said\n{self.text}")
            self.read(left)
        return time.perf_counter() - began

    def until(self, wanted: str | Callable[[str], bool], *, within_s: float = 15.0) -> float:
        """Seconds until it is on the screen."""
        is_there = wanted if callable(wanted) else lambda text: wanted in text
        began = time.perf_counter()
        while not is_there(self.text):
            left = within_s - (time.perf_counter() - began)
            if left <= 0:
                raise Never(f"{wanted!r} never came\n{self.text}")
            self.read(min(left, 0.2))
        return time.perf_counter() - began

    def listen(self, for_s: float) -> None:
        """Take all that comes for so long."""
        until = time.perf_counter() + for_s
        while (left := until - time.perf_counter()) > 0:
            self.read(left)

    @property
    def text(self) -> str:
        """What is on the screen."""
        for data in self._unseen:
            self._stream.feed(data)
        self._unseen.clear()
        return "\n".join(self._screen.display)

    # --- the process --------------------------------------------------------------------------------------------------
    @property
    def pid(self) -> int:
        """Of the program."""
        return self.process.pid

    def end(self) -> None:
        """Of the program, and of the terminal."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGHUP)
            until = time.perf_counter() + 5
            while self.process.poll() is None and time.perf_counter() < until:
                self.read(0.05)  # it may want to say goodbye
            if self.process.poll() is None:
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self._master)


def cpu_s(pid: int) -> float:
    """User and system time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_mib(pid: int) -> float:
    """Memory of a process that is in use."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)
