"""The real application on a recorded world, without a terminal: keys in, cells out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from textual.pilot import Pilot
from worlds.replay import World

from flowlite.client.remote import Remote
from flowlite.client.remote_line import Line
from flowlite.service.api.place import SOCKET
from flowlite.tui.app import FlowliteApp
from flowlite.tui.places import place_of
from flowlite.tui.widgets.canvas import Canvas

BERLIN = ZoneInfo("Europe/Berlin")
PATIENCE_S = 20.0


@dataclass
class Screen:
    """What somebody sees and does. `press` returns when all that it has led to is there."""

    app: FlowliteApp
    pilot: Pilot
    world: World

    async def press(self, *keys: str) -> None:
        """One after the other; between them the screen comes to rest."""
        for key in keys:
            await self.pilot.press(key)
            await self.settled()

    async def type(self, text: str) -> None:
        """Letters."""
        names = {" ": "space", ":": "colon", ">": "greater_than_sign", "-": "minus", "_": "underscore", "*": "asterisk",
                 "/": "slash", ",": "comma", ".": "full_stop", "=": "equals_sign"}  # fmt: skip
        await self.pilot.press(*(names.get(letter, letter) for letter in text))
        await self.settled()

    async def go(self, place: str) -> None:
        """To a place."""
        self.app.go(place)
        await self.settled()

    async def settled(self) -> None:
        """Until nothing is asked for and nothing waits to be drawn."""
        until, calm = time.monotonic() + PATIENCE_S, 0
        while calm < 3:
            await self.pilot.pause()
            await asyncio.sleep(0.005)
            app = self.app
            workers = [one for one in app.workers if one.group == "places" and not one.is_finished]
            is_calm = app.reader.is_quiet and app.lookups.is_quiet and app.pulse.is_quiet and not workers
            is_calm = is_calm and (app.reader.is_live or app.reader.lost_at is not None)
            calm = calm + 1 if is_calm else 0
            assert time.monotonic() < until, f"the screen does not come to rest:\n{self.text}"

    async def until(self, holds, said: str = "it never came true") -> None:
        """Until something holds."""
        until = time.monotonic() + PATIENCE_S
        while not holds():
            await self.pilot.pause()
            await asyncio.sleep(0.005)
            assert time.monotonic() < until, f"{said}:\n{self.text}"
        await self.settled()

    # --- what is seen -------------------------------------------------------------------------------------------------
    @property
    def lines(self) -> list[str]:
        """As the terminal has them."""
        found = [strip.text for strip in self._strips()]
        return [line.rstrip() for line in found]

    @property
    def text(self) -> str:
        """All of them."""
        return "\n".join(self.lines)

    def _strips(self):
        """Sheets over what lies below them."""
        from textual._context import visible_screen_stack

        visible_screen_stack.set(self.app._background_screens)
        return self.app.screen._compositor.render_strips()

    def line(self, part: str) -> str:
        """The first line that holds a text."""
        found = next((line for line in self.lines if part in line), None)
        assert found is not None, f"no {part!r} on the screen:\n{self.text}"
        return found

    @property
    def cursor(self) -> str:
        """The line under the cursor."""
        return self.line("▌")

    def roles(self) -> list[list[str]]:
        """The role of each cell; "" where no canvas is."""
        width, height = self.app.size
        found = [[""] * width for _ in range(height)]
        for screen in self.app.screen_stack:
            for canvas in screen.query(Canvas):
                if canvas.is_attached and canvas.display and canvas.region:
                    lay(canvas, found)
        return found


def lay(canvas: Canvas, found: list[list[str]]) -> None:
    """The roles of a canvas where it lies."""
    region, width, height = canvas.region, len(found[0]), len(found)
    for y, row in enumerate(canvas.rows[: region.height]):
        if not 0 <= region.y + y < height:
            continue
        for x in range(region.x, min(region.right, width)):
            found[region.y + y][x] = canvas.blank
        for span in row:
            for x in range(span.x, span.x + len(span.text)):
                if 0 <= region.x + x < width and x < region.width:
                    found[region.y + y][region.x + x] = span.role


@asynccontextmanager
async def screen_of(
    name: str, root: Path, *, place: str = "home", size: tuple[int, int] = (80, 24), **how
) -> AsyncIterator[Screen]:
    """A world, and somebody who looks at it."""
    world = World(name, root)
    async with world:
        remote = Remote(Line(world.place.state / SOCKET))
        app = FlowliteApp(remote, place=place_of(place), clock=world.clock.now, zone=BERLIN, **how)
        async with app.run_test(size=size) as pilot:
            screen = Screen(app, pilot, world)
            await screen.settled()
            yield screen
