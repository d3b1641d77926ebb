"""The one screen below all sheets: first line, stage, last line."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual import events
from textual.app import ComposeResult
from textual.containers import Container
from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import Widget

from flowlite.tui.keymap import named
from flowlite.tui.widgets.chrome import Header
from flowlite.tui.widgets.prompt import Prompt

if TYPE_CHECKING:
    from flowlite.tui.app import FlowliteApp


class Main(Screen[None]):
    """The one screen below all dialogs. Its keys are those of actions, or of the prompt while that is shown."""

    AUTO_FOCUS = ""
    focused: Reactive[Widget | None] = Reactive(None, repaint=False)  # all of the screen would be painted again
    DEFAULT_CSS = "Main > #stage { width: 1fr; height: 1fr; }"

    def compose(self) -> ComposeResult:
        """First line, stage, last line."""
        yield Header("header")
        yield Container(id="stage")
        yield Prompt("footer")

    async def on_mount(self) -> None:
        """Go to the first place."""
        app = cast("FlowliteApp", self.app)
        app.pulse.last = [self.query_one(Header), self.query_one(Prompt)]
        await app.show_place()

    def on_unmount(self) -> None:
        """The application ends, and its screens go before it does: nothing is drawn any more."""
        cast("FlowliteApp", self.app).pulse.stop()

    def take_key(self, event: events.Key) -> None:
        """At once, and not by way of what has the focus: keys that are quicker than the focus keep their order."""
        prompt = self.query_one(Prompt)
        if prompt.is_asking:
            prompt.on_key(event)
        else:
            cast("FlowliteApp", self.app).pressed(named(event.key, event.character))
