"""The clipboard of the terminal that somebody sits at, also through ssh and tmux: by an escape sequence (OSC 52)."""

from __future__ import annotations

import base64
from collections.abc import Mapping

MOST_BYTES = 74_000  # what terminals take


def copying(text: str, env: Mapping[str, str]) -> str | None:
    """What to write to the terminal; None: it is too long.

    Within tmux it is said twice: to tmux, which may keep a clipboard itself, and through it.
    """
    data = base64.b64encode(text.encode("utf-8", "backslashreplace")).decode("ascii")
    if len(data) > MOST_BYTES:
        return None
    said = f"\x1b]52;c;{data}\x07"
    if "TMUX" in env:
        return f"{said}\x1bPtmux;{said.replace(chr(27), chr(27) * 2)}\x1b\\"
    if env.get("TERM", "").startswith("screen"):
        return f"\x1bP{said}\x1b\\"
    return said
