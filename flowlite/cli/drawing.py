"""A DAG drawn with characters, from left to right; where the terminal is too narrow, as a list by layers. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from flowlite.cli.layers import Layout, Spot, layers_of, layout
from flowlite.cli.tables import cut, width_of

UP, DOWN, LEFT, RIGHT = 1, 2, 4, 8
GLYPHS = " ╵╷│╴╯╮┤╶╰╭├─┴┬┼"  # by the sum of the directions
WIDEST_LABEL = 32
NO_TASKS = "(no tasks)"


def draw(after: Mapping[str, Sequence[str]], labels: Mapping[str, str], *, width: int | None = None) -> list[str]:
    """Lines of text. `after` names the upstream of each task, `labels` what to show for it."""
    if not after:
        return [NO_TASKS]
    lines = _Canvas(layout(after), {task: cut(label, WIDEST_LABEL) for task, label in labels.items()}).lines()
    if width is not None and max(map(width_of, lines)) > width:
        return listed(after, labels)
    return lines


def listed(after: Mapping[str, Sequence[str]], labels: Mapping[str, str]) -> list[str]:
    """One task a line, indented by its layer, with its upstream behind it."""
    ranks = layers_of(after)
    lines = []
    for task in sorted(after, key=lambda task: ranks[task]):
        behind = f"  ← {', '.join(dict.fromkeys(after[task]))}" if after[task] else ""
        lines.append(f"{'  ' * ranks[task]}{labels[task]}{behind}")
    return lines


class _Canvas:
    """Characters on a grid: labels first, then lines as directions that add up to glyphs."""

    def __init__(self, plan: Layout, labels: Mapping[str, str]) -> None:
        self._plan, self._labels = plan, labels
        self._directions: dict[tuple[int, int], int] = defaultdict(int)
        self._starts: list[int] = []  # first column of each layer
        self._bends: dict[Spot, int] = {}  # the column where a spot's edges turn up or down
        self._place_columns()
        for layer in plan.layers:
            for spot in layer:
                self._route(spot)

    def lines(self) -> list[str]:
        """The picture, without spaces at line ends."""
        height = max(self._plan.rows.values()) + 1
        rows: list[dict[int, str]] = [{} for _ in range(height)]
        for (row, column), directions in self._directions.items():
            rows[row][column] = GLYPHS[directions]
        texts: list[list[tuple[int, str]]] = [[] for _ in range(height)]
        for layer in self._plan.layers:
            for spot in layer:
                if spot.task is not None:
                    texts[self._plan.rows[spot]].append((self._starts[spot.layer], self._labels[spot.task]))
        return [_joined(glyphs, labels) for glyphs, labels in zip(rows, texts, strict=True)]

    def _place_columns(self) -> None:
        column = 0
        for layer in self._plan.layers:
            self._starts.append(column)
            label_width = max((width_of(self._label(spot)) for spot in layer), default=0)
            tracks = self._tracks(layer)
            for spot, track in tracks.items():
                self._bends[spot] = column + label_width + 2 + track
            column += label_width + 4 + max(tracks.values(), default=0) + 1

    def _tracks(self, layer: Sequence[Spot]) -> dict[Spot, int]:
        """A vertical track for each spot whose edges leave its row; those that don't overlap share one."""
        rows = self._plan.rows
        ends: list[int] = []
        tracks: dict[Spot, int] = {}
        spans = []
        for spot in layer:
            reached = [rows[spot], *(rows[target] for target in self._plan.edges.get(spot, ()))]
            if min(reached) != max(reached):
                spans.append((min(reached), max(reached), spot.number, spot))
        for top, bottom, _, spot in sorted(spans):
            free = next((i for i, end in enumerate(ends) if end < top), len(ends))
            ends[free : free + 1] = [bottom]
            tracks[spot] = free
        return tracks

    def _route(self, spot: Spot) -> None:
        rows = self._plan.rows
        start = self._starts[spot.layer]
        out = start + width_of(self._label(spot)) + 1 if spot.task is not None else start
        for target in self._plan.edges.get(spot, ()):
            into = self._starts[target.layer] - (2 if target.task is not None else 0)
            self._touch(rows[spot], out, rows[target], into)
            if rows[spot] == rows[target]:
                self._across(rows[spot], out, into)
                continue
            bend = self._bends[spot]
            self._across(rows[spot], out, bend)
            self._along(bend, rows[spot], rows[target])
            self._across(rows[target], bend, into)

    def _touch(self, row: int, out: int, target_row: int, into: int) -> None:
        """Lines reach up to the labels at both ends."""
        self._directions[row, out] |= LEFT
        self._directions[target_row, into] |= RIGHT

    def _across(self, row: int, left: int, right: int) -> None:
        for column in range(left, right + 1):
            self._directions[row, column] |= (LEFT if column > left else 0) | (RIGHT if column < right else 0)

    def _along(self, column: int, one: int, other: int) -> None:
        top, bottom = min(one, other), max(one, other)
        for row in range(top, bottom + 1):
            self._directions[row, column] |= (UP if row > top else 0) | (DOWN if row < bottom else 0)

    def _label(self, spot: Spot) -> str:
        return "" if spot.task is None else self._labels[spot.task]


def _joined(glyphs: Mapping[int, str], labels: Sequence[tuple[int, str]]) -> str:
    """One line; labels may hold wide characters, so it is put together from left to right by width."""
    line, at = [], 0
    pieces = sorted([*glyphs.items(), *labels])
    for column, text in pieces:
        line.append(" " * (column - at) + text)
        at = column + width_of(text)
    return "".join(line).rstrip()
