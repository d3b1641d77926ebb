"""Which files of a folder are DAG files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from pathlib import Path

IGNORE_FILE = ".flowliteignore"  # in a DAG folder: a pattern a line, relative to it, like `drafts/*`


def dag_files(folders: Iterable[str | Path]) -> list[Path]:
    """The Python files in the folders, sorted. Hidden ones, tests, caches and virtual environments are left out; a path
    that is a file is taken as it is, one that is not there gives nothing."""
    found: dict[Path, None] = {}
    for folder in folders:
        start = Path(folder).absolute()
        found.update(dict.fromkeys([start] if start.is_file() else sorted(walked(start))))
    return list(found)


def walked(folder: Path) -> Iterator[Path]:
    """Every DAG file below a folder."""
    patterns = ignored(folder)
    for here, folders, names in os.walk(folder):
        place = Path(here)
        folders[:] = [
            name for name in folders if is_dag_folder(place / name) and not matches(place / name, folder, patterns)
        ]
        for name in names:
            if is_dag_file(name) and not matches(place / name, folder, patterns):
                yield place / name


def is_dag_file(name: str) -> bool:
    """By its name alone."""
    return name.endswith(".py") and not name.startswith((".", "test_", "conftest."))


def is_dag_folder(folder: Path) -> bool:
    """Not a hidden one, a cache, or a virtual environment."""
    return not folder.name.startswith(".") and folder.name != "__pycache__" and not (folder / "pyvenv.cfg").exists()


def ignored(folder: Path) -> list[str]:
    """The patterns of the folder's ignore file."""
    try:
        lines = (folder / IGNORE_FILE).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    return [line.strip().rstrip("/") for line in lines if line.strip() and not line.lstrip().startswith("#")]


def matches(path: Path, folder: Path, patterns: Iterable[str]) -> bool:
    """Whether a pattern means this path, or its name anywhere."""
    inner = path.relative_to(folder).as_posix()
    return any(fnmatch(inner, pattern) or fnmatch(path.name, pattern) for pattern in patterns)
