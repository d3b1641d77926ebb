"""Looking at a log again and again: often while it grows, seldom while it rests, and not any more once it is over."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Protocol

from flowlite.core.errors import FlowliteError
from flowlite.tui.logs.pane import LogPane

SOON_S, BEAT_S, REST_S = 0.02, 0.12, 1.0  # until the next look: it is counted, it grows, it rests
ERRORS_EVERY_S = 3.0


class Watched(Protocol):
    """Whose log it is."""

    pane: LogPane | None

    @property
    def is_shown(self) -> bool:
        """Whether anybody can see it."""
        ...

    @property
    def is_live(self) -> bool:
        """Whether more may come."""
        ...

    def renew(self) -> None:
        """Something has changed."""
        ...

    def do(self, doing: Coroutine[Any, Any, Any]) -> None:
        """In the background."""
        ...


class Watch:
    """From `start` to `stop`. `skipped_per_s`: lines that come too fast for anybody to see all of them."""

    def __init__(self, watched: Watched) -> None:
        self._of = watched
        self.skipped_per_s = 0.0
        self._last = (0, 0.0)  # lines, and when
        self._counted_at = -ERRORS_EVERY_S
        self._wanted = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._live(), name="flowlite tui log watch")

    def anew(self) -> None:
        """At another log."""
        self.skipped_per_s, self._last, self._counted_at = 0.0, (0, 0.0), -ERRORS_EVERY_S

    def soon(self) -> None:
        """Look now."""
        self._wanted.set()

    async def stop(self) -> None:
        """End."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _live(self) -> None:
        wait_s: float | None = None
        while True:
            try:
                async with asyncio.timeout(wait_s):
                    await self._wanted.wait()
                rested_s = 0.0
            except TimeoutError:
                rested_s = wait_s or 0.0
            self._wanted.clear()
            wait_s = await self._look(rested_s)

    async def _look(self, rested_s: float) -> float | None:
        """How long until the next look; None: until somebody asks for one."""
        pane = self._of.pane
        if pane is None or not self._of.is_shown:
            return None
        try:
            has_changed = await pane.poll()
        except (FlowliteError, OSError) as error:
            pane.pages.trouble = str(error)
            self._of.renew()
            return REST_S
        self._note_skipped(pane)
        if has_changed:
            self._of.renew()
        self._count_errors(pane, has_changed=has_changed)
        if not pane.pages.is_whole:
            return SOON_S
        if has_changed:
            return BEAT_S
        return min(REST_S, max(BEAT_S, 2 * rested_s)) if self._of.is_live else None

    def _note_skipped(self, pane: LogPane) -> None:
        now, was, (lines, at) = asyncio.get_running_loop().time(), self.skipped_per_s, self._last
        self._last = (pane.pages.total, now)
        too_many = pane.pages.total - lines - pane.height
        is_followed = lines and pane.is_following and pane.pages.is_whole and self._of.is_live
        self.skipped_per_s = too_many / max(now - at, 1e-3) if is_followed and too_many > 0 else 0.0
        if was and not self.skipped_per_s:
            self._of.renew()

    def _count_errors(self, pane: LogPane, *, has_changed: bool) -> None:
        now = asyncio.get_running_loop().time()
        is_due = pane.pages.is_whole and now - self._counted_at >= ERRORS_EVERY_S
        if is_due and (has_changed or not pane.errors.is_counted):
            self._counted_at = now
            self._of.do(pane.count_errors())
