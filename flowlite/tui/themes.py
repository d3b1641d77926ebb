"""Themes: how each role is painted. A role is a word of what draws ("state-failed", "dim"); a theme gives it colours.

A role may end in a dot and a ground: "state-failed.cursor" is a failed state on the row under the cursor. Only the
themes know colours; contrast is 4.5:1 for text and 3:1 for marks, and a test measures it, also as people see it who
can't tell red from green or blue from yellow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


class Look(NamedTuple):
    """Colours as `#rrggbb`, "" for those of what lies below; attributes as letters: b bold, d dim, i italic,
    r reversed, s struck through, u underlined."""

    ink: str = ""
    ground: str = ""
    attributes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """The colours that a theme is made from. With "" for all of them a theme says everything by attributes."""

    ground: str
    raised: str  # dialogs, menus
    cursor: str  # the row under the cursor, where the keys go
    trace: str  # the same in a pane where they do not go
    field: str  # what is filled in, and buttons
    mark: str  # rows that are marked
    match: str  # what was searched for
    text: str
    dim: str
    faint: str  # rules, empty parts of bars: nothing that must be read
    accent: str
    good: str
    running: str
    waiting: str
    warn: str
    bad: str
    blocked: str
    idle: str


@dataclass(frozen=True)
class Theme:
    """`looks` by role; a role without one is painted as "text"."""

    name: str
    title: str
    is_dark: bool
    palette: Palette
    looks: Mapping[str, Look] = field(repr=False)
    grounds: Mapping[str, Look] = field(repr=False)

    def look(self, role: str) -> Look:
        """Of a role, with its ground."""
        base, _, ground = role.partition(".")
        found = self.looks.get(base, self.looks["text"])
        if not ground:
            return found
        below = self.grounds[ground]
        if below.ink:
            return below
        attributes = "".join(dict.fromkeys(found.attributes + below.attributes))
        return Look(found.ink, found.ground or below.ground, attributes)  # what has a ground of its own keeps it


def looks_of(p: Palette) -> dict[str, Look]:
    """Every role that there is."""
    return words(p) | states(p) | pictures(p) | logs(p) | fields(p)


def words(p: Palette) -> dict[str, Look]:
    """Text, by how much it matters."""
    return {
        "text": Look(p.text),
        "strong": Look(p.text, "", "b"),
        "dim": Look(p.dim),
        "faint": Look(p.faint),
        "title": Look(p.text, "", "b"),
        "title-idle": Look(p.dim, "", ""),
        "accent": Look(p.accent),
        "accent-strong": Look(p.accent, "", "b"),
        "key": Look(p.accent, "", "b"),
        "hint": Look(p.dim),
        "off": Look(p.faint),
        "link": Look(p.text, "", "u"),
        "good": Look(p.good),
        "warn": Look(p.warn),
        "error": Look(p.bad, "", "b"),
        "bad": Look(p.bad),
        "banner": Look(p.bad, "", "br"),
        "notice": Look(p.warn, "", "r"),
        "rule": Look(p.faint),
        "rule-focus": Look(p.accent),
        "stale": Look(p.dim, "", "d"),
    }


def states(p: Palette) -> dict[str, Look]:
    """Failed is the only one that is loud, and a success is quiet."""
    return {
        "state-success": Look(p.good, "", "d" if not p.good else ""),
        "state-running": Look(p.running, "", "b"),
        "state-queued": Look(p.text),
        "state-pending": Look(p.idle, "", "d" if not p.idle else ""),
        "state-retrying": Look(p.warn),
        "state-failed": Look(p.bad, "", "b"),
        "state-upstream_failed": Look(p.blocked),
        "state-skipped": Look(p.idle, "", "d" if not p.idle else ""),
        "state-cancelled": Look(p.dim),
        "state-waiting": Look(p.waiting),
        "cell-failed": Look(p.bad, "", "br"),  # in a grid
    }


def pictures(p: Palette) -> dict[str, Look]:
    """Bars, charts, graphs."""
    return {
        "bar": Look(p.running),
        "bar-good": Look(p.good),
        "bar-warn": Look(p.warn),
        "bar-bad": Look(p.bad),
        "bar-rest": Look(p.faint),
        "chart": Look(p.running),
        "chart-p50": Look(p.text),
        "chart-p95": Look(p.warn),
        "chart-sla": Look(p.bad),
        "chart-axis": Look(p.faint),
        "edge": Look(p.faint),
        "edge-focus": Look(p.accent, "", "b"),
        "edge-failed": Look(p.bad),
        "edge-critical": Look(p.text, "", "b"),
        "node": Look(p.text),
        "node-focus": Look(p.text, "", "b"),
        "group": Look(p.text, "", "b"),
    }


def logs(p: Palette) -> dict[str, Look]:
    """Lines of logs and of code, and what is searched for."""
    return {
        "log-number": Look(p.faint),
        "log-time": Look(p.dim),
        "log-debug": Look(p.dim),
        "log-info": Look(p.text),
        "log-warning": Look(p.warn),
        "log-error": Look(p.bad),
        "log-critical": Look(p.bad, "", "br"),
        "code-comment": Look(p.dim, "", "i"),
        "code-string": Look(p.good),
        "code-number": Look(p.warn),
        "code-keyword": Look(p.accent),
        "code-decorator": Look(p.waiting),
        "code-function": Look(p.running),
        "match": Look(p.text, p.match, "" if p.match else "u"),
        "match-here": Look(p.text, p.match, "bu" if p.match else "ru"),
    }


def fields(p: Palette) -> dict[str, Look]:
    """What is pressed and filled in."""
    return {
        "button": Look(p.text, p.field, "" if p.field else "u"),
        "button-focus": Look(p.ground, p.accent, "b") if p.accent else Look("", "", "br"),
        "button-danger": Look(p.ground, p.bad, "b") if p.bad else Look("", "", "br"),
        "field": Look(p.text, p.field, "" if p.field else "u"),
        "field-focus": Look(p.text, p.cursor, "" if p.cursor else "r"),
        "caret": Look(p.ground, p.text) if p.text else Look("", "", "r"),
        "tab": Look(p.dim),
        "tab-focus": Look(p.accent, "", "bu"),
    }


def grounds_of(p: Palette) -> dict[str, Look]:
    """What may stand after the dot."""
    return {
        "cursor": Look("", p.cursor, "" if p.cursor else "r"),
        "trace": Look("", p.trace, "" if p.trace else "u"),
        "here": Look(p.ground, p.accent, "b" if p.accent else "br"),  # where two cursors cross
        "mark": Look("", p.mark, "" if p.mark else "b"),
        "raised": Look("", p.raised),
    }


def theme(name: str, title: str, palette: Palette, *, is_dark: bool) -> Theme:
    """From its colours."""
    return Theme(name, title, is_dark, palette, looks_of(palette), grounds_of(palette))


# The states are of the family of Okabe and Ito, moved until each passes the contrast on its ground.
DARK = Palette(
    ground="#0f1318", raised="#1a2028", cursor="#24384a", trace="#1c242d", field="#2c3642", mark="#33284a",
    match="#5c4a12", text="#d7dee7", dim="#93a0b0", faint="#4b5765", accent="#b9a3ff", good="#3fa98a",
    running="#5cc0ff", waiting="#7fa7c4", warn="#f0a830", bad="#ff7152", blocked="#d68bb6", idle="#808d9c",
)  # fmt: skip
LIGHT = Palette(
    ground="#fbfaf6", raised="#f0eee6", cursor="#d3e3f3", trace="#ebe9e0", field="#dfdccf", mark="#e6dcf7",
    match="#ffe08a", text="#1e242b", dim="#57616d", faint="#b9bfc6", accent="#6437c7", good="#12785b",
    running="#005fa8", waiting="#3a6f94", warn="#8f5a00", bad="#bf2f14", blocked="#963a70", idle="#737c86",
)  # fmt: skip
# Without red against green: blue is well, orange is not.
DEUTERANOPIA = Palette(
    ground="#0f1318", raised="#1a2028", cursor="#24384a", trace="#1c242d", field="#2c3642", mark="#332e48",
    match="#5c4a12", text="#d7dee7", dim="#93a0b0", faint="#4b5765", accent="#e6dfff", good="#6b93e0",
    running="#8fe3ff", waiting="#9aa9c8", warn="#fff27a", bad="#ff7f1f", blocked="#c9a2e8", idle="#808d9c",
)  # fmt: skip
# Without blue against yellow: teal is well, red is not.
TRITANOPIA = Palette(
    ground="#0f1318", raised="#1a2028", cursor="#213c42", trace="#1c242d", field="#2c3642", mark="#40283a",
    match="#5a3a4a", text="#dfe4e6", dim="#9aa5a8", faint="#4e5a5e", accent="#ffffff", good="#2f9e97",
    running="#6ff0e4", waiting="#82b3b3", warn="#ffb3c4", bad="#ff5a5a", blocked="#cf8f9c", idle="#75848a",
)  # fmt: skip
BARE = Palette(
    ground="", raised="", cursor="", trace="", field="", mark="", match="", text="", dim="", faint="", accent="",
    good="", running="", waiting="", warn="", bad="", blocked="", idle="",
)  # fmt: skip

THEMES: Mapping[str, Theme] = {
    one.name: one
    for one in (
        theme("dark", "Dark", DARK, is_dark=True),
        theme("light", "Light", LIGHT, is_dark=False),
        theme("deuteranopia", "Dark, without red against green", DEUTERANOPIA, is_dark=True),
        theme("tritanopia", "Dark, without blue against yellow", TRITANOPIA, is_dark=True),
        theme("bare", "The terminal's own colours", BARE, is_dark=True),
    )
}
FIRST = "dark"
