"""The browser tabs that are open: each a WebSocket with a terminal UI behind it. So many in all, so many for each
user."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from aiohttp import WSMsgType, web

from flowlite.web.downloads import BrokenOff, Downloads, disposition
from flowlite.web.guard import refused
from flowlite.web.logins import Login
from flowlite.web.tab import Tab

MOST_MESSAGE_BYTES = 256 << 10  # a long text that somebody pastes
LONGEST_PLACE = 400
PATIENCE_S = 3.0
HEARTBEAT_S = 15.0  # a browser that is gone without a word is noticed after two of these
WIDTHS, HEIGHTS = (20, 500), (5, 300)
WHY = 4000  # close code: the reason is for people
LOGIN_OVER = 4001  # the same, and only a login leads back
GOING = 1001  # the same: the server ends, and may be back soon
LONGEST_REASON_BYTES = 120

Words = Callable[[str], Sequence[str]]
"""What starts a terminal UI at a place."""


class Tabs:
    """`used` is called when a key is pressed."""

    def __init__(self, words: Words, *, most: int, most_each: int, used: Callable[[Login], None]) -> None:
        self._words, self._most, self._most_each, self._used = words, most, most_each, used
        self._owners: list[str] = []
        self._downloads = Downloads()
        self._stopping, self._closed = asyncio.Event(), asyncio.Event()

    @property
    def count(self) -> int:
        """How many are open."""
        return len(self._owners)

    def refusal(self, login: Login) -> str:
        """Why no other may be opened; "": it may."""
        if self._stopping.is_set():
            return "the server is stopping"
        if len(self._owners) >= self._most:
            return f"{self._most} tabs are open in all, and there may be no more; try again when one is closed"
        if self._owners.count(login.me.name) >= self._most_each:
            return f"you have {self._most_each} tabs open, and may have no more; close one, then open this one again"
        return ""

    async def _refusal_after_all(self, login: Login) -> str:
        """Who reloads a page has two tabs for a moment, until the first is closed."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                while self.refusal(login) and not self._stopping.is_set():
                    self._closed.clear()
                    await first_of(self._closed.wait(), self._stopping.wait())
        return self.refusal(login)

    def stop(self) -> None:
        """Close them all; those that would come later are refused."""
        self._stopping.set()

    # --- one ----------------------------------------------------------------------------------------------------------
    async def open(self, request: web.Request, login: Login) -> web.StreamResponse:
        """Until somebody closes it. No process is started before all is known to be well."""
        place = request.match_info["place"]
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT_S, max_msg_size=MOST_MESSAGE_BYTES, compress=False)
        if not socket.can_prepare(request):
            return refused(400, "this address speaks WebSocket only")
        if len(place) > LONGEST_PLACE or not place.isprintable():
            return refused(400, "there is no such place")
        if because := await self._refusal_after_all(login):
            return refused(429, because)
        with self._counted(login):
            await socket.prepare(request)
            code, because = await self._lived(socket, request, login, place)
        with suppress(ConnectionError):
            await socket.close(code=code, message=reason_of(because))
        return socket

    @contextmanager
    def _counted(self, login: Login) -> Iterator[None]:
        name = login.me.name
        self._owners.append(name)
        try:
            yield
        finally:
            self._owners.remove(name)
            self._closed.set()

    async def _lived(
        self, socket: web.WebSocketResponse, request: web.Request, login: Login, place: str
    ) -> tuple[int, str]:  # fmt: skip
        """From the start of its process to the end of that; the code and the reason for the browser."""
        tab = Tab(
            self._words(place), login.token, write_bytes=socket.send_bytes, write_str=socket.send_str,
            downloads=self._downloads,
        )  # fmt: skip
        width = within(request.query.get("width"), WIDTHS, 80)
        height = within(request.query.get("height"), HEIGHTS, 24)
        try:
            await tab.start(width, height)
        except OSError as error:
            return WHY, f"the terminal UI can't be started: {error.strerror}"
        try:
            await first_of(self._listen(socket, tab, login), tab.over.wait(), login.over.wait(), self._stopping.wait())
        finally:
            await asyncio.shield(stopped(tab))
        if self._stopping.is_set():
            return GOING, "the server ends"
        if login.over.is_set():
            return LOGIN_OVER, login.because
        return WHY, tab.why() or "You have left the terminal UI."

    async def _listen(self, socket: web.WebSocketResponse, tab: Tab, login: Login) -> None:
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                await self._hear(socket, tab, login, message.data)

    async def _hear(self, socket: web.WebSocketResponse, tab: Tab, login: Login, text: str) -> None:
        match parsed(text):
            case ["stdin", str(keys)]:
                self._used(login)
                await tab.send_bytes(keys.encode("utf-8", "replace"))
            case ["resize", {"width": int(width), "height": int(height)}]:
                await tab.set_terminal_size(within(width, WIDTHS, 80), within(height, HEIGHTS, 24))
            case ["ping", str(said)]:
                await socket.send_json(["pong", said[:100]])
            case ["focus"]:
                await tab.focus()
            case ["blur"]:
                await tab.blur()

    # --- files --------------------------------------------------------------------------------------------------------
    async def download(self, request: web.Request, login: Login) -> web.StreamResponse:
        """A file that a terminal UI of theirs has offered."""
        found = self._downloads.find(key := request.match_info["key"])
        if found is None or not isinstance(found.app_service, Tab) or found.app_service.token != login.token:
            return refused(404, "there is no such file, or it was fetched already")
        answer = web.StreamResponse(
            headers={
                "Content-Type": "application/octet-stream", "Content-Disposition": disposition(found.file_name),
                "Content-Security-Policy": "sandbox; default-src 'none'",
            }
        )  # fmt: skip
        await answer.prepare(request)
        try:
            async for piece in self._downloads.download(key):
                await answer.write(piece)
        except BrokenOff:
            if request.transport is not None:
                request.transport.abort()  # else a browser would take it for all of the file
        else:
            await answer.write_eof()
        return answer


def parsed(text: str) -> Any:
    """None, if it is no JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def within(said: object, bounds: tuple[int, int], default: int) -> int:
    """A number between two others."""
    try:
        return min(max(int(str(said)), bounds[0]), bounds[1])
    except ValueError:
        return default


def reason_of(text: str) -> bytes:
    """As long as a WebSocket lets it be."""
    raw = text.encode("utf-8", "replace")
    if len(raw) <= LONGEST_REASON_BYTES:
        return raw
    return raw[: LONGEST_REASON_BYTES - 3].decode("utf-8", "ignore").encode() + "…".encode()


async def first_of(*waits: Coroutine[Any, Any, Any]) -> None:
    """Until one of them is over. Raises what that raises."""
    tasks = [asyncio.ensure_future(one) for one in waits]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def stopped(tab: Tab) -> None:
    """Also when whoever waits for it is cancelled: then killed."""
    try:
        await tab.stop()
    finally:
        tab.kill()
