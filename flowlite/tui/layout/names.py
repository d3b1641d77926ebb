"""Names as they fit: cut in the middle, where ids differ least, and every character one cell wide."""

from __future__ import annotations

from unicodedata import category, east_asian_width

UNSEEN = ("Cc", "Cf", "Cn", "Co", "Cs", "Mn", "Me", "Zl", "Zp")
STAND_IN = "?"


def narrow(text: str) -> str:
    """With a stand-in for each character that takes two cells, none, or moves the cursor."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        STAND_IN if east_asian_width(one) in "WF" or category(one) in UNSEEN else one for one in text
    )  # fmt: skip


def middle(text: str, width: int) -> str:
    """At most so many cells: `extract_cus…_eu`. The beginning says what it is, the end which one of them."""
    text = narrow(text)
    if len(text) <= width:
        return text
    room = width - 1
    if room < 2:
        return text[: max(width, 0)]
    tail = room * 2 // 5
    return f"{text[: room - tail]}…{text[len(text) - tail :]}"
