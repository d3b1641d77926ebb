"""The half of the application that carries out actions: whose key it is, why it can't be done, what became of it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Protocol, cast, runtime_checkable

from textual import events

from flowlite.core.errors import FlowliteError
from flowlite.tui.acting import REGISTRY
from flowlite.tui.acting.undoing import Undo
from flowlite.tui.actions import EVERYWHERE, Action
from flowlite.tui.base import BaseApp
from flowlite.tui.widgets.canvas import Canvas
from flowlite.tui.widgets.listing import Listing
from flowlite.tui.widgets.run_grid import RunGrid

if TYPE_CHECKING:
    from flowlite.tui.reader import Reader
    from flowlite.tui.views.view import View

MESSAGE_S = 4.0
HOLD_S = 1.0


@runtime_checkable
class Keyed(Protocol):
    """A screen that takes keys as a whole."""

    def take_key(self, event: events.Key) -> None:
        """One of them."""
        ...


class Doing(BaseApp):
    """For an application with a reader and a view."""

    reader: Reader
    is_read_only: bool

    def __init__(self, *, look: str, is_ascii: bool, beat_s: float) -> None:
        super().__init__(look=look, is_ascii=is_ascii, beat_s=beat_s)
        self.registry = REGISTRY
        self.undo = Undo()
        self.message: tuple[str, str] | None = None
        self._message_ends: Any = None
        self._held: list[events.Key] | None = None  # keys that are kept back; None: none is
        self._hold_ends: Any = None

    @property
    def view(self) -> View | None:
        """The one that is seen."""
        raise NotImplementedError

    @property
    def viewer(self) -> str:
        """The name of whoever it is that may only look; "": they may do more, or nobody has said yet."""
        raise NotImplementedError

    # --- keys ---------------------------------------------------------------------------------------------------------
    def take(self, event: events.Key) -> None:
        """A key to the sheet or the screen that it is for."""
        if self._held is not None:
            self._held.append(event)
        elif isinstance(self.screen, Keyed):
            self.screen.take_key(event)

    def hold(self) -> None:
        """Something may open, and what is typed behind the key that does it is for that. Not for long: if nothing has
        opened by then, keys are for what is there."""
        if self._held is None:
            self._held = []
        if self._hold_ends is not None:
            self._hold_ends.stop()
        self._hold_ends = self.set_timer(HOLD_S, self.release)

    def release(self) -> None:
        """It is open, or nothing will be."""
        held, self._held = self._held or [], None
        for event in held:
            self.take(event)

    @property
    def is_holding(self) -> bool:
        """Whether keys are kept back."""
        return self._held is not None

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
            self.hold()
            self.spawn(cast("Coroutine[Any, Any, None]", doing), because=lambda: self.refusal(action, here))

    def refusal(self, action: Action, here: Any) -> str:
        """Why it can't be done now; "": it can."""
        if action.changes and self.is_read_only:
            return "this view is read-only; start `flowlite tui` without --read-only"
        if action.changes and not self.reader.is_live:
            return "no daemon is up to do it; start one with `flowlite up`"
        if action.changes and self.viewer and not action.is_for_the_named:
            return f"{self.viewer} is viewer, and viewers only look"
        return action.reason(here)

    def unmark(self) -> None:
        """What was marked has been acted on."""
        if isinstance(self.focused, Listing | RunGrid):
            self.focused.unmark()

    def spawn(self, doing: Coroutine[Any, Any, None], because: Callable[[], str] = lambda: "") -> None:
        """In the background; what goes wrong is told. `because` says why it can't be done (any more) as it begins."""
        self.run_worker(self._told(doing, because), group="acting")

    async def _told(self, doing: Coroutine[Any, Any, None], because: Callable[[], str]) -> None:
        try:
            if refusal := because():
                doing.close()
                self.say(refusal, "warn")
            else:
                await doing
        except (FlowliteError, OSError) as error:
            self.say(str(error), "error")
        finally:
            self.release()

    def say(self, text: str, role: str = "text") -> None:
        """In the last line, for some seconds."""
        self.message = (text, role)
        if self._message_ends is not None:
            self._message_ends.stop()
        self._message_ends = self.set_timer(MESSAGE_S, self._hush)
        self.refresh_chrome()

    def refresh_chrome(self) -> None:
        """First and last line."""
        for canvas in self.pulse.last:
            self.pulse.want(canvas)

    def _hush(self) -> None:
        self.message = None
        self.refresh_chrome()
