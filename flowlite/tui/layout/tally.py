"""Many states in few cells: how many tasks are in each, one state for all, a bar of ten."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from flowlite.core.states import taken_together
from flowlite.tui.glyphs import glyph

BAR = 10
ORDER = (
    "success", "running", "retrying", "failed", "upstream_failed", "waiting", "queued", "pending", "skipped",
    "cancelled",
)  # fmt: skip
WORTH = ("failed", "running", "retrying", "upstream_failed", "waiting", "queued", "cancelled", "success", "pending")
DONE = "━"


def counted(states: Iterable[str]) -> dict[str, int]:
    """How many are in each state, what was done first, what is to come last."""
    found = Counter(states)
    return {state: found[state] for state in ORDER if found[state]}


def together(counts: Mapping[str, int]) -> str:
    """One state for many: a failure is not hidden by what still goes on; blank for none."""
    if not counts:
        return ""
    return "failed" if counts.get("failed") else taken_together(counts)


def tally(counts: Mapping[str, int], width: int) -> list[tuple[str, str]]:
    """`✓12 ▸2 ✗1 ·9` as (text, state), at most so wide; what is least worth telling gives way to an ellipsis."""
    pieces = [(f"{glyph(state)}{number}", state) for state, number in counts.items()]
    if sum(len(text) + 1 for text, _ in pieces) - 1 <= width:
        return pieces
    while pieces and sum(len(text) + 1 for text, _ in pieces) + 1 > width:
        pieces.remove(max(pieces, key=lambda piece: WORTH.index(piece[1]) if piece[1] in WORTH else len(WORTH)))
    return [*pieces, ("…", "")]


def bar(counts: Mapping[str, int]) -> list[tuple[str, str]]:
    """Ten cells shared out by state, none too rare to be seen, as (text, state)."""
    total = sum(counts.values())
    if not total:
        return []
    cells = {state: max(1, number * BAR // total) for state, number in counts.items()}
    while sum(cells.values()) > BAR:
        cells[max(cells, key=lambda state: (cells[state], counts[state]))] -= 1
    while sum(cells.values()) < BAR:
        cells[max(cells, key=lambda state: counts[state] * BAR / total - cells[state])] += 1
    return [((DONE if state == "success" else glyph(state)) * number, state) for state, number in cells.items()]
