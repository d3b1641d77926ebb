"""What keys do in every list."""

from __future__ import annotations

from collections.abc import Callable

from flowlite.tui.actions import Action
from flowlite.tui.widgets.listing import Listing


def no_item(here: Listing) -> str:
    """An empty list has nothing to go into."""
    return "" if here.picking.key is not None else "there is nothing here to open"


def move(verb: str, title: str, keys: tuple[str, ...], run: Callable[[Listing], None]) -> Action:
    """One that nobody looks for in the palette."""
    return Action(id=f"list.{verb}", title=title, keys=keys, run=run, is_silent=True)


def unmark(here: Listing) -> None:
    """No marks any more."""
    here.unmark()


LISTS = (
    Action(id="list.open", title="Open", keys=("enter",), run=Listing.enter, reason=no_item, rank=10, hint="open"),
    move("down", "Down", ("j", "down"), lambda here: here.step(1)),
    move("up", "Up", ("k", "up"), lambda here: here.step(-1)),
    move("half-down", "Half a page down", ("ctrl+d",), lambda here: here.page(0.5)),
    move("half-up", "Half a page up", ("ctrl+u",), lambda here: here.page(-0.5)),
    move("page-down", "A page down", ("pagedown",), lambda here: here.page(1)),
    move("page-up", "A page up", ("pageup",), lambda here: here.page(-1)),
    move("first", "First", ("g", "home"), lambda here: here.jump(0)),
    move("last", "Last", ("G", "end"), lambda here: here.jump(-1)),
    Action(id="list.mark", title="Mark", keys=("space",), run=Listing.mark, rank=70, hint="mark"),
    Action(id="list.range", title="Mark a range: here to where the cursor goes", keys=("v",), run=Listing.mark_range),
    Action(id="list.mark-all", title="Mark all that is listed", keys=("asterisk",), run=Listing.mark_all),
    Action(id="list.unmark", title="No marks", keys=("ctrl+a",), run=unmark),
)
