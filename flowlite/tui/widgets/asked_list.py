"""A list of what the daemon answers to one question, asked again when something has happened that may change it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, ClassVar

from flowlite.tui.picture import Row
from flowlite.tui.rows import Column, Line, Table
from flowlite.tui.widgets.listing import Listing

Told = Mapping[str, Any]


class AskedList(Listing):
    """Whoever derives from it says what to ask, when again, what the key of an answer is, and draws its cells."""

    verb: ClassVar[str]
    columns: ClassVar[Sequence[Column]] = ()
    every_s: ClassVar[float] = 1.0

    def named(self) -> dict[str, Any]:
        """The arguments of the question."""
        return {}

    def stamp(self) -> Hashable:
        """Another one asks again."""
        return self.ui.world.turns

    def key_of(self, one: Told) -> Hashable:
        """What tells it from the others."""
        raise NotImplementedError

    def cells(self, one: Told, table: Table) -> Row:
        """Its row."""
        raise NotImplementedError

    def answers(self) -> Sequence[Told]:
        """What there is by now."""
        found = self.ui.lookups.look(self.verb, stamp=self.stamp(), every_s=self.every_s, **self.named())
        return found.value or ()

    def items(self) -> Sequence[Hashable]:
        """Their keys."""
        self.by_key = {self.key_of(one): one for one in self.answers()}
        return list(self.by_key)

    @property
    def one(self) -> Told | None:
        """What is under the cursor."""
        return self.by_key.get(self.picking.key) if self.picking.key is not None else None

    @property
    def picked(self) -> list[Told]:
        """What is marked, or under the cursor."""
        return [self.by_key[key] for key in self.picking.picked if key in self.by_key]

    def heads(self, width: int) -> list[Row]:
        """The columns."""
        return [Table(self.columns, width).head()]

    def item(self, key: Any, width: int) -> Row:
        """One of them."""
        return self.cells(self.by_key[key], Table(self.columns, width))

    def empty(self, width: int) -> Row:
        """Why there is nothing."""
        found = self.ui.lookups.look(self.verb, stamp=self.stamp(), every_s=self.every_s, **self.named())
        said = self.nothing if found.is_known else "asking the daemon…"
        return Line(width).skip(2).put(found.error or said, "error" if found.error else "dim").row
