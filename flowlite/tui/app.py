"""The terminal UI: a line that says where one is, a view, a line that says what the keys do. Knows the daemon through
the client only."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Coroutine
from datetime import tzinfo
from typing import Any, ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.containers import Container
from textual.screen import Screen

from flowlite.core.errors import FlowliteError
from flowlite.tui.acting import REGISTRY
from flowlite.tui.acting.undoing import Undo
from flowlite.tui.actions import EVERYWHERE, Action
from flowlite.tui.base import BaseApp
from flowlite.tui.clipboard import copying
from flowlite.tui.keymap import named
from flowlite.tui.lookups import Lookups
from flowlite.tui.model.world import World
from flowlite.tui.places import HOME, History, Place, place_of
from flowlite.tui.reader import Asked, Reader
from flowlite.tui.rows import Piece
from flowlite.tui.themes import FIRST
from flowlite.tui.views.places import VIEWS
from flowlite.tui.views.view import View
from flowlite.tui.widgets.canvas import Canvas
from flowlite.tui.widgets.chrome import Footer, Header
from flowlite.tui.widgets.listing import Listing
from flowlite.tui.widgets.prompt import Prompt
from flowlite.tui.widgets.run_grid import RunGrid

MESSAGE_S = 4.0
STATS_OF = 60  # runs


class Main(Screen[None]):
    """The one screen below all dialogs. Keys that no widget has taken are those of actions."""

    AUTO_FOCUS = ""
    DEFAULT_CSS = "Main > #stage { width: 1fr; height: 1fr; }"

    def compose(self) -> ComposeResult:
        """First line, stage, last line."""
        yield Header("header")
        yield Container(id="stage")
        yield Footer("footer")
        yield Prompt("prompt")

    async def on_mount(self) -> None:
        """Go to the first place."""
        await cast("FlowliteApp", self.app).show_place()

    def on_key(self, event: events.Key) -> None:
        """Carry out whose key it is here."""
        if cast("FlowliteApp", self.app).pressed(named(event.key, event.character)):
            event.stop()


class FlowliteApp(BaseApp):
    """`remote` answers, `place` is where one begins. Times are shown in `zone` (None: that of this machine)."""

    TITLE = "flowlite"
    BINDINGS: ClassVar[list[Any]] = []

    def __init__(
        self, remote: Asked, *, place: Place = HOME, look: str = FIRST, is_ascii: bool = False,
        is_read_only: bool = False, clock: Callable[[], float] = time.time, zone: tzinfo | None = None,
    ) -> None:  # fmt: skip
        super().__init__(look=look, is_ascii=is_ascii)
        self.remote, self.is_read_only, self.clock, self.zone = remote, is_read_only, clock, zone
        self.world = World()
        self.lookups = Lookups(remote, self.heard)
        self.reader = Reader(remote, self.world, self.heard, clock=clock)
        self.registry = REGISTRY
        self.undo = Undo()
        self.watched: set[int] = set()  # runs whose end rings the bell
        self.history = History(place)
        self.views: dict[str, View] = {}
        self.message: tuple[str, str] | None = None
        self._has_news = False
        self._message_ends: Any = None

    def get_default_screen(self) -> Screen[None]:
        """Ours."""
        return Main(id="main")

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
            await stage.mount(view)
        for other in self.views.values():
            other.display = other is view
        view.show(place)
        if (first := view.first()) is not None and (self.focused is None or view not in self.focused.ancestors):
            first.focus(scroll_visible=False)
        self.refresh_chrome()
        for canvas in view.query(Canvas):
            self.pulse.want(canvas)

    def crumbs(self) -> list[Piece]:
        """Where one is."""
        return [] if self.view is None else self.view.crumbs()

    def refresh_chrome(self) -> None:
        """First and last line."""
        for canvas in (*self.screen_stack[0].query(Header), *self.screen_stack[0].query(Footer)):
            self.pulse.want(canvas)

    def on_descendant_focus(self) -> None:
        """Other keys, other hints."""
        self.refresh_chrome()

    # --- actions ------------------------------------------------------------------------------------------------------
    def chain(self) -> list[tuple[str, Any]]:
        """The scopes whose keys hold now, nearest first, with what each stands for."""
        found: list[tuple[str, Any]] = []
        if isinstance(self.focused, Canvas):
            found += [(scope, self.focused) for scope in self.focused.scopes]
        if self.view is not None:
            found += [(scope, self.view) for scope in self.view.scopes]
        return [*found, (EVERYWHERE, self)]

    def offered(self) -> list[tuple[Action, Any]]:
        """What can be done here, with what it is done to."""
        chain = self.chain()
        things = dict(reversed(chain))
        return [(action, things[action.scope]) for action in self.registry.of([scope for scope, _ in chain])]

    def pressed(self, key: str) -> bool:
        """Carry out whose key it is; whether it is anybody's."""
        chain = self.chain()
        action = self.registry.at([scope for scope, _ in chain], key)
        if action is None:
            return False
        self.carry_out(action, dict(reversed(chain))[action.scope])
        return True

    def carry_out_named(self, id_: str) -> None:
        """By its id, if it can be done here."""
        for action, here in self.offered():
            if action.id == id_:
                self.carry_out(action, here)
                return

    def carry_out(self, action: Action, here: Any) -> None:
        """Do it, or say why not."""
        because = self.refusal(action, here)
        if because:
            self.say(because, "warn")
            return
        doing = action.run(here)
        if doing is not None:
            self.spawn(cast("Coroutine[Any, Any, None]", doing))

    def refusal(self, action: Action, here: Any) -> str:
        """Why it can't be done now; "": it can."""
        if action.changes and self.is_read_only:
            return f"{action.title}: this view is read-only; start `flowlite tui` without --read-only to change things"
        if action.changes and not self.reader.is_live:
            return f"{action.title}: no daemon is up to do it; start one with `flowlite up`"
        return action.reason(here)

    def unmark(self) -> None:
        """What was marked has been acted on."""
        if isinstance(self.focused, Listing | RunGrid):
            self.focused.unmark()

    def spawn(self, doing: Coroutine[Any, Any, None]) -> None:
        """In the background; what goes wrong is told."""
        self.run_worker(self._told(doing), group="acting")

    async def _told(self, doing: Coroutine[Any, Any, None]) -> None:
        try:
            await doing
        except (FlowliteError, OSError) as error:
            self.say(str(error), "error")

    def say(self, text: str, role: str = "text") -> None:
        """In the last line, for some seconds."""
        self.message = (text, role)
        if self._message_ends is not None:
            self._message_ends.stop()
        self._message_ends = self.set_timer(MESSAGE_S, self._hush)
        self.refresh_chrome()

    def _hush(self) -> None:
        self.message = None
        self.refresh_chrome()
