"""Programs of the user's own: a pager, an editor. The screen is theirs until they end."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from flowlite.core.errors import FlowliteError

if TYPE_CHECKING:
    from textual.app import App

WITH_LINE = ("vi", "vim", "nvim", "nano", "emacs", "emacsclient", "kak", "micro", "joe", "mg", "less", "more", "most")


class CannotOpen(FlowliteError):
    """There is no such program, or no terminal to lend to it."""


def editor(line: int) -> list[str]:
    """`$VISUAL`, `$EDITOR` or vi, at a line if it is known how to say so."""
    return with_line(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi", line)


def pager(line: int) -> list[str]:
    """`$PAGER` or less; that shows what steers a terminal as letters."""
    return with_line(os.environ.get("PAGER") or "less", line)


def with_line(command: str, line: int) -> list[str]:
    """The words of a command, with where it should begin."""
    words = shlex.split(command)
    name = Path(words[0]).name if words else ""
    return [*words, f"+{line}"] if name in WITH_LINE and line > 1 else words


def open_outside(app: App[object], command: list[str], file: Path) -> None:
    """Lend the terminal to a program. Raises CannotOpen."""
    if not file.exists():
        raise CannotOpen(f"{file} is not there: it was pruned, or the daemon works on another machine")
    try:
        with app.suspend():
            subprocess.run([*command, str(file)], check=False)
    except SuspendNotSupported:
        raise CannotOpen(f"there is no terminal to lend here; the file is {file}") from None
    except OSError as error:
        raise CannotOpen(f"{command[0]} can't be started ({error.strerror}); set $EDITOR and $PAGER") from None
