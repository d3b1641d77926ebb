"""A list: a title, the heads of its columns, and its items, with a cursor, marks and a filter."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, ClassVar

from flowlite.tui.format import count
from flowlite.tui.picking import Picking
from flowlite.tui.picture import Row, Span
from flowlite.tui.rows import BLANK, Line, Piece, grounded, rule
from flowlite.tui.widgets.canvas import Canvas


class Listing(Canvas, can_focus=True):
    """Whoever derives from it writes `keys` and `item`, and `opened` for the key that goes into an item."""

    scopes: ClassVar[tuple[str, ...]] = ("list",)
    has_title = True
    nothing: ClassVar[str] = "nothing"  # what is said of an empty list

    def __init__(self, name: str | None = None) -> None:
        super().__init__(name)
        self.picking: Picking[Any] = Picking()
        self._body = (0, 0)  # the first row of items, and how many there are

    # --- for those who derive -----------------------------------------------------------------------------------------
    def keys(self) -> Sequence[Hashable]:
        """The items as they are now, in order. The same object as long as nothing has changed."""
        raise NotImplementedError

    def item(self, key: Any, width: int) -> Row:
        """One of them; its first two cells are for the cursor and the mark."""
        raise NotImplementedError

    def title(self, width: int) -> Row:
        """What the list is."""
        return BLANK

    def heads(self, width: int) -> list[Row]:
        """What stands above the items and does not scroll."""
        return []

    def opened(self, key: Any) -> None:
        """Go into an item."""

    def moved(self) -> None:
        """The cursor is on another item."""

    def total(self) -> int | None:
        """How many there would be without a filter; None: all are shown."""
        return None

    # --- drawing ------------------------------------------------------------------------------------------------------
    def draw(self, width: int, height: int) -> Sequence[Row]:
        """Title, rule, heads, items."""
        keys = self.keys()
        self.picking.take(keys)
        top: list[Row] = [self.title(width), rule(width, has_focus=self.has_focus)] if self.has_title else []
        top += self.heads(width)
        room = max(0, height - len(top))
        first = self.picking.scrolled(room)
        self._body = (len(top), room)
        ranged = set(self.picking.ranged())
        shown = [self._item(key, place, width, ranged) for place, key in enumerate(keys[first : first + room], first)]
        return [*top, *(shown or [self.empty(width)])]

    def _item(self, key: Any, place: int, width: int, ranged: set[Any]) -> Row:
        row = self.item(key, width)
        is_marked = key in self.picking.marks or key in ranged
        if is_marked:
            row = (Span(1, "•", "accent-strong"), *row)
        if place == self.picking.at:
            row = (Span(0, "▌", "accent" if self.has_focus else "faint"), *row)
            return grounded(row, width, "cursor" if self.has_focus else "trace")
        return grounded(row, width, "mark") if is_marked else row

    def empty(self, width: int) -> Row:
        """What stands there instead of items."""
        return Line(width).skip(2).put(self.nothing, "dim").row

    def counted(self, what: str) -> list[Piece]:
        """`DAGs  34 of 41`, for titles."""
        number, total = len(self.keys()), self.total()
        shown = f"{number:,}" if total is None or total == number else f"{number:,} of {total:,}"
        marks = len(self.picking.marks)
        title = "title" if self.has_focus else "title-idle"
        found: list[Piece] = [(what, title), ("  ", "text"), (shown, "dim")]
        return [*found, (f"  {count(marks)} marked", "accent")] if marks else found

    # --- moving -------------------------------------------------------------------------------------------------------
    def step(self, by: int) -> None:
        """The cursor, by items."""
        self.picking.move(by)
        self.cursor_moved()

    def page(self, pages: float) -> None:
        """By what is seen at once."""
        self.step(int(pages * max(1, self._body[1] - 1)))

    def jump(self, place: int) -> None:
        """To the first item (0) or the last (-1)."""
        self.picking.go(len(self.picking.keys) - 1 if place < 0 else place)
        self.cursor_moved()

    def cursor_moved(self) -> None:
        """Show it where it is now."""
        self.renew_now()
        self.moved()

    def mark(self) -> None:
        """The item under the cursor, and on to the next."""
        self.picking.mark()
        self.step(1)

    def mark_range(self) -> None:
        """Begin or end a range."""
        self.picking.draw_range()
        self.renew_now()

    def mark_all(self) -> None:
        """Everything that is listed."""
        self.picking.mark_all()
        self.renew_now()

    def unmark(self) -> bool:
        """Nothing; whether anything was."""
        had = self.picking.clear()
        self.renew_now()
        return had

    def enter(self) -> None:
        """Go into what is under the cursor."""
        if self.picking.key is not None:
            self.opened(self.picking.key)

    # --- the mouse ----------------------------------------------------------------------------------------------------
    def clicked(self, key: str, x: int, y: int, *, times: int) -> None:
        """Once: the cursor goes there. Twice: into it."""
        start, room = self._body
        place = self.picking.top + y - start
        if start <= y < start + room and place < len(self.picking.keys):
            self.picking.go(place)
            self.cursor_moved()
            if times == 2:
                self.enter()

    def wheeled(self, lines: int) -> None:
        """Scroll."""
        self.picking.scroll(lines, self._body[1])
        self.renew_now()
