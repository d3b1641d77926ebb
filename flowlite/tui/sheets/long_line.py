"""A line of a log that is too long for the screen, all of it, a page at a time."""

from __future__ import annotations

from flowlite.core.terminal_text import without_colors
from flowlite.tui.format import percent, size, whole
from flowlite.tui.logs.asking import LogAsk
from flowlite.tui.logs.drawing import cells_of
from flowlite.tui.picture import Row
from flowlite.tui.rows import Piece, row_of
from flowlite.tui.sheets.parts import Part
from flowlite.tui.sheets.sheet import Sheet


class Page(Part):
    """What of the line is seen."""

    can_focus = True
    is_elastic = True

    def __init__(self, sheet: LongLine) -> None:
        self._sheet = sheet
        self.text = "asking the daemon…"

    def height(self, width: int) -> int:
        """All that there is."""
        return 200

    def draw(self, width: int, height: int, *, has_focus: bool) -> list[Row]:
        """In lines as long as there is room."""
        self._sheet.room = width * height
        text = cells_of(self.text)
        parts = [whole(text[at : at + width]) for at in range(0, min(len(text), width * height), width)]
        return [row_of(width, (part, "text")) for part in parts]

    def key(self, key: str, character: str | None) -> bool:
        """Forward and back."""
        if key in ("j", "down", "pagedown", "space", "ctrl+d"):
            self._sheet.forward()
        elif key in ("k", "up", "pageup", "ctrl+u"):
            self._sheet.back()
        elif key in ("g", "home"):
            self._sheet.begin()
        else:
            return False
        return True


class LongLine(Sheet[None]):
    """`line` is its number in the file."""

    wide = 400

    def __init__(self, ask: LogAsk, line: int) -> None:
        super().__init__()
        self._ask, self._line = ask, line
        self.room = 2_000
        self._starts = [0]
        self._end, self._whole = 0, 0
        self._page = Page(self)
        self.parts = [self._page]

    def heading(self) -> list[Piece]:
        """Which line, and how much of it is behind."""
        said = f"  {size(self._whole)}, {percent(self._end, self._whole)}" if self._whole else ""
        return [(f"Line {self._line + 1:,}", "strong"), (f" of {self._ask.aim.name}", "text"), (said, "dim")]

    def hints(self) -> list[Piece]:
        """What keys do."""
        keys = (("j", " on  "), ("k", " back  "), ("g", " begin  "), ("esc", " leave"))
        return [piece for key, word in keys for piece in ((key, "key"), (word, "hint"))]

    def on_mount(self) -> None:
        """From its beginning."""
        super().on_mount()
        self.look()

    def forward(self) -> None:
        """The next page."""
        if self._end < self._whole:
            self._starts.append(self._end)
            self.look()

    def back(self) -> None:
        """The page before."""
        if len(self._starts) > 1:
            self._starts.pop()
            self.look()

    def begin(self) -> None:
        """The first page."""
        del self._starts[1:]
        self.look()

    def look(self) -> None:
        """Ask for what is to be seen."""
        self.ui.spawn(self._look(self._starts[-1]))

    async def _look(self, start: int) -> None:
        told = await self._ask.piece(line=self._line, from_byte=start, size_bytes=self.room)
        if start == self._starts[-1]:
            self._end, self._whole = told["to_byte"], told["size_bytes"]
            self._page.text = without_colors(told["text"])
            self.changed()
