"""Copying to the clipboard of whoever sits at the terminal, also over ssh and in tmux: the terminal is asked to, by
OSC 52.

It never answers, and takes only so much; what is longer is refused here, with a word on what to do.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping

from flowlite.core.errors import FlowliteError

MOST_BYTES = 74_000  # what terminals are known to take, before it is encoded
ESC, BEL = "\x1b", "\x07"


class TooMuchToCopy(FlowliteError):
    """No terminal would take it."""

    def __init__(self, size: int) -> None:
        super().__init__(f"{size:,} bytes are too much for the clipboard of a terminal; O opens the whole in a pager")


def asked_to_copy(text: str, env: Mapping[str, str]) -> str:
    """What is written to the terminal. Raises TooMuchToCopy."""
    data = text.encode("utf-8", "backslashreplace")
    if len(data) > MOST_BYTES:
        raise TooMuchToCopy(len(data))
    said = f"{ESC}]52;c;{base64.b64encode(data).decode()}{BEL}"
    if env.get("TMUX"):
        said = f"{ESC}Ptmux;{said.replace(ESC, ESC + ESC)}{ESC}\\"
    return said
