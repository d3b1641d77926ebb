"""The parts of a sheet, one below the other: words, fields to fill in, lists, buttons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from flowlite.tui.format import cells, count
from flowlite.tui.picking import Picking
from flowlite.tui.picture import Row
from flowlite.tui.rows import BLANK, Line, Piece, grounded, row_of
from flowlite.tui.sheets.line_edit import LineEdit
from flowlite.tui.wrapping import wrapped

LABEL = 17  # cells
T = TypeVar("T")


class Part:
    """`is_elastic`: it takes what height is left."""

    can_focus = False
    is_elastic = False

    def height(self, width: int) -> int:
        """How many rows it wants."""
        return 1

    def draw(self, width: int, height: int, *, has_focus: bool) -> list[Row]:
        """At most so many rows."""
        raise NotImplementedError

    def key(self, key: str, character: str | None) -> bool:
        """Whether it was a key for this part."""
        return False

    def paste(self, text: str) -> None:
        """From a clipboard."""

    def clicked(self, x: int, y: int) -> None:
        """The mouse was pressed on it."""


class Words(Part):
    """Text, in lines as long as there is room."""

    def __init__(self, text: str = "", role: str = "dim") -> None:
        self.text, self.role = text, role

    def height(self, width: int) -> int:
        """Its lines."""
        return len(wrapped(self.text, width)) if self.text else 0

    def draw(self, width: int, height: int, *, has_focus: bool) -> list[Row]:
        """The text."""
        return [row_of(width, (line, self.role)) for line in wrapped(self.text, width, max(1, height))]


class Gap(Part):
    """A blank row."""

    def draw(self, width: int, height: int, *, has_focus: bool) -> list[Row]:
        """Nothing."""
        return [BLANK]


class Picture(Part):
    """Rows that somebody else draws."""

    def __init__(self, draw: Callable[[int], Sequence[Row]]) -> None:
        self._draw = draw

    def height(self, width: int) -> int:
        """As many as there are."""
        return len(self._draw(width))

    def draw(self, width: int, height: int, *, has_focus: bool) -> list[Row]:
        """They."""
        return list(self._draw(width))[:height]


class Field(Part):
    """A label, something to fill in, and what is wrong with it or what it is for."""

    can_focus = True

    def __init__(self, label: str, note: str = "", changed: Callable[[], None] = lambda: None) -> None:
        self.label, self.note, self.error, self.changed = label, note, "", changed

    def height(self, width: int) -> int:
        """One row, and one for an error."""
        return 2 if self.error else 1

    def draw(self, width: int, height: int, *, has_focus: bool) -> list[Row]:
        """Label, value, note."""
        line = Line(width).put("› " if has_focus else "  ", "accent").put(self.label, "strong" if has_focus else "dim")
        line.to(LABEL).pieces(*self.value(max(8, min(24 if self.note else 48, width - LABEL - 2)), has_focus=has_focus))
        if self.note and width - line.x > 12:
            line.put("  ").put(self.note, "dim")
        return [line.row, *([Line(width).to(LABEL).put(self.error, "error").row] if self.error else [])]

    def value(self, room: int, *, has_focus: bool) -> list[Piece]:
        """What is filled in."""
        raise NotImplementedError


class Entry(Field):
    """Text."""

    def __init__(self, label: str, text: str = "", note: str = "", changed: Callable[[], None] = lambda: None) -> None:
        super().__init__(label, note, changed)
        self.edit = LineEdit(text)

    @property
    def text(self) -> str:
        """What has been typed."""
        return self.edit.text

    def value(self, room: int, *, has_focus: bool) -> list[Piece]:
        """The text with its cursor."""
        text, at = self.edit.shown(room)
        text = text.ljust(room)
        if not has_focus:
            return [(cells(text), "field")]
        pieces: list[Piece] = [(cells(text[:at]), "field-focus"), (cells(text[at : at + 1]), "caret")]
        return [*pieces, (cells(text[at + 1 :]), "field-focus")]

    def key(self, key: str, character: str | None) -> bool:
        """What is typed."""
        before = self.edit.text
        taken = self.edit.key(key, character)
        if self.edit.text != before:
            self.error = ""
            self.changed()
        return taken

    def paste(self, text: str) -> None:
        """Put it in."""
        self.edit.insert(text)
        self.changed()


class Check(Field):
    """Yes or no."""

    def __init__(
        self, label: str, is_on: bool = False, note: str = "", changed: Callable[[], None] = lambda: None
    ) -> None:
        super().__init__(label, note, changed)
        self.is_on = is_on

    def value(self, room: int, *, has_focus: bool) -> list[Piece]:
        """`[x] yes`."""
        return [("[x] yes" if self.is_on else "[ ] no ", "field-focus" if has_focus else "text")]

    def key(self, key: str, character: str | None) -> bool:
        """Space, and the arrows."""
        if key not in ("space", "left", "right", "h", "l"):
            return False
        self.is_on = not self.is_on
        self.changed()
        return True

    def clicked(self, x: int, y: int) -> None:
        """The other."""
        self.key("space", " ")


class Choice(Field, Generic[T]):
    """One of several: `options` are a value and its name."""

    def __init__(
        self, label: str, options: Sequence[tuple[T, str]], note: str = "", changed: Callable[[], None] = lambda: None,
        at: int = 0,
    ) -> None:  # fmt: skip
        super().__init__(label, note, changed)
        self.options, self.at = options, at

    @property
    def chosen(self) -> T:
        """Its value."""
        return self.options[self.at][0]

    def value(self, room: int, *, has_focus: bool) -> list[Piece]:
        """`(•) this  ( ) that`; only the chosen one where there is no room."""
        if sum(len(name) + 6 for _, name in self.options) > room + 24:
            name = self.options[self.at][1]
            return [(f"‹ {name} ›", "field-focus" if has_focus else "text")]
        found: list[Piece] = []
        for place, (_, name) in enumerate(self.options):
            is_here = place == self.at
            role = ("field-focus" if has_focus else "text") if is_here else "dim"
            found += [(f"{'(•)' if is_here else '( )'} {name}", role), ("  ", "text")]
        return found[:-1]

    def key(self, key: str, character: str | None) -> bool:
        """The arrows, and space."""
        by = {"right": 1, "l": 1, "space": 1, "left": -1, "h": -1}.get(key)
        if by is None:
            return False
        self.at = (self.at + by) % len(self.options)
        self.changed()
        return True

    def clicked(self, x: int, y: int) -> None:
        """The next."""
        self.key("space", " ")


class ItemList(Part):
    """Rows that scroll; `draw_item` draws one. `chosen`: what enter does with one."""

    can_focus = True
    is_elastic = True

    def __init__(self, items: Sequence[Sequence[Piece]] = (), *, most: int = 12, is_menu: bool = False) -> None:
        self.items, self.most, self.is_menu = items, most, is_menu
        self.picking: Picking[int] = Picking()

    def become(self, items: Sequence[Sequence[Piece]]) -> None:
        """Other items."""
        self.items = items
        self.picking.keys = ()
        self.picking.take(range(len(items)))
        self.picking.go(min(self.picking.at, len(items) - 1))

    def height(self, width: int) -> int:
        """All, up to so many."""
        return min(self.most, len(self.items))

    def draw(self, width: int, height: int, *, has_focus: bool) -> list[Row]:
        """Those that have room; where there are more, a last line says how many."""
        self.picking.take(range(len(self.items)))
        room = height if self.is_menu or len(self.items) <= height else max(1, height - 1)
        first = self.picking.scrolled(room)
        found = []
        for place in range(first, min(first + room, len(self.items))):
            row = row_of(width, *self.items[place])
            is_here = place == self.picking.at and (has_focus or self.is_menu)
            found.append(grounded(row, width, "cursor") if is_here else row)
        left = len(self.items) - first - room
        if room < height:
            found.append(row_of(width, (f"  {count(left)} more" if left > 0 else "  that is all", "dim")))
        return found

    def key(self, key: str, character: str | None) -> bool:
        """Up and down."""
        by = {"down": 1, "up": -1, "pagedown": self.most, "pageup": -self.most, "ctrl+d": 5, "ctrl+u": -5}.get(key)
        if by is None and not self.is_menu:
            by = {"j": 1, "k": -1}.get(key)
        if by is None or (not self.is_menu and not 0 <= self.picking.at + by < len(self.items) and abs(by) == 1):
            return False
        self.picking.move(by)
        return True

    def clicked(self, x: int, y: int) -> None:
        """The cursor goes there."""
        self.picking.go(self.picking.top + y)


class Buttons(Part):
    """`names`, with what each does; the first has the focus at first, and is the one that does nothing."""

    can_focus = True

    def __init__(self, *buttons: tuple[str, Callable[[], None]], is_danger: bool = False) -> None:
        self.buttons, self.is_danger = list(buttons), is_danger
        self.at = 0
        self._places: list[tuple[int, int]] = []

    def draw(self, width: int, height: int, *, has_focus: bool) -> list[Row]:
        """At the right."""
        names = [f"  {name}  " for name, _ in self.buttons]
        x = width - sum(len(name) for name in names) - 2 * (len(names) - 1)
        line = Line(width)
        self._places = []
        for place, name in enumerate(names):
            is_here = has_focus and place == self.at
            loud = "button-danger" if self.is_danger and place else "button-focus"
            line.to(x).put(name, loud if is_here else "button")
            self._places.append((x, x + len(name)))
            x += len(name) + 2
        return [line.row]

    def key(self, key: str, character: str | None) -> bool:
        """Arrows go from one to the other, enter and space press it."""
        if key in ("left", "right", "h", "l"):
            at = self.at + (1 if key in ("right", "l") else -1)
            self.at = min(max(at, 0), len(self.buttons) - 1)
            return True
        if key in ("enter", "space"):
            self.buttons[self.at][1]()
            return True
        return False

    def clicked(self, x: int, y: int) -> None:
        """Press it."""
        for (start, end), (_, press) in zip(self._places, self.buttons, strict=True):
            if start <= x < end:
                press()
                return
