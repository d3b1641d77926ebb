"""Reading a stored result: most are JSON text in the state, a large one is a file below the state folder."""

from __future__ import annotations

from pathlib import Path


def read_result(state_dir: Path, text: str) -> str:
    """The JSON text itself. That of a large one is stored as `@` and its path; no JSON text begins with `@`."""
    return (state_dir / text[1:]).read_text() if text.startswith("@") else text
