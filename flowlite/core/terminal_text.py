"""What a foreign text may say to a terminal: letters, and nothing that steers it.

Logs, errors, names and notes come from anywhere. None of it may move the cursor, set the title, write to the clipboard,
paste into a shell or turn the reading order round. Whatever is taken out stays visible, spelled in its place. Pure.
"""

from __future__ import annotations

import re

# C0 without tab and newline, DEL, C1; what is invisible (soft hyphen, zero-width space, joiners of words, marks of byte
# order, tags); what turns the reading order round; line ends that are none in a file; halves of characters.
_UNSAFE = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f"
)
_IN_TEXT = re.compile(f"[{_UNSAFE}]")
_IN_LINE = re.compile(f"[{_UNSAFE}\t\n]")
# Three marks on a letter are writing, a thousand are a tower over the lines above.
_MARKS = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f"
_TOWER = re.compile(f"([{_MARKS}]{{3}})[{_MARKS}]+")
_COLORS = re.compile("\x1b\\[[0-9;:]{0,64}m")


def safe(text: str) -> str:
    """The text with every character that steers spelled out (`\\x1b`); tabs and newlines stay."""
    if text.isascii() and text.isprintable():
        return text
    return _TOWER.sub(r"\1…", _IN_TEXT.sub(_spelled, text))


def safe_line(text: str) -> str:
    """The same for text that must stay on one line: tabs and newlines are spelled out, too."""
    if text.isascii() and text.isprintable():
        return text
    return _TOWER.sub(r"\1…", _IN_LINE.sub(_spelled, text))


def without_colors(text: str) -> str:
    """Without the sequences that only color, which programs print for people: spelled out they would hide the rest."""
    return _COLORS.sub("", text) if "\x1b" in text else text


def _spelled(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape", "surrogatepass").decode("ascii")
