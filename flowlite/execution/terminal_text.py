"""What a foreign text may say to a terminal: letters, tabs, newlines, and colours if they are asked for. Nothing else.

A log line could otherwise set the clipboard, retitle the window, clear the screen, or turn the reading direction round.
Everything that is taken out stays visible as a sign in its place.
"""

from __future__ import annotations

import re

_SGR = re.compile(r"(\x1b\[[0-9;]{0,32}m)")
_REPLACEMENT = 0xFFFD
# Control pictures: the escape character shows as one sign, and what followed it as plain text.
_SIGNS = {code: 0x2400 + code for code in range(32) if code not in (0x09, 0x0A)} | {0x7F: 0x2421}
_HIDDEN = (
    *range(0x80, 0xA0),  # C1: one-byte escapes
    *range(0x202A, 0x202F),
    *range(0x2066, 0x206A),
    0x200E,
    0x200F,
    0x061C,  # reading direction
    0x2028,
    0x2029,  # line ends that are none in a file
    *range(0xFFF9, 0xFFFC),
    *range(0xE0000, 0xE0080),  # invisible tags
)
_TABLE = _SIGNS | dict.fromkeys(_HIDDEN, _REPLACEMENT)


def clean(text: str, *, colours: bool = False) -> str:
    """Safe to show on a terminal; cleaning twice changes nothing more."""
    if not colours:
        return text.translate(_TABLE)
    return "".join(part if place % 2 else part.translate(_TABLE) for place, part in enumerate(_SGR.split(text)))
