"""The terminal UI: a line that says where one is, a view, a line that says what the keys do. Knows the daemon through
the client only."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import tzinfo
from typing import Any, ClassVar

from textual import events
from textual.screen import Screen

from flowlite.core.errors import FlowliteError
from flowlite.tui.clipboard import copying
from flowlite.tui.doing import Doing
from flowlite.tui.lookups import Lookups
from flowlite.tui.main_screen import Main
from flowlite.tui.model.world import World
from flowlite.tui.places import HOME, History, Place, place_of
from flowlite.tui.pulse import BEAT_S
from flowlite.tui.reader import Asked, Reader
from flowlite.tui.rows import Piece
from flowlite.tui.themes import FIRST
from flowlite.tui.views.places import VIEWS
from flowlite.tui.views.view import View
from flowlite.tui.widgets.canvas import Canvas

STATS_OF = 60  # runs
ROLE_FOR_S = 30.0  # then it is asked for again, if somebody looks


class FlowliteApp(Doing, inherit_bindings=False):
    """`remote` answers, `place` is where one begins. Times are shown in `zone` (None: that of this machine)."""

    TITLE = "flowlite"
    BINDINGS: ClassVar[list[Any]] = []  # every key is that of an action of ours

    def __init__(
        self, remote: Asked, *, place: Place = HOME, look: str = FIRST, is_ascii: bool = False,
        is_read_only: bool = False, clock: Callable[[], float] = time.time, zone: tzinfo | None = None,
        beat_s: float = BEAT_S,
    ) -> None:  # fmt: skip
        super().__init__(look=look, is_ascii=is_ascii, beat_s=beat_s)
        self.remote, self.is_read_only, self.clock, self.zone = remote, is_read_only, clock, zone
        self.world = World()
        self.lookups = Lookups(remote, self.heard)
        self.reader = Reader(remote, self.world, self.heard, clock=clock)
        self.watched: set[int] = set()  # runs whose end rings the bell
        self.history = History(place)
        self.views: dict[str, View] = {}
        self._has_news = False
        self._place_told: Place | None = None  # to the browser, if we are in one

    def get_default_screen(self) -> Screen[None]:
        """Ours."""
        return Main(id="main")

    async def on_event(self, event: events.Event) -> None:
        """Keys are carried out here, in their order; all else goes its way."""
        if isinstance(event, events.Key):
            self.app_focus = True
            self.take(event)
        else:
            await super().on_event(event)

    def on_mount(self) -> None:
        """Begin to read."""
        self.run_worker(self.reader.live(), name="reader", group="reader")

    # --- news ---------------------------------------------------------------------------------------------------------
    def heard(self) -> None:
        """Something has changed: all that is seen is drawn with the next beat."""
        if not self._has_news:
            self._has_news = True
            self.pulse.wake()

    def before_drawing(self) -> None:
        """Whatever may show the news wants to be drawn."""
        if self.is_web:
            self.tell_place()
        if self._has_news:
            self._has_news = False
            if self.lookups.is_live != self.reader.is_live:
                self.lookups.is_live = self.reader.is_live
                self.lookups.forget()
            for canvas in self.screen_stack[0].query(Canvas):
                self.pulse.want(canvas)
            if self.watched:
                self.ring()

    def ring(self) -> None:
        """For runs that were watched and have ended."""
        for run in [run for run in self.watched if run in self.world.runs and self.world.runs[run].is_finished]:
            self.watched.discard(run)
            ended = self.world.runs[run]
            self.bell()
            self.say(f"run {run} of {ended.dag_id} has ended: {ended.state}", f"state-{ended.state}")

    def copy(self, text: str) -> None:
        """To the clipboard of the terminal."""
        said = copying(text, os.environ)
        if said is None or self._driver is None:
            self.say("that is too long for the clipboard of a terminal", "warn")
            return
        self._driver.write(said)
        self.say(f"copied: {text.splitlines()[0] if text else ''}", "good")

    def now(self) -> float:
        """The time as the daemon has it."""
        return self.reader.now()

    @property
    def viewer(self) -> str:
        """As the daemon has it; somebody who is given another role finds it here soon."""
        me = self.lookups.look("me", stamp=int(self.now() // ROLE_FOR_S)).value
        return str(me["name"]) if me is not None and me["role"] == "viewer" else ""

    def stats_of(self, dag_id: str) -> dict[str, Any] | None:
        """How a DAG and its tasks have been doing; asked for again when a run has ended."""
        dag = self.world.dags.get(dag_id)
        ended = None if dag is None else next((run for run in dag.runs if run.is_finished), None)
        stamp = None if ended is None else (ended.id, ended.state)
        found: dict[str, Any] | None = self.lookups.look(
            "stats", stamp=stamp, every_s=10.0, dag_id=dag_id, last=STATS_OF
        ).value
        return found

    # --- places -------------------------------------------------------------------------------------------------------
    @property
    def view(self) -> View | None:
        """The one that is seen."""
        return self.views.get(self.history.here.view)

    def go(self, place: Place | str) -> None:
        """To a place; one that is not there is told of."""
        try:
            self.history.go(place_of(place) if isinstance(place, str) else place)
        except FlowliteError as error:
            self.say(str(error), "error")
            return
        self.run_worker(self.show_place(), group="places")

    async def show_place(self) -> None:
        """What the history says is here."""
        place = self.history.here
        stage = self.screen_stack[0].query_one("#stage")
        view = self.views.get(place.view)
        if view is None:
            view = self.views[place.view] = VIEWS[place.view]()
            view.place = place
            await stage.mount(view)
        main = self.screen_stack[0]
        for other in self.views.values():
            other.leave(main.focused)
            other.display = other is view
        view.show(place)
        if (first := view.begin()) is not None and (main.focused is None or view not in main.focused.ancestors):
            main.set_focus(first, scroll_visible=False)
        self.refresh_chrome()
        for canvas in view.query(Canvas):
            self.pulse.want(canvas)

    def tell_place(self) -> None:
        """To a browser, for the address of its page."""
        if (here := self.history.here) != self._place_told and (tell := getattr(self._driver, "tell_place", None)):
            self._place_told = here
            tell(str(here))

    def crumbs(self) -> list[Piece]:
        """Where one is."""
        return [] if self.view is None else self.view.crumbs()

    def on_descendant_focus(self) -> None:
        """Other keys, other hints."""
        self.refresh_chrome()
