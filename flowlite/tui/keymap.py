"""Names of keys, as Textual says them and as people read them."""

from __future__ import annotations

SHOWN = {
    "enter": "⏎", "escape": "esc", "space": "space", "up": "↑", "down": "↓", "left": "←", "right": "→",
    "pageup": "pgup", "pagedown": "pgdn", "home": "home", "end": "end", "tab": "tab", "shift+tab": "shift+tab",
    "slash": "/", "colon": ":", "question_mark": "?", "plus": "+", "minus": "-", "underscore": "_", "asterisk": "*",
    "full_stop": ".", "comma": ",", "left_square_bracket": "[", "right_square_bracket": "]", "equals_sign": "=",
    "less_than_sign": "<", "greater_than_sign": ">", "at": "@", "dollar_sign": "$",
}  # fmt: skip


def shown(key: str) -> str:
    """`⏎`, `^d`, `R`."""
    if key in SHOWN:
        return SHOWN[key]
    if key.startswith("ctrl+"):
        return f"^{key.removeprefix('ctrl+')}"
    if key.startswith("shift+") and len(key) == 7:
        return key[-1].upper()
    return key


def named(event_key: str, character: str | None) -> str:
    """One name for each key, however a terminal says it: letters by themselves, in their case."""
    if character is not None and len(character) == 1 and character.isalnum():
        return character
    return event_key
