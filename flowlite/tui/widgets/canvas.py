"""A canvas: a widget that draws rows of spans. It draws all that is seen, each time; only the cells that differ from
what stands there already go to the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Self, cast

from textual import events
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from flowlite.tui.picture import Row, Span
from flowlite.tui.rows import filled

if TYPE_CHECKING:
    from flowlite.tui.app import FlowliteApp
    from flowlite.tui.base import BaseApp


class Canvas(Widget):
    """Whoever derives from it writes `draw`, calls `renew` when what it shows has changed, and `renew_now` when a key
    has moved something.

    `scopes`: whose actions its keys carry out, see actions.py; those that come first win.
    """

    DEFAULT_CSS = "Canvas { width: 1fr; height: 1fr; }"
    scopes: ClassVar[tuple[str, ...]] = ()
    blank = "text"  # the role of cells without a span

    def __init__(self, name: str | None = None) -> None:
        super().__init__(id=name)
        self.rows: list[Row] = []
        self.is_ticking = False  # set it while drawing a length that grows by itself: it is drawn again each second

    # --- for those who derive -----------------------------------------------------------------------------------------
    def draw(self, width: int, height: int) -> Sequence[Row]:
        """What is to be seen: at most `height` rows, in cells that exist. Called often: it must take milliseconds."""
        raise NotImplementedError

    def clicked(self, key: str, x: int, y: int, *, times: int) -> None:
        """The mouse was pressed on a span that stands for something, or on a cell (key "")."""

    def wheeled(self, lines: int) -> None:
        """The wheel was turned, down if above 0."""

    def renew(self) -> None:
        """Draw it again with the next beat."""
        self.home.pulse.want(self)

    def renew_now(self) -> None:
        """Draw it again at once."""
        self.home.pulse.now(self)

    # --- for the pulse ------------------------------------------------------------------------------------------------
    @property
    def home(self) -> BaseApp:
        """The application."""
        return cast("BaseApp", self.app)

    @property
    def ui(self) -> FlowliteApp:
        """The same, for what is shown in no other."""
        return cast("FlowliteApp", self.app)

    @property
    def is_shown(self) -> bool:
        """Whether it is on the screen."""
        return self.is_attached and bool(self.size) and self.display and self.is_on_screen

    def draw_now(self) -> None:
        """Draw, and have the lines sent that differ."""
        width, height = self.size
        self.is_ticking = False
        rows = filled(self.draw(width, height), height)
        before, self.rows = self.rows, rows
        if len(before) != height:
            self.refresh()
            return
        changed = [
            Region(start, y, end - start, 1)
            for y, (old, new) in enumerate(zip(before, rows, strict=True))
            if old != new and (start := first_difference(old, new)) < (end := last_difference(old, new, width))
        ]
        if changed:
            self.refresh(*changed)

    # --- for Textual --------------------------------------------------------------------------------------------------
    def render_line(self, y: int) -> Strip:
        """One line of what was drawn last."""
        row = self.rows[y] if y < len(self.rows) else ()
        return self.home.painter.strip(row, self.size.width, self.blank)

    def on_resize(self, event: events.Resize) -> None:
        """Another size is another picture."""
        self.rows = []
        self.renew_now()

    def on_show(self) -> None:
        """What changed while nobody saw it."""
        self.renew_now()

    def focus(self, scroll_visible: bool = True) -> Self:
        """At once, so that the next key is for it; what does not change by it is not painted again."""
        self.screen.set_focus(self, scroll_visible=scroll_visible)
        return self

    def on_focus(self, event: events.Focus) -> None:
        """The cursor is shown."""
        self._focused(event, has_focus=True)

    def on_blur(self, event: events.Blur) -> None:
        """The cursor steps back."""
        self._focused(event, has_focus=False)

    def _focused(self, event: events.Focus | events.Blur, *, has_focus: bool) -> None:
        event.prevent_default()  # Textual's own way paints all of the widget
        self.has_focus = has_focus
        if self.parent is not None:
            self.parent.post_message(events.DescendantFocus(self) if has_focus else events.DescendantBlur(self))
        self.renew_now()

    def on_click(self, event: events.Click) -> None:
        """Tell what was hit."""
        event.stop()
        found = self.span_at(event.x, event.y)
        self.clicked("" if found is None else found.key, event.x, event.y, times=event.chain)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Down."""
        event.stop()
        self.wheeled(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Up."""
        event.stop()
        self.wheeled(-3)

    def span_at(self, x: int, y: int) -> Span | None:
        """What stands in a cell."""
        row = self.rows[y] if 0 <= y < len(self.rows) else ()
        return next((span for span in row if span.x <= x < span.x + len(span.text)), None)


def first_difference(old: Row, new: Row) -> int:
    """The first column in which two rows differ; both are blank where they have no span."""
    same = next((n for n, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), None)
    if same is None:
        same = min(len(old), len(new))
    left = [row[same].x for row in (old, new) if same < len(row)]
    return min(left, default=0)


def last_difference(old: Row, new: Row, width: int) -> int:
    """The column after the last in which they differ."""
    for back in range(1, min(len(old), len(new)) + 1):
        if old[-back] != new[-back]:
            return max(end_of(old[-back]), end_of(new[-back]))
    longer = old if len(old) > len(new) else new
    return max((end_of(span) for span in longer[: abs(len(old) - len(new))]), default=width)


def end_of(span: Span) -> int:
    """The column after it."""
    return span.x + len(span.text)
