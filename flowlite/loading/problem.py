"""What is wrong with a DAG file, for people: where, what, and what to do."""

from __future__ import annotations

import traceback
from dataclasses import asdict, dataclass
from typing import Any

from flowlite.authoring.problems import DeclarationError


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that keeps a DAG from being loaded. Reads `file:line: message; fix`."""

    file: str
    line: int | None
    message: str
    fix: str

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{where}: {self.message}; {self.fix}"

    def to_json(self) -> dict[str, Any]:
        """Its fields."""
        return asdict(self)


def problem_of(file: str, error: BaseException) -> Problem:
    """What an exception that came out of a DAG file means."""
    if isinstance(error, DeclarationError):
        return Problem(error.file, error.line, error.message, error.fix)
    if isinstance(error, SyntaxError) and error.filename:
        return Problem(error.filename, error.lineno, f"syntax error: {error.msg}", "correct the line")
    file, line = innermost(file, error)
    return Problem(file, line, *explained(error))


def explained(error: BaseException) -> tuple[str, str]:
    """What happened, and what to do."""
    if isinstance(error, SystemExit):
        return "calls sys.exit() while it is being loaded", 'move the call under `if __name__ == "__main__":`'
    if isinstance(error, ModuleNotFoundError):
        return f"imports {error.name!r}, which is not installed", "install it, or put the module beside the DAG file"
    if isinstance(error, MemoryError):
        return "asks for more memory than a DAG file may have while it is being loaded", "move the work into a task"
    if isinstance(error, RecursionError):
        return "RecursionError: calls itself without end", "correct the recursion"
    text = str(error).strip().splitlines()
    return (
        f"{type(error).__name__}: {text[0] if text else 'no message'}",
        "correct it; `python FILE` shows the whole traceback",
    )


def innermost(file: str, error: BaseException) -> tuple[str, int | None]:
    """The innermost line of the DAG file that led to the error; its own file if that is another one of the author's."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == file]
    return file, lines[-1] if lines else None
