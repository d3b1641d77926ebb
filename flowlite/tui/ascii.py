"""What stands for each of our signs in a terminal that has only ASCII: one letter for one cell, so nothing shifts."""

from __future__ import annotations

from collections.abc import Mapping

from flowlite.tui.format import FILLER
from flowlite.tui.glyphs import GLYPHS

LINES = {
    "-": "─╌┄┈╴╶–—⠤⠒⣀⠉",
    "|": "│╎┆┊╵╷┃▏▎▌▐",
    "+": "╭╮╰╯├┤┬┴┼┌┐└┘┝┥╞╡",
    "#": "█▉▊▋▓▒",
    "=": "▍▆▇━",
    ":": "▃▄▅░",
    ".": "▁▂…⋯·•",
    "_": "_",
    ">": "›→▸▶",
    "<": "‹←◂◀",
    "^": "↑▲",
    "v": "↓▼",
    "*": "●★◆",
    "o": "○◇◎",
    "x": "×",
    "~": "≈∿",
    "'": "’‘",
    '"': "“”„",
    "!": "⚠",
    " ": "\u00a0",
    "r": "↻",
    "e": "⏎",
}


def braille() -> dict[str, str]:
    """By how many dots there are."""
    return {chr(0x2800 + dots): " .:-=+*##"[dots.bit_count()] for dots in range(256)}


TO_ASCII: Mapping[str, str] = {
    **braille(),
    **{sign: letter for letter, signs in LINES.items() for sign in signs},
    **{found.mark: found.letter for found in GLYPHS.values()},
    **{chr(code): chr(code) for code in range(32, 127)},
    FILLER: "?",
}
