"""DAG files that can't be loaded: where, what, since when, and the way out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from flowlite.tui.format import moment, one_line, when
from flowlite.tui.model.world import Problem
from flowlite.tui.picture import Row
from flowlite.tui.rows import BLANK, Column, Line, Table, joined, on_rule, row_of
from flowlite.tui.widgets.canvas import Canvas
from flowlite.tui.widgets.listing import Listing
from flowlite.tui.wrapping import wrapped

COLUMNS = (Column("where", 16, 36), Column("message", 20, 100, title="what"), Column("since", 8, 8, "right", rank=1))


class ProblemList(Listing):
    """The rest is told below it."""

    scopes: ClassVar[tuple[str, ...]] = ("problems", "list")
    what = "DAG files that can't be loaded"
    nothing = "every DAG file is well"
    facts: ClassVar[tuple[str, ...]] = ("name", "file")

    def items(self) -> Sequence[tuple[str, str]]:
        """By file and message."""
        self.by_key = {(one.file, one.message): one for one in self.ui.world.problems}
        return list(self.by_key)

    @property
    def problem(self) -> Problem | None:
        """What is under the cursor."""
        return self.by_key.get(self.picking.key) if self.picking.key is not None else None

    def facts_of(self, key: Any) -> Mapping[str, Any]:
        """For filters."""
        return {"name": f"{key[0]} {key[1]}", "file": key[0].rpartition("/")[2]}

    def heads(self, width: int) -> list[Row]:
        """The columns."""
        return [Table(COLUMNS, width).head()]

    def item(self, key: Any, width: int) -> Row:
        """One of them."""
        one, table = self.by_key[key], Table(COLUMNS, width)
        return joined(
            table.cell("where", where(one), "error", is_name=True),
            table.cell("message", one_line(one.message)),
            table.cell("since", when(one.since, self.ui.now(), self.ui.zone), "dim"),
        )

    def moved(self) -> None:
        """The detail is about another."""
        self.ui.heard()

    def place(self) -> tuple[str, int] | None:
        """File and line under the cursor, for an editor."""
        one = self.problem
        return None if one is None or not one.file else (one.file, one.line or 1)


class ProblemDetail(Canvas):
    """All that is known of the one under the cursor."""

    DEFAULT_CSS = "ProblemDetail { height: 50%; }"

    def draw(self, width: int, height: int) -> Sequence[Row]:
        """File, message, way out."""
        found = next(iter(self.screen.query(ProblemList)), None)
        one = None if found is None else found.problem
        return [] if one is None else list(self.told(one, width))

    def told(self, one: Problem, width: int) -> Iterator[Row]:
        """From the top down."""
        yield on_rule(Line(width).skip().put(one.file + (f":{one.line}" if one.line else ""), "strong").row, width)
        for text in wrapped(one.message, width - 2, 20):
            yield Line(width).skip().put(text).row
        yield BLANK
        for number, text in enumerate(wrapped(one.fix, width - 8, 4)):
            yield row_of(width, (" fix   " if not number else "       ", "dim"), (text, "good"))
        if one.since is not None:
            yield row_of(width, (" since ", "dim"), (moment(one.since, self.ui.zone), "text"))


def where(one: Problem) -> str:
    """`broken.py:2`."""
    return one.file.rpartition("/")[2] + (f":{one.line}" if one.line else "")
