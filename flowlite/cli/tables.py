"""Aligned tables for terminals: cells are made safe, wide characters count as two, the widest column gives way."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

import click

from flowlite.core.terminal_text import safe_line

GAP = "  "
LEAST = 8  # no column is squeezed below this


class Cell(NamedTuple):
    """A text with a colour."""

    text: str
    color: str | None = None
    bold: bool = False


def width_of(text: str) -> int:
    """Columns that the text takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(_char_width(char) for char in text)


def _char_width(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def cut(text: str, width: int) -> str:
    """The text, or as much of it as fits with an ellipsis at its end."""
    if width_of(text) <= width:
        return text
    kept, used = [], 0
    for char in text:
        if used + _char_width(char) > width - 1:
            break
        kept.append(char)
        used += _char_width(char)
    return "".join(kept) + "…"


def table(
    heads: Sequence[str], rows: Sequence[Sequence[str | Cell]], *, right: Sequence[str] = (), width: int | None = None
) -> str:
    """The lines of a table. `right` names the columns aligned to the right; `width` is that of the terminal, if any."""
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max([width_of(head), *(width_of(row[i].text) for row in cells)]) for i, head in enumerate(heads)]
    if width is not None:
        widths = squeezed(widths, width - len(GAP) * (len(heads) - 1))
    rights = [head in right for head in heads]
    lines = [[Cell(head, bold=True) for head in heads], *cells]
    return "\n".join(_line(line, widths, rights) for line in lines)


def squeezed(widths: list[int], room: int) -> list[int]:
    """The widths with the widest made narrower until all fit, or all are at their least."""
    widths = list(widths)
    while sum(widths) > room and max(widths) > LEAST:
        widths[widths.index(max(widths))] -= 1
    return widths


def _cell(value: str | Cell) -> Cell:
    cell = value if isinstance(value, Cell) else Cell(value)
    return cell._replace(text=safe_line(cell.text))


def _line(cells: Sequence[Cell], widths: Sequence[int], rights: Sequence[bool]) -> str:
    return GAP.join(_padded(*three) for three in zip(cells, widths, rights, strict=True)).rstrip()


def _padded(cell: Cell, width: int, is_right: bool) -> str:
    text = cut(cell.text, width)
    space = " " * (width - width_of(text))
    styled = click.style(text, fg=cell.color, bold=cell.bold or None) if cell.color or cell.bold else text
    return space + styled if is_right else styled + space
