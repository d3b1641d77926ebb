"""What is wrong with a declaration, and where: every such error names file, line and the way out."""

from __future__ import annotations

import difflib
import sys
import sysconfig
from collections.abc import Iterable
from types import FrameType
from typing import NamedTuple

from flowlite.core.errors import FlowliteError


class Place(NamedTuple):
    """A line of an author's file."""

    file: str
    line: int


NOWHERE = Place("<unknown>", 0)
LIBRARIES = tuple({sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")})


class DeclarationError(FlowliteError):
    """A DAG is declared in a way that can't work. Reads `file:line: what is wrong; what to do`."""

    def __init__(self, message: str, fix: str, place: Place | None = None) -> None:
        place = here() if place is None else place
        super().__init__(f"{place.file}:{place.line}: {message}; {fix}")
        self.file, self.line = place
        self.message = message
        self.fix = fix


def here() -> Place:
    """The innermost line of the author that led to this call."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and is_ours(frame):
        frame = frame.f_back
    return Place(frame.f_code.co_filename, frame.f_lineno) if frame else NOWHERE


def building_file() -> str:
    """The file whose module-level code is being executed: a DAG belongs to it, whichever function builds it. Under a
    library that called the author (a test runner), the innermost file."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and (is_ours(frame) or not is_library(frame)):
        if frame.f_code.co_name == "<module>" and not is_ours(frame):
            return frame.f_code.co_filename
        frame = frame.f_back
    return here().file


def is_library(frame: FrameType) -> bool:
    """Whether this is installed code, not an author's."""
    file = frame.f_code.co_filename
    return "-packages/" in file or file.startswith((*LIBRARIES, "<frozen"))


def is_ours(frame: FrameType) -> bool:
    """Whether this is flowlite's own code, or the standard library's between it and the author."""
    name = frame.f_globals.get("__name__") or ""
    return name in ("flowlite", "contextlib", "functools") or name.startswith("flowlite.")


def nearest(name: str, known: Iterable[str]) -> str:
    """`'x'` for the known name that was probably meant, else all of them."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1)
    return repr(close[0]) if close else "one of " + ", ".join(names)
