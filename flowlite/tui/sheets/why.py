"""Why: why a run failed, or why something is not running; with the way out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flowlite.tui.format import size
from flowlite.tui.glyphs import glyph
from flowlite.tui.picture import Row
from flowlite.tui.rows import BLANK, Line, Piece, row_of
from flowlite.tui.sheets.parts import Buttons, Gap, ItemList
from flowlite.tui.sheets.sheet import Sheet
from flowlite.tui.telling import Told, error_text, instance_name, often, place_in_file
from flowlite.tui.wrapping import wrapped


class WhySheet(Sheet[str]):
    """`why` is what the daemon made of it. Answers the id of an action, or nothing."""

    wide = 96

    def __init__(self, why: Told) -> None:
        super().__init__()
        self.why = why
        self.text = ItemList(most=40)
        self.buttons = Buttons(("Close", self.leave))
        if why["cause"]:
            self.buttons.buttons.append(("Retry what failed", self.retry))
        self.parts = [self.text, Gap(), self.buttons]
        self.focused_part = self.buttons

    def heading(self) -> list[Piece]:
        """The sentence."""
        return [(self.why["headline"], "strong")]

    def retry(self) -> None:
        """What failed."""
        self.dismiss("everywhere.retry")

    def on_mount(self) -> None:
        """In lines as wide as there is room."""
        width = min(self.wide, self.app.size.width - 2) - 6
        self.text.become([[(span.text, span.role) for span in row] for row in self.told(width)])
        super().on_mount()

    def told(self, width: int) -> Iterator[Row]:
        """The cause, then what is waited for."""
        if self.why["cause"]:
            yield from of_cause(self.why["cause"], width)
        for hold in self.why["holds"]:
            yield from of_hold(hold, width)


def of_cause(cause: Told, width: int) -> Iterator[Row]:
    """The first failure: where, how, how often, and what to do."""
    failure = cause["failure"]
    name = instance_name(failure["task_id"], failure["map_index"])
    yield row_of(width, (f"{glyph('failed')} {name}", "state-failed"), (f"  attempt {failure['attempt']}", "dim"))
    for text in wrapped(error_text(failure), width - 2, 6):
        yield Line(width).skip(2).put(text, "text").row
    facts = [place_in_file(failure), failure["outcome"] if failure["outcome"] != "failed" else ""]
    if failure["exit_code"] is not None:
        facts.append(f"exit code {failure['exit_code']}")
    if failure["peak_rss_bytes"]:
        facts.append(f"peak {size(failure['peak_rss_bytes'])}")
    yield Line(width).skip(2).put(" · ".join(one for one in facts if one), "dim").row
    if cause["source"]:
        yield Line(width).skip(2).put(cause["source"], "accent").row
    yield BLANK
    yield from lines("what to do", wrapped(cause["advice"], width - 12, 3), width, "text")
    if said := often(cause):
        yield row_of(width, (f"{'seen':<12}", "dim"), (said, "text"))
    if cause["blocked"]:
        yield row_of(width, (f"{'did not run':<12}", "dim"), (some(cause["blocked"]), "text"))
    if cause["also_failed"]:
        yield row_of(width, (f"{'also failed':<12}", "dim"), (some(cause["also_failed"]), "text"))
    if cause["log_tail"]:
        yield BLANK
        yield from lines("last lines", cause["log_tail"], width)


def of_hold(hold: Told, width: int) -> Iterator[Row]:
    """One that is not running, and why."""
    name = instance_name(hold["task_id"], hold["map_index"])
    yield row_of(width, (f"{glyph(hold['state'])} {name}", f"state-{hold['state']}"))
    for text in wrapped(hold["reason"], width - 2, 4):
        yield Line(width).skip(2).put(text, "text").row


def lines(title: str, texts: Sequence[str], width: int, role: str = "dim") -> Iterator[Row]:
    """With a title beside the first."""
    for number, text in enumerate(texts):
        yield row_of(width, (f"{'' if number else title:<12}", "dim"), (text, role))


def some(names: Sequence[str], most: int = 6) -> str:
    """The first of them, and how many more."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
