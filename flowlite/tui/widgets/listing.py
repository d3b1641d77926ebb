"""A list: a title, the heads of its columns, and its items, with a cursor, marks, a filter and an order."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, ClassVar

from flowlite.tui.filters import Facts, Filter
from flowlite.tui.picking import Picking
from flowlite.tui.picture import Row, Span
from flowlite.tui.rows import Line, Piece, grounded, on_rule
from flowlite.tui.widgets.canvas import Canvas

NO_DAEMON = "no daemon is up: `flowlite up` starts one, and this screen waits for it"


class Listing(Canvas, can_focus=True):
    """Whoever derives from it writes `items` and `item`, and `opened` for the key that goes into an item.

    `facts`: what can be filtered by, with `facts_of`; `orders`: by what it can be sorted, with `rank`. The first order
    is the one in which `items` come.
    """

    scopes: ClassVar[tuple[str, ...]] = ("list",)
    has_title = True
    shows_trace = True  # the cursor is seen, too, when the keys go elsewhere
    stays_on_top = False  # a cursor on the first item stays first when others come before it
    what: ClassVar[str] = ""  # its name, for the title
    nothing: ClassVar[str] = "nothing"  # what is said of an empty list
    facts: ClassVar[tuple[str, ...]] = ()
    orders: ClassVar[tuple[str, ...]] = ()

    def __init__(self, name: str | None = None) -> None:
        super().__init__(name)
        self.picking: Picking[Any] = Picking()
        self.filter = Filter("", ())
        self.order = self.orders[0] if self.orders else ""
        self.is_reversed = False
        self.total = 0  # items without the filter
        self._body = (0, 0)  # the first row of items, and how many there are
        self._moved_to: Any = None
        self._asked: tuple[object, ...] = ()
        self._items: Sequence[Any] = ()

    # --- for those who derive -----------------------------------------------------------------------------------------
    def items(self) -> Sequence[Hashable]:
        """The keys of the items as they are now, in their first order. The same list again says that nothing that
        filters and orders are told of has changed."""
        raise NotImplementedError

    def facts_of(self, key: Any) -> Facts:
        """What a filter is told of an item."""
        return {"name": str(key)}

    def rank(self, key: Any, order: str) -> Any:
        """Where an item stands in this order."""
        return key

    def item(self, key: Any, width: int) -> Row:
        """One of them; its first two cells are for the cursor and the mark."""
        raise NotImplementedError

    def title(self, width: int) -> Row:
        """What the list is, how much of it is shown, and why not all."""
        line, aside = Line(width).skip().pieces(*self.counted()), self.aside(width)
        return line.right(*aside, margin=1).row if aside else line.row

    def aside(self, width: int) -> list[Piece]:
        """What stands at the right of the title."""
        return []

    def heads(self, width: int) -> list[Row]:
        """What stands above the items and does not scroll."""
        return []

    def opened(self, key: Any) -> None:
        """Go into an item."""

    def moved(self) -> None:
        """The cursor is on another item, whoever moved."""

    # --- what is listed -----------------------------------------------------------------------------------------------
    def keys(self) -> Sequence[Any]:
        """The items that pass the filter, in the order that is wanted."""
        found = self.items()
        asked = (id(found), self.filter, self.order, self.is_reversed)
        if asked == self._asked and self._items is found:
            return self.picking.keys
        self._asked, self._items = asked, found
        self.total = len(found)
        if self.filter:
            found = [key for key in found if self.filter.holds(self.facts_of(key))]
        if self.orders and self.order != self.orders[0]:
            found = sorted(found, key=lambda key: self.rank(key, self.order))
        if self.is_reversed:
            found = found[::-1]
        stays = self.stays_on_top and self.picking.at == 0
        self.picking.take(found)
        if stays:
            self.picking.go(0)
        return found

    def filter_by(self, text: str) -> None:
        """Show only what passes. Raises BadFilter."""
        self.filter = Filter(text, self.facts)
        self.renew_now()

    def sort(self) -> None:
        """By the next order."""
        if self.orders:
            self.order = self.orders[(self.orders.index(self.order) + 1) % len(self.orders)]
            self.renew_now()

    def turn(self) -> None:
        """The other way round."""
        self.is_reversed = not self.is_reversed
        self.renew_now()

    # --- drawing ------------------------------------------------------------------------------------------------------
    def draw(self, width: int, height: int) -> Sequence[Row]:
        """Title, heads, items."""
        keys = self.keys()
        if self._moved_to != self.picking.key:
            self._moved_to = self.picking.key
            self.moved()
        top: list[Row] = [on_rule(self.title(width), width, has_focus=self.has_focus)] if self.has_title else []
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
        if place == self.picking.at and (self.has_focus or self.shows_trace):
            row = (Span(0, "▌", "accent" if self.has_focus else "faint"), *row)
            return grounded(row, width, "cursor" if self.has_focus else "trace")
        return grounded(row, width, "mark") if is_marked else row

    def empty(self, width: int) -> Row:
        """What stands there instead of items."""
        if not self.ui.reader.was_live:
            waiting = "asking the daemon…" if self.ui.reader.lost_at is None else NO_DAEMON
            return Line(width).skip(2).put(waiting, "dim").row
        return Line(width).skip(2).put(self.nothing, "dim").row

    def counted(self) -> list[Piece]:
        """`DAGs  34 of 41  /state:failed  by took`."""
        number, total, marks = len(self.picking.keys), self.total, len(self.picking.marks)
        found: list[Piece] = [(self.what, "title" if self.has_focus else "title-idle")]
        found.append((f" {number:,}" if number == total else f" {number:,} of {total:,}", "dim"))
        if self.filter:
            found.append((f"  /{self.filter.text}", "accent"))
        if self.orders and (self.order != self.orders[0] or self.is_reversed):
            found.append((f"  by {self.order}{' ↑' if self.is_reversed else ''}", "dim"))
        return [*found, (f"  {marks:,} marked", "accent")] if marks else found

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
