"""The prompt: the last line of the screen while something is typed in it, and heard with every letter.

It is the footer itself: a widget that comes and goes would have the whole screen laid out and painted again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import events

from flowlite.core.errors import FlowliteError
from flowlite.tui.format import cells
from flowlite.tui.keymap import named
from flowlite.tui.picture import Row
from flowlite.tui.rows import Line
from flowlite.tui.sheets.line_edit import LineEdit
from flowlite.tui.widgets.canvas import Canvas
from flowlite.tui.widgets.chrome import Footer

Heard = Callable[[str], None]


class Prompt(Footer, can_focus=True):
    """`ask` begins it. What `heard` raises is shown beside what was typed."""

    def __init__(self, name: str | None = None) -> None:
        super().__init__(name)
        self.is_asking = False
        self.edit = LineEdit()
        self.label, self.note, self.error = "", "", ""
        self._heard: Heard = lambda text: None
        self._done: Heard = lambda text: None
        self._back_to: Canvas | None = None
        self._before = ""

    def ask(self, label: str, text: str, *, heard: Heard, note: str = "", done: Heard = lambda text: None) -> None:
        """`heard` is called with every change, `done` at the end; leaving brings back what was there before."""
        self.label, self.note, self.error, self._heard, self._done = label, note, "", heard, done
        self._before = text
        self._back_to = self.app.focused if isinstance(self.app.focused, Canvas) else None
        self.edit.become(text)
        self.is_asking = True
        self.focus(scroll_visible=False)
        self.renew()

    def allow_focus(self) -> bool:
        """Not as a footer."""
        return self.is_asking

    def draw(self, width: int, height: int) -> Sequence[Row]:
        """Label, text with a cursor, and what is wrong or can be said; or what a footer has to say."""
        if not self.is_asking:
            return super().draw(width, height)
        line = Line(width).put(self.label, "key")
        text, at = self.edit.shown(max(8, width // 2))
        line.put(cells(text[:at])).put(cells(text[at : at + 1] or " "), "caret").put(cells(text[at + 1 :])).skip(2)
        return [line.put(self.error, "error").row if self.error else line.put(self.note, "dim").row]

    def on_key(self, event: events.Key) -> None:
        """Everything stays here."""
        event.stop()
        event.prevent_default()
        key = named(event.key, event.character)
        if key == "escape":
            self._tell(self._before)
            self.leave()
        elif key == "enter":
            if not self.error:
                self.leave()
                self._done(self.edit.text)
        elif self.edit.key(key, event.character):
            self._tell(self.edit.text)
        self.renew_now()

    def on_paste(self, event: events.Paste) -> None:
        """Put it in."""
        event.stop()
        self.edit.insert(event.text)
        self._tell(self.edit.text)
        self.renew_now()

    def on_blur(self, event: events.Blur) -> None:
        """Somebody has clicked elsewhere. It may ask again already when it hears of that."""
        if self.screen.focused is not self:
            self.is_asking = False
            self.renew()

    def _tell(self, text: str) -> None:
        self.error = ""
        try:
            self._heard(text)
        except FlowliteError as error:
            self.error = str(error)

    def leave(self) -> None:
        """The keys go to where they went before."""
        self.is_asking = False
        if self._back_to is not None:
            self._back_to.focus(scroll_visible=False)
