"""The real application on a recorded world, without a terminal: keys in, cells out."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from textual import events
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
NAMES = {
    " ": "space", ":": "colon", ">": "greater_than_sign", "-": "minus", "_": "underscore", "*": "asterisk",
    "/": "slash", ",": "comma", ".": "full_stop", "=": "equals_sign", "?": "question_mark", "+": "plus",
    "[": "left_square_bracket", "]": "right_square_bracket", "$": "dollar_sign", "<": "less_than_sign",
}  # fmt: skip
LETTERS = {name: letter for letter, name in NAMES.items()}


class Counted(Remote):
    """A client that knows how many of its questions are open."""

    open = 0

    async def raw(self, verb, **named):
        """As ever."""
        Counted.open += 1
        try:
            return await super().raw(verb, **named)
        finally:
            Counted.open -= 1


@dataclass
class Screen:
    """What somebody sees and does. `press` returns when all that it has led to is there."""

    app: FlowliteApp
    pilot: Pilot
    world: World

    async def press(self, *keys: str) -> None:
        """One after the other; between them the screen comes to rest."""
        for key in keys:
            self.send(key)
            await self.settled()

    async def type(self, text: str) -> None:
        """Letters."""
        for letter in text:
            self.send(letter)
        await self.settled()

    def send(self, key: str) -> None:
        """A key, as the terminal says it: by its name, or the letter that it types."""
        letter = LETTERS.get(key, key if len(key) == 1 else None)
        name = NAMES.get(key, key)
        event = events.Key(name, letter)
        event.set_sender(self.app)
        self.app._driver.send_message(event)

    async def go(self, place: str) -> None:
        """To a place."""
        self.app.go(place)
        await self.settled()

    async def settled(self) -> None:
        """Until nothing is asked for and nothing waits to be drawn."""
        until, calm = time.monotonic() + PATIENCE_S, 0
        while calm < 4:
            await self.pilot.pause(0.001)
            app = self.app
            workers = [one for one in app.workers if one.group == "places" and not one.is_finished]
            is_calm = app.reader.is_quiet and app.lookups.is_quiet and app.pulse.is_quiet and not workers
            is_calm = is_calm and not app.is_holding
            is_calm = is_calm and await self.is_up_to_date()
            is_calm = is_calm and not Counted.open and (app.reader.is_live or app.reader.lost_at is not None)
            calm = calm + 1 if is_calm else 0
            assert time.monotonic() < until, f"the screen does not come to rest:\n{self.text}"

    async def is_up_to_date(self) -> bool:
        """Whether all that has happened has been heard of."""
        if getattr(self.world, "api", None) is None or not self.app.reader.is_live:
            return True
        return self.app.reader.seq >= await self.world.last_event()

    async def until(self, holds, said: str = "it never came true") -> None:
        """Until something holds."""
        until = time.monotonic() + PATIENCE_S
        while not holds():
            await self.pilot.pause(0.002)
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


async def token_of(world: World, viewer: str) -> str:
    """Of somebody who may only look."""
    desk = world.desk("admin")
    await desk.add_user(viewer, "viewer")
    return (await desk.create_token(viewer, user=viewer)).token


@asynccontextmanager
async def screen_of(
    name: str, root: Path, *, place: str = "home", size: tuple[int, int] = (80, 24), viewer: str = "", **how
) -> AsyncIterator[Screen]:
    """A world, and somebody who looks at it: its owner, or a viewer with a token."""
    world = World(name, root)
    async with world:
        token = await token_of(world, viewer) if viewer else None
        remote = Counted(Line(world.place.state / SOCKET, token))
        app = FlowliteApp(remote, place=place_of(place), clock=world.clock.now, zone=BERLIN, beat_s=0.0, **how)
        async with app.run_test(size=size) as pilot:
            screen = Screen(app, pilot, world)
            await screen.settled()
            yield screen
