"""Tokens of previews: what somebody was shown and has said yes to is what is done, or nothing is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from flowlite.core.errors import FlowliteError


class PreviewChanged(FlowliteError):
    """Between the look and the yes something has happened."""

    def __init__(self) -> None:
        super().__init__("what would be done is no longer what was shown; look again, and say yes to that")


def token_of(shown: Iterable[object]) -> str:
    """The same for the same list."""
    return hashlib.sha256(repr(list(shown)).encode("utf-8", "backslashreplace")).hexdigest()[:32]


def check_seen(seen: str | None, shown: Iterable[object]) -> None:
    """None: nobody has looked, and whatever it is shall be done. Raises PreviewChanged."""
    if seen is not None and seen != token_of(shown):
        raise PreviewChanged
