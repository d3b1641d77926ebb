"""Pages of a log: what the daemon has told of it, kept around where somebody looks; what is missing is asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, NamedTuple

from flowlite.core.errors import FlowliteError
from flowlite.tui.logs.line import LogRow, Told, rows_of

PAGE = 128  # rows
MOST_KEPT = 2 << 20  # bytes, about
AT_ONCE = 2
AGAIN_S = 1.0  # after an error

Ask = Callable[..., Awaitable[Any]]


class Shown(NamedTuple):
    """Which lines: of messages at least as bad as `level` ("": all), with so much context around each."""

    level: str = ""
    context: int = 0


class Pages:
    """Of one log, as one filter shows it. `ask(**page)` asks the daemon for a page of it; `heard` is called when
    something has come.

    Rows have places from 0; as long as the daemon has not counted the lines of a large log, only its end is known.
    """

    def __init__(self, ask: Ask, heard: Callable[[], None], shown: Shown = Shown()) -> None:  # noqa: B008  it is a value
        self._ask, self._heard, self.shown = ask, heard, shown
        self.total = self.count = self.messages = 0
        self.size_bytes = self.counted_bytes = self.sifted_bytes = 0
        self.version = 0
        self.is_known = False
        self.trouble = ""
        self.end: list[LogRow] = []  # the last rows; all there is until it is counted
        self._chunks: dict[int, dict[int, LogRow]] = {}
        self._sizes: dict[int, int] = {}
        self._asking: dict[int, asyncio.Task[None]] = {}

    # --- what is known ------------------------------------------------------------------------------------------------
    @property
    def is_counted(self) -> bool:
        """Whether rows have places."""
        return self.is_known and self.counted_bytes >= self.size_bytes

    @property
    def is_whole(self) -> bool:
        """Whether all of the file has been counted and sifted."""
        return self.is_counted and self.sifted_bytes >= self.size_bytes

    @property
    def extent(self) -> tuple[int, ...]:
        """How much there is, and how much of that is known."""
        return (self.version, self.total, self.count, self.size_bytes, self.counted_bytes, self.sifted_bytes)

    def at(self, place: int) -> LogRow | None:
        """A row; None: not known yet. See `want`."""
        if not self.is_counted:
            return self.end[place] if place < len(self.end) else None
        chunk = self._chunks.get(place // PAGE)
        return None if chunk is None else chunk.get(place)

    # --- asking -------------------------------------------------------------------------------------------------------
    def want(self, places: Iterable[int]) -> None:
        """Ask for what is missing of these, nearest first."""
        for place in places:
            number = place // PAGE
            if number in self._asking or len(self._asking) >= AT_ONCE or not 0 <= place < self.count:
                continue
            if self.at(place) is None:
                self._asking[number] = asyncio.create_task(self._fetch(number), name="flowlite tui log page")

    async def _fetch(self, number: int) -> None:
        try:
            known = self._chunks.get(number, {})
            first = next((place for place in range(number * PAGE, (number + 1) * PAGE) if place not in known), None)
            if first is not None:
                await self.look(first, (number + 1) * PAGE - first)
                self._heard()
        except (FlowliteError, OSError) as error:
            self.trouble = str(error)
            self._heard()
            await asyncio.sleep(AGAIN_S)
        finally:
            self._asking.pop(number, None)

    async def look(self, from_line: int, rows: int, **more: Any) -> Told:
        """Ask for some rows, and keep them. Raises what the daemon raises."""
        told: Told = await self._ask(
            from_line=from_line, lines=rows, level=self.shown.level, context=self.shown.context, **more
        )
        self.take(told)
        return told

    def take(self, told: Told) -> None:
        """Keep what was told."""
        if told["version"] != self.version:
            self._forget(told["version"])
        self.is_known, self.trouble = True, ""
        self.total, self.size_bytes, self.counted_bytes = told["total"], told["size_bytes"], told["counted_bytes"]
        self.messages, self.sifted_bytes = told["messages"], told["sifted_bytes"]
        found = rows_of(told, self.shown.context)
        first = told["from_line"]
        if first < 0:  # it is not counted yet
            self.end, self.count = found, len(found)
        else:
            self.count = told["passing"] if self.shown.level else told["total"]
            self._keep(first, found)

    def _forget(self, version: int) -> None:
        self.version = version
        self._chunks.clear()
        self._sizes.clear()
        self.end = []

    def _keep(self, first: int, found: list[LogRow]) -> None:
        for place, row in enumerate(found, first):
            number = place // PAGE
            chunk = self._chunks.pop(number, None)
            chunk = {} if chunk is None else chunk
            self._chunks[number] = chunk  # the ones looked at last are at the end
            if place not in chunk:
                self._sizes[number] = self._sizes.get(number, 0) + row.size
            chunk[place] = row
        while sum(self._sizes.values()) > MOST_KEPT and len(self._chunks) > 2:
            oldest = next(iter(self._chunks))
            del self._chunks[oldest], self._sizes[oldest]

    async def stop(self) -> None:
        """Ask no more."""
        tasks = list(self._asking.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
