"""The palette: everything that can be done and every place that can be gone to, found by a few of its letters."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowlite.tui.filters import in_order
from flowlite.tui.format import moment
from flowlite.tui.glyphs import glyph
from flowlite.tui.keymap import shown
from flowlite.tui.picture import Row
from flowlite.tui.places import LONE, Place
from flowlite.tui.rows import Piece, row_of
from flowlite.tui.sheets.parts import Entry, Gap, ItemList
from flowlite.tui.sheets.sheet import Sheet
from flowlite.tui.themes import THEMES

if TYPE_CHECKING:
    from flowlite.tui.app import FlowliteApp

MOST = 200
NUMBER = re.compile(r"\s*(?:run[\s/]+)?(\d{1,15})\s*")


@dataclass(frozen=True, slots=True)
class Offer:
    """Something to choose: what is found by, how it looks, what it does. `off`: why it can't be done now."""

    kind: str
    name: str
    aside: str
    choose: Callable[[], None]
    off: str = ""
    sign: Piece = ("  ", "text")


class Palette(Sheet[Callable[[], None]]):
    """Answers what to do, or nothing."""

    wide = 84

    def __init__(self, app: FlowliteApp, text: str = "") -> None:
        super().__init__()
        self._app, self._offers = app, list(offers(app))
        self.entry = PaletteEntry("", text, changed=self.find)
        self.list = ItemList(most=14, is_menu=True)
        self.found: list[Offer] = []
        self.parts = [self.entry, Gap(), self.list]
        self.find()

    def heading(self) -> list[Piece]:
        """Its name."""
        return [("Go to, or do", "strong")]

    def hints(self) -> list[Piece]:
        """What keys do."""
        return [
            ("↑↓", "key"),
            (" choose  ", "hint"),
            ("⏎", "key"),
            (" go or do it  ", "hint"),
            ("esc", "key"),
            (" leave", "hint"),
        ]

    def find(self) -> None:
        """What fits best, first."""
        ranked = sorted(
            (
                (score, place)
                for place, one in enumerate(self._offers)
                if (score := fit(self.entry.text, one)) is not None
            )
        )
        self.found = [*by_number(self._app, self.entry.text), *(self._offers[place] for _, place in ranked[:MOST])]
        self.list.become([self.shown(one) for one in self.found])
        self.list.picking.go(0)

    def shown(self, one: Offer) -> Sequence[Piece]:
        """A line."""
        role = "off" if one.off else "text"
        aside = one.off or one.aside
        kind: Piece = (f"{one.kind:<8}", "dim")
        name: Piece = (f"{one.name:<{34 if aside else 1}}", role)
        return [kind, one.sign, name, (f"  {aside}", "dim")]

    def pressed(self, key: str, character: str | None) -> None:
        """Letters look for, arrows choose, enter does."""
        if key == "enter":
            at = self.list.picking.at
            if at < len(self.found):
                self.dismiss(self.found[at].choose)
        elif key == "escape":
            self.leave()
        elif key in ("up", "down", "pageup", "pagedown", "ctrl+n", "ctrl+p", "tab", "shift+tab"):
            moves = {"ctrl+n": "down", "ctrl+p": "up", "tab": "down", "shift+tab": "up"}
            self.list.key(moves.get(key, key), None)
            self.page.renew_now()
        elif self.entry.key(key, character):
            self.changed()


class PaletteEntry(Entry):
    """A field without a label."""

    def draw(self, width: int, height: int, *, has_focus: bool) -> list[Row]:
        """As wide as the sheet."""
        return [row_of(width, (": ", "key"), *self.value(width - 3, has_focus=True))]


def fit(wanted: str, one: Offer) -> tuple[int, int, int] | None:
    """How well it fits, the less the better; None: not at all."""
    words = wanted.lower().split()
    name = f"{one.kind} {one.name}".lower()
    if not words:
        return (0, 0, 0)
    score = 0
    for word in words:
        at = name.find(word)
        if at < 0:
            if not in_order(word, name):
                return None
            score += 100
        else:
            score += 0 if at == 0 or not name[at - 1].isalnum() else 10
    return (score, 1 if one.off else 0, len(name))


def by_number(app: FlowliteApp, wanted: str) -> Iterator[Offer]:
    """A run that is too old to be listed is gone to by its number: `107`, `run 107`, `run/107`."""
    said = NUMBER.fullmatch(wanted)
    if said is not None and int(said[1]) not in app.world.runs:
        yield Offer("run", said[1], "by its number", lambda: app.go(Place("run", said[1])))


# --- what there is ----------------------------------------------------------------------------------------------------
def offers(app: FlowliteApp) -> Iterator[Offer]:
    """Actions that can be done here, places, DAGs, runs, themes."""
    yield from of_actions(app)
    yield from of_places(app)
    yield from of_dags(app)
    yield from of_runs(app)
    for theme in THEMES.values():
        yield Offer("theme", theme.name, theme.title, lambda name=theme.name: app.wear(name))  # type: ignore[misc]


def of_actions(app: FlowliteApp) -> Iterable[Offer]:
    """Those that are not only moves."""
    for action, here in app.offered():
        if action.is_silent or action.id == "everywhere.palette":
            continue
        keys = " ".join(shown(key) for key in action.keys[:2])
        yield Offer(
            "do", action.title, keys, lambda action=action, here=here: app.carry_out(action, here),  # type: ignore[misc]
            off=app.refusal(action, here),
        )  # fmt: skip


def of_places(app: FlowliteApp) -> Iterable[Offer]:
    """Those that need no number."""
    for name in LONE:
        yield Offer("go", name, "", lambda name=name: app.go(Place(name)))  # type: ignore[misc]


def of_dags(app: FlowliteApp) -> Iterable[Offer]:
    """All of them."""
    for dag in app.world.dags.values():
        last = dag.last
        sign: Piece = (f"{glyph(last.state)} ", f"state-{last.state}") if last else ("  ", "text")
        yield Offer("dag", dag.id, dag.description, lambda id_=dag.id: app.go(Place("dag", id_)), sign=sign)  # type: ignore[misc]


def of_runs(app: FlowliteApp) -> Iterable[Offer]:
    """The last ones of each DAG, the newest first."""
    for run in sorted(app.world.runs.values(), key=lambda run: -run.id)[:500]:
        name = f"{run.id} {run.dag_id} {moment(run.logical_date, app.zone)}"
        sign: Piece = (f"{glyph(run.state)} ", f"state-{run.state}")
        yield Offer("run", name, run.kind, lambda id_=run.id: app.go(Place("run", str(id_))), sign=sign)  # type: ignore[misc]
