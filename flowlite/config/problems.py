"""What is wrong with a configuration: the file, the line where it can be told, and the way out."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from pathlib import Path

from flowlite.core.errors import FlowliteError


class ConfigError(FlowliteError):
    """flowlite.toml, or a variable that overrides it, can't be used. Reads `file:line: what; what to do`."""

    def __init__(self, where: str, message: str, fix: str) -> None:
        super().__init__(f"{where}: {message}; {fix}")
        self.where, self.message, self.fix = where, message, fix


class Source:
    """The file that settings come from, to point into it."""

    def __init__(self, path: Path | None, text: str = "") -> None:
        self.path, self.text = path, text

    def where(self, section: str, key: str | None = None) -> str:
        """`flowlite.toml:12` for a key of a section; only the file if the line can't be told."""
        line = self._line(section, key)
        name = "the environment" if self.path is None else str(self.path)
        return name if line is None else f"{name}:{line}"

    def error(self, section: str, key: str | None, message: str, fix: str) -> ConfigError:
        """An error about a key of a section."""
        return ConfigError(self.where(section, key), message, fix)

    def _line(self, section: str, key: str | None) -> int | None:
        header, entry = (
            re.compile(r"\s*\[\s*([^\]]+?)\s*\]"),
            re.compile(rf"""\s*["']?{re.escape(key or "")}["']?\s*="""),
        )
        current, own = "", None
        for number, line in enumerate(self.text.splitlines(), 1):
            if found := header.match(line):
                current = found[1].replace('"', "").replace("'", "")
                own = number if current == section else own
            elif key is not None and current == section and entry.match(line):
                return number
        return own


def nearest(name: str, known: Iterable[str]) -> str:
    """`'x'` for the known name that was probably meant, else all of them."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1)
    return repr(close[0]) if close else "one of " + (", ".join(names) or "(nothing)")
