"""What may go to a terminal. Logs, errors and names come from anywhere; none of it may move the cursor, set the title,
paste into the shell or reverse the reading order."""

from __future__ import annotations

import re

# C0 without tab and newline, DEL, C1, line and paragraph separators, bidirectional controls, lone surrogates.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_UNSAFE_OR_LINE = re.compile(_UNSAFE.pattern[:-1] + "\t\n]")


def safe(text: str) -> str:
    """The text with every control character spelled out (`\\x1b`); tabs and newlines stay."""
    return _UNSAFE.sub(_spelled, text)


def safe_line(text: str) -> str:
    """The same for text that must stay on one line: tabs and newlines are spelled out too."""
    return _UNSAFE_OR_LINE.sub(_spelled, text)


def _spelled(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape", "surrogatepass").decode("ascii")
