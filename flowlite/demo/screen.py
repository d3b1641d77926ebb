"""Calm lines: each is written once; on a terminal the last one tells what is going on right now."""

from __future__ import annotations

import shutil
from typing import TextIO


class Screen:
    """Where the demo tells its story."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._is_live = out.isatty()
        self._has_note = False
        self._held: list[str] | None = None

    def hold(self) -> None:
        """The terminal belongs to somebody else: lines wait."""
        self._clear()
        self._held = []

    def release(self) -> None:
        """It is ours again."""
        held, self._held = self._held or [], None
        for text in held:
            self.line(text)

    def line(self, text: str = "") -> None:
        """A line that stays."""
        if self._held is not None:
            self._held.append(text)
            return
        self._clear()
        self._out.write(f"{text}\n")
        self._out.flush()

    def title(self, text: str) -> None:
        """A line that begins a part."""
        self.line()
        self.line(f"\x1b[1m{text}\x1b[0m" if self._is_live else text)

    def note(self, text: str) -> None:
        """What is going on; the next line takes its place. Shown on a terminal only."""
        if self._is_live:
            self._clear()
            width = shutil.get_terminal_size().columns - 1
            self._out.write(f"\x1b[2m{text[:width]}\x1b[0m")
            self._out.flush()
            self._has_note = True

    def _clear(self) -> None:
        if self._has_note:
            self._out.write("\r\x1b[2K")
            self._has_note = False
