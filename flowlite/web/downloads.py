"""Files on their way from a terminal UI to its browser. Each can be fetched once, by whoever asked for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING
from urllib.parse import quote

from textual_serve.download_manager import DOWNLOAD_CHUNK_SIZE, Download, DownloadManager

if TYPE_CHECKING:
    from flowlite.web.tab import Tab

PATIENCE_S = 30.0  # with the terminal UI, for one piece


class BrokenOff(ConnectionError):
    """The terminal UI ended, or went silent, in the middle of a file."""


class Downloads(DownloadManager):
    """textual-serve's own ends a file that broke off as if that had been all of it, and keeps for ever what nobody has
    fetched."""

    def __init__(self) -> None:
        super().__init__()
        self._begun: dict[str, Download] = {}

    def find(self, key: str) -> Download | None:
        """None: there is no such file, or it is fetched already."""
        return self._active_downloads.get(key)

    async def download(self, delivery_key: str) -> AsyncGenerator[bytes, None]:
        """Its pieces. Raises BrokenOff."""
        found = self._begun[delivery_key] = self._active_downloads.pop(delivery_key)
        try:
            while chunk := await self._next(found, delivery_key):
                yield chunk
        finally:
            del self._begun[delivery_key]

    async def _next(self, found: Download, key: str) -> bytes:
        wanted: dict[str, str | int | bool | None] = {
            "type": "deliver_chunk_request", "key": key, "size": DOWNLOAD_CHUNK_SIZE, "name": found.name,
        }  # fmt: skip
        try:
            async with asyncio.timeout(PATIENCE_S):
                is_sent = await found.app_service.send_meta(wanted)
                chunk = await found.incoming_chunks.get() if is_sent else None
        except TimeoutError:
            chunk = None
        if chunk is None:
            raise BrokenOff(f"{found.file_name} broke off: the terminal UI that sends it is gone")
        return chunk

    async def chunk_received(self, delivery_key: str, chunk: bytes | str) -> None:
        """One that was asked for."""
        if (found := self._begun.get(delivery_key)) is not None:
            found.incoming_chunks.put_nowait(chunk.encode() if isinstance(chunk, str) else chunk)

    def forget(self, tab: Tab) -> None:
        """It ends: what is being fetched breaks off, the rest can't be fetched any more."""
        for found in self._begun.values():
            if found.app_service is tab:
                found.incoming_chunks.put_nowait(None)
        for key in [key for key, found in self._active_downloads.items() if found.app_service is tab]:
            del self._active_downloads[key]


def disposition(name: str) -> str:
    """The header that makes a browser keep a file, and never show it as a page of ours."""
    plain = "".join(char if char.isascii() and (char.isalnum() or char in "._- []") else "_" for char in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
