"""A browser tab: the process of its terminal UI, started without a shell, with nothing of our environment but what it
needs and the token of whoever logged in. It ends with the tab."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from textual_serve.app_service import AppService

from flowlite.web.downloads import Downloads

# Of our own environment. What else is there (secrets of flowlite.toml, for one) is none of theirs.
KEPT = (
    "HOME", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "PATH", "PYTHONDONTWRITEBYTECODE", "PYTHONHOME",
    "PYTHONPATH", "SHIV_ROOT", "TMPDIR", "TZ", "FLOWLITE_THEME",
)  # fmt: skip
TOKEN = "FLOWLITE_TOKEN"
FRAMES = "30"  # a second; the terminal UI itself draws less often
WORDS_BYTES = 4096  # of what it says on stderr, the last ones are kept
WITHIN_S = 2.0  # it has so long to end by itself, then as long after SIGTERM
NOBODY = -1


class Tab(AppService):
    """`start`, then `stop` in any case. `over` is set when the terminal UI has ended, or wants to."""

    def __init__(
        self, words: Sequence[str], token: str, *, write_bytes: Callable[[bytes], Awaitable[None]],
        write_str: Callable[[str], Awaitable[None]], downloads: Downloads,
    ) -> None:  # fmt: skip
        """`words`: what starts it."""
        super().__init__(
            words[0], write_bytes=write_bytes, write_str=write_str, close=self._left, download_manager=downloads
        )
        self._words, self.token, self._downloads = words, token, downloads
        self._last_words = b""
        self._has_left = self._is_closing = False
        self._watching: list[asyncio.Task[None]] = []
        self.over = asyncio.Event()

    # --- its process --------------------------------------------------------------------------------------------------
    @property
    def pid(self) -> int:
        """Of its process, and of the group that this leads."""
        return NOBODY if self._process is None else self._process.pid

    @property
    def has_ended(self) -> bool:
        """Nothing of it is there any more."""
        return self._process is None or self._process.returncode is not None

    def _build_environment(self, width: int = 80, height: int = 24) -> dict[str, str]:
        return environment_of(os.environ, self.token, width, height)

    async def start(self, width: int, height: int) -> None:
        """Raises OSError."""
        await super().start(width, height)
        assert self._task is not None
        self._task.add_done_callback(lambda _: self.over.set())

    async def _open_app_process(self, width: int = 80, height: int = 24) -> asyncio.subprocess.Process:
        pipe = asyncio.subprocess.PIPE
        self._process = process = await asyncio.create_subprocess_exec(
            *self._words, stdin=pipe, stdout=pipe, stderr=pipe, cwd="/", start_new_session=True,
            env=self._build_environment(width, height),
        )  # fmt: skip
        self._stdin, said = process.stdin, process.stderr
        assert said is not None
        # textual-serve would keep all that it says, and print it on our own output.
        process.stderr = asyncio.StreamReader()
        process.stderr.feed_eof()
        self._watching = [asyncio.create_task(self._listen(said)), asyncio.create_task(self._await_end(process))]
        return process

    async def _listen(self, said: asyncio.StreamReader) -> None:
        while words := await said.read(WORDS_BYTES):
            self._last_words = (self._last_words + words)[-WORDS_BYTES:]

    async def _await_end(self, process: asyncio.subprocess.Process) -> None:
        await process.wait()
        self.over.set()

    async def _left(self) -> None:
        self._has_left = True
        self.over.set()

    def why(self) -> str:
        """Why it has ended by itself; "": its user left it."""
        if self._has_left or self._process is None:
            return ""
        lines = self._last_words.decode("utf-8", "replace").strip().splitlines()
        return lines[-1].removeprefix("flowlite: ") if lines else f"the terminal UI broke off ({self.code()})"

    def code(self) -> str:
        """How its process ended."""
        code = None if self._process is None else self._process.returncode
        return "it still runs" if code is None else f"signal {-code}" if code < 0 else f"exit code {code}"

    # --- what it says -------------------------------------------------------------------------------------------------
    async def on_data(self, payload: bytes) -> None:
        """To be shown. While it is being closed nobody looks, and it must not wait for somebody who does."""
        if not self._is_closing:
            await super().on_data(payload)

    async def on_meta(self, data: bytes) -> None:
        """Where it is, a file for its user, or that it leaves. It can't make the browser go anywhere else."""
        said: dict[str, Any] = json.loads(data)
        if said["type"] == "place":
            await self._tell("place", said["place"])
        elif said["type"] == "deliver_file_start":
            await self._offer(said)
        elif said["type"] == "exit":
            await self._left()

    async def _offer(self, said: Mapping[str, Any]) -> None:
        await self._downloads.create_download(
            app_service=self, delivery_key=str(said["key"]), file_name=os.path.basename(said["path"]),
            open_method="download", mime_type=said["mime_type"], encoding=said["encoding"], name=said.get("name"),
        )  # fmt: skip
        await self._tell("download", said["key"])

    async def _tell(self, what: str, value: object) -> None:
        if not self._is_closing:
            await self.remote_write_str(json.dumps([what, value]))

    # --- its end ------------------------------------------------------------------------------------------------------
    async def stop(self) -> None:
        """Asked to leave, then told to, then killed: nothing of it is left when this returns."""
        self._is_closing = True
        self._downloads.forget(self)
        try:
            for ask in (self._ask_to_leave, self._terminate):
                if self.has_ended:
                    break
                await ask()
                await self._ended_within()
        finally:
            self.kill()
        await self._ended_within()
        if tasks := [task for task in (self._task, *self._watching) if task is not None]:
            _, left = await asyncio.wait(tasks, timeout=WITHIN_S)
            for task in left:
                task.cancel()

    async def _ask_to_leave(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self.send_meta({"type": "quit"}), WITHIN_S)

    async def _terminate(self) -> None:
        self._signal(signal.SIGTERM)

    async def _ended_within(self) -> None:
        if self._process is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), WITHIN_S)

    def kill(self) -> None:
        """At once, with whatever it has started."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        # Before it is reaped its number is nobody else's.
        if not self.has_ended:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, number)


def environment_of(ours: Mapping[str, str], token: str, width: int, height: int) -> dict[str, str]:
    """What a terminal UI in a browser has for an environment."""
    kept = {name: ours[name] for name in KEPT if name in ours}
    return {
        **kept, TOKEN: token, "COLUMNS": str(width), "ROWS": str(height), "TERM": "xterm-256color",
        "COLORTERM": "truecolor", "TEXTUAL_COLOR_SYSTEM": "truecolor", "TEXTUAL_FPS": FRAMES, "PYTHONUTF8": "1",
    }  # fmt: skip
