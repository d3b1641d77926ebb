"""A sheet over the screen: parts below each other, a title, a frame. Keys go to the part that has the focus."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, cast

from textual import events
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen

from flowlite.tui.keymap import named
from flowlite.tui.picture import Row, Span
from flowlite.tui.rows import BLANK, Line, Piece, cropped, grounded, moved, on_rule
from flowlite.tui.sheets.parts import Part
from flowlite.tui.widgets.canvas import Canvas

if TYPE_CHECKING:
    from flowlite.tui.app import FlowliteApp

R = TypeVar("R")
PAD = 2


class Page(Canvas, can_focus=True):
    """What is painted of a sheet."""

    DEFAULT_CSS = "Page { width: auto; height: auto; }"
    blank = "text.raised"

    def __init__(self, sheet: Sheet[Any]) -> None:
        super().__init__("page")
        self.sheet = sheet
        self._tops: list[tuple[Part, int, int]] = []

    def draw(self, width: int, height: int) -> Sequence[Row]:
        """Title, parts, hints."""
        inner = width - 2 * PAD
        parts = self.sheet.parts
        heights = shared([part.height(inner) for part in parts], parts, height - 4)
        title = on_rule(Line(width).skip(PAD).pieces(*self.sheet.heading()).row, width - PAD, has_focus=True)
        rows: list[Row] = [title, BLANK]
        self._tops = []
        for part, wanted in zip(parts, heights, strict=True):
            has_focus = part is self.sheet.focused_part
            self._tops.append((part, len(rows), wanted))
            rows += [moved(row, PAD) for row in part.draw(inner, wanted, has_focus=has_focus)] if wanted else []
        rows += [BLANK] * (height - len(rows) - 1)
        rows.append(Line(width).skip(PAD).pieces(*self.sheet.hints()).row)
        return [framed(grounded(row, width, "raised"), width) for row in rows]

    def clicked(self, key: str, x: int, y: int, *, times: int) -> None:
        """The part that was hit has the focus."""
        for part, top, wanted in self._tops:
            if top <= y < top + wanted and part.can_focus:
                self.sheet.focused_part = part
                part.clicked(x - PAD, y - top)
                self.sheet.changed()

    def wheeled(self, lines: int) -> None:
        """As the arrows do."""
        part = self.sheet.focused_part
        if part is not None:
            for _ in range(abs(lines)):
                part.key("down" if lines > 0 else "up", None)
            self.renew_now()

    def on_paste(self, event: events.Paste) -> None:
        """Into the part that has the focus."""
        event.stop()
        if self.sheet.focused_part is not None:
            self.sheet.focused_part.paste(event.text)
            self.sheet.changed()


class Sheet(ModalScreen[R | None], Generic[R]):
    """Whoever derives from it fills `parts`. `wide`: cells, where there is room."""

    DEFAULT_CSS = """
    Sheet { align: center middle; background: transparent; }
    Sheet:ansi { background: transparent; }
    """
    BINDINGS: ClassVar[list[Any]] = []
    AUTO_FOCUS = "#page"
    wide = 76

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[Part] = []
        self.focused_part: Part | None = None
        self._size_wanted = (0, 0)

    @property
    def ui(self) -> FlowliteApp:
        """The application."""
        return cast("FlowliteApp", self.app)

    # --- for those who derive -----------------------------------------------------------------------------------------
    def heading(self) -> list[Piece]:
        """What it asks."""
        return []

    def hints(self) -> list[Piece]:
        """What keys do."""
        return [
            ("tab", "key"),
            (" next  ", "hint"),
            ("⏎", "key"),
            (" do it  ", "hint"),
            ("esc", "key"),
            (" leave", "hint"),
        ]

    def take_key(self, event: events.Key) -> None:
        """All of them are for a sheet."""
        self.pressed(named(event.key, event.character), event.character)

    def pressed(self, key: str, character: str | None) -> None:
        """A key: the part's own, or one that moves the focus, or leaves."""
        part = self.focused_part
        if part is not None and key not in ("tab", "shift+tab", "escape") and part.key(key, character):
            self.changed()
        elif key == "escape":
            self.leave()
        elif key in ("tab", "down", "enter"):
            self.move_focus(1)
        elif key in ("shift+tab", "up"):
            self.move_focus(-1)

    def leave(self) -> None:
        """Without doing anything."""
        self.dismiss(None)

    def look_again(self, look: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """In the background; a look that is under way is given up, and all of them with the sheet."""
        self.run_worker(look, group="look", exclusive=True)  # type: ignore[arg-type]

    # --- what it does -------------------------------------------------------------------------------------------------
    def compose(self) -> ComposeResult:
        """One canvas."""
        yield Page(self)

    def on_mount(self) -> None:
        """As large as its parts want; what was typed ahead is for it."""
        if self.focused_part is None:
            self.focused_part = next((part for part in self.parts if part.can_focus), None)
        self.fit()
        self.ui.release()

    def dismiss(self, result: R | None = None) -> AwaitComplete:
        """What was asked for may open the next."""
        self.ui.hold()
        return super().dismiss(result)

    def on_resize(self, event: events.Resize) -> None:
        """What has room."""
        self.fit()

    def changed(self) -> None:
        """Draw it again, larger or smaller where it must be."""
        self.fit()
        self.page.renew_now()

    @property
    def page(self) -> Page:
        """What is painted."""
        return self.query_one(Page)

    def fit(self) -> None:
        """As large as its parts want, within the screen."""
        width = min(self.wide, self.app.size.width - 2)
        height = min(sum(part.height(width - 2 * PAD) for part in self.parts) + 4, self.app.size.height - 2)
        if self._size_wanted != (width, height):
            self._size_wanted = (width, height)
            self.page.styles.width, self.page.styles.height = width, height

    def move_focus(self, by: int) -> None:
        """To the next part, or the one before."""
        there = [part for part in self.parts if part.can_focus]
        if there:
            at = there.index(self.focused_part) if self.focused_part in there else 0
            self.focused_part = there[(at + by) % len(there)]
            self.changed()


def shared(wanted: Sequence[int], parts: Sequence[Part], room: int) -> list[int]:
    """How high each part is: elastic ones give way where there is no room."""
    found = list(wanted)
    for place, part in enumerate(parts):
        over = sum(found) - room
        if over > 0 and part.is_elastic:
            found[place] = max(1, found[place] - over)
    return found


def framed(row: Row, width: int) -> Row:
    """With a thin line at the left, for themes that have no grounds."""
    return (Span(0, "▎", "accent.raised"), *cropped(row, 1, width))
