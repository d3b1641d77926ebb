"""A DAG drawn with characters, from left to right, laid out as in the terminal UI; where the terminal is too narrow, as
a list by layers. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flowlite.tui.format import FILLER, middle
from flowlite.tui.layout.layers import depths, turned
from flowlite.tui.layout.line import Line
from flowlite.tui.layout.part import Size
from flowlite.tui.layout.placing import laid_out
from flowlite.tui.layout.wires import Wires

WIDEST_LABEL = 32
NO_TASKS = "(no tasks)"
After = Mapping[str, Sequence[str]]


def draw(after: After, labels: Mapping[str, str], *, width: int | None = None) -> list[str]:
    """Lines of text. `after` names the upstream of each task, `labels` what to show for it."""
    if not after:
        return [NO_TASKS]
    texts = [middle(labels[task], WIDEST_LABEL) for task in after]
    placed = laid_out([Size(len(text)) for text in texts], upstream(after))
    if width is not None and placed.width > width:
        return listed(after, labels)
    wires = Wires(placed.width, placed.lines.values())
    lines = [Line(placed.width) for _ in range(placed.height)]
    for y, line in enumerate(lines):
        line.put_marks(wires.text(y), "edge")
    for text, (x, y) in zip(texts, placed.corners, strict=True):
        lines[y].put(x, text)
    return [text_of(line) for line in lines]


def upstream(after: After) -> list[list[int]]:
    """By number, in the order in which the tasks come."""
    number = {task: place for place, task in enumerate(after)}
    return [[number[up] for up in dict.fromkeys(ups)] for ups in after.values()]


def text_of(line: Line) -> str:
    """Without colours, and without blanks at its end."""
    text = ""
    for span in line.row():
        text = text.ljust(span.x) + span.text
    return text.rstrip().replace(FILLER, "")


def listed(after: After, labels: Mapping[str, str]) -> list[str]:
    """One task a line, indented by its layer, with its upstream behind it."""
    up = upstream(after)
    layer = dict(zip(after, depths(up, turned(up)), strict=True))
    lines = []
    for task in sorted(after, key=lambda task: layer[task]):
        behind = f"  ← {', '.join(dict.fromkeys(after[task]))}" if after[task] else ""
        lines.append(f"{'  ' * layer[task]}{labels[task]}{behind}")
    return lines
