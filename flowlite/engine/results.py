"""Where a result is kept: small ones as JSON text in the state, large ones in a file beside it.

The text of a large one is `@` and its path below the state folder; no JSON text begins with `@`. The file is written once,
before the success is told, so a reader never sees half of one.
"""

from __future__ import annotations

import os
from pathlib import Path

LARGEST_INLINE_CHARS = 1 << 20


def read_result(state_dir: Path, text: str) -> str:
    """The JSON text of a stored result."""
    return (state_dir / text[1:]).read_text() if text.startswith("@") else text


def kept_result(state_dir: Path, name: str, text: str) -> str:
    """What to store of a result: its text, or the reference to the file that now holds it."""
    if len(text) <= LARGEST_INLINE_CHARS:
        return text
    path = state_dir / "results" / f"{name}.json"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_suffix(".tmp")
    with draft.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    return f"@results/{path.name}"
