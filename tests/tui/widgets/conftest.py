"""The terminal UI on a recorded world, as a person sees it: rows of text, and keys."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC
from typing import Any

import pytest
from textual.pilot import Pilot

from flowlite.tui.app import FlowliteApp
from flowlite.tui.places import place_of
from flowlite.tui.widgets.canvas import Canvas

PATIENCE = 1_000  # looks


class Screen:
    """What is on it, and what can be done."""

    def __init__(self, app: FlowliteApp, pilot: Pilot[Any]) -> None:
        self.app, self.pilot = app, pilot

    @property
    def pane(self) -> Any:
        """What has the keys."""
        return self.app.focused

    @property
    def rows(self) -> list[str]:
        """Of the pane."""
        return [self._text(row) for row in self.pane.rows] if isinstance(self.pane, Canvas) else []

    @staticmethod
    def _text(row: Any) -> str:
        text = ""
        for span in row:
            text = text.ljust(span.x) + span.text
        return text.rstrip()

    async def press(self, *keys: str) -> None:
        """One after the other."""
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def until(self, holds: Callable[[], Any]) -> None:
        """Look until it is so."""
        for _ in range(PATIENCE):
            if holds():
                return
            await self.pilot.pause(0.02)
        raise AssertionError("it never was so:\n" + "\n".join(self.rows))

    async def shows(self, text: str) -> None:
        """Look until a row of the pane has this text."""
        await self.until(lambda: any(text in row for row in self.rows))


@pytest.fixture
def screen() -> Callable[..., AbstractAsyncContextManager[Screen]]:
    """`async with screen(world, "dag/etl_orders/graph", 120, 36) as seen`."""

    @asynccontextmanager
    async def opened(world: Any, place: str, width: int = 120, height: int = 36) -> AsyncIterator[Screen]:
        app = FlowliteApp(world.remote, place=place_of(place), clock=world.clock.now, zone=UTC)
        async with app.run_test(size=(width, height)) as pilot:
            seen = Screen(app, pilot)
            await seen.until(lambda: isinstance(app.focused, Canvas) and app.focused.rows)
            yield seen

    return opened
