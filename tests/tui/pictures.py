"""A screen as text that can be kept and compared: its cells, and a letter for how each is painted."""

from __future__ import annotations

import os
from pathlib import Path

from screens import Screen

FOLDER = Path(__file__).parent / "snapshots"
GROUNDS = {"cursor": ">", "trace": "-", "mark": "M", "here": "@", "raised": ""}
LETTERS = {
    "": " ", "text": " ", "strong": "b", "title": "b", "dim": "d", "title-idle": "d", "hint": "d", "faint": "f",
    "rule": "f", "off": "f", "accent": "a", "accent-strong": "A", "key": "A", "rule-focus": "a", "good": "g",
    "warn": "w", "error": "E", "bad": "e", "banner": "B", "notice": "N", "bar": "r", "bar-good": "g", "bar-warn": "w",
    "bar-bad": "e", "bar-rest": "f", "state-success": "s", "state-running": "r", "state-queued": "q",
    "state-pending": "p", "state-retrying": "y", "state-failed": "X", "cell-failed": "X", "state-upstream_failed": "u",
    "state-skipped": "k", "state-cancelled": "c", "state-waiting": "o", "tab": "d", "tab-focus": "A", "field": "_",
    "field-focus": "=", "caret": "C", "button": "_", "button-focus": "*", "button-danger": "!", "chart": "r",
    "chart-sla": "E", "link": "l", "log-number": "f", "code-comment": "d", "code-string": "g", "code-number": "w",
    "code-keyword": "a", "code-decorator": "o", "code-function": "r",
}  # fmt: skip


def letter(role: str) -> str:
    """Of a cell: that of its ground if that says more than its role."""
    base, _, ground = role.partition(".")
    found = GROUNDS.get(ground, "")
    if found and (base == "text" or found in "@M"):
        return found
    return LETTERS.get(base, "?" if base else " ")


def drawn(screen: Screen) -> str:
    """Cells above, letters below."""
    cells = screen.lines
    letters = ["".join(map(letter, row)).rstrip() for row in screen.roles()]
    width = screen.app.size.width
    return "\n".join([*cells, "═" * width, *letters, ""])


def differs(name: str, screen: Screen) -> str:
    """ "" if the screen is as it was kept; else what is different. With SNAPSHOTS=keep it is kept as it is."""
    path, now = FOLDER / f"{name}.txt", drawn(screen)
    if os.environ.get("SNAPSHOTS") == "keep":
        path.write_text(now)
        return ""
    if not path.exists():
        return f"{name}: not kept yet; look at it, then SNAPSHOTS=keep:\n{now}"
    before = path.read_text()
    if before == now:
        return ""
    lines = [
        f"{number:>4} - {old}\n     + {new}"
        for number, (old, new) in enumerate(zip(before.split("\n"), now.split("\n"), strict=False), 1) if old != new
    ]  # fmt: skip
    return f"{name}:\n" + "\n".join(lines[:24])
