"""A fingerprint of a dbt project's files: while it stays, a parsed manifest is good."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from flowlite import FlowliteError

FOLDERS_WITHOUT_SOURCE = frozenset({"target", "logs", "dbt_packages", "__pycache__", ".git", ".user.yml"})


def fingerprint(project: str, profiles: str) -> str:
    """Changes when a file is added, removed or saved. Looks at names, sizes and times, so that it costs little."""
    digest = hashlib.sha256()
    for folder in dict.fromkeys((project, profiles)):
        for path, size, saved_at in sorted(files(folder, is_deep=folder == project)):
            digest.update(f"{path}\0{size}\0{saved_at}\n".encode())
    packages = Path(project) / "dbt_packages"
    if packages.is_dir():
        digest.update(str(packages.stat().st_mtime_ns).encode())
    return digest.hexdigest()


def files(folder: str, *, is_deep: bool) -> Iterator[tuple[str, int, int]]:
    """Path, size and time of each file of the source."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name in FOLDERS_WITHOUT_SOURCE:
                continue
            if entry.is_dir():
                if is_deep:
                    yield from files(entry.path, is_deep=True)
                continue
            found = entry.stat()
            yield entry.path, found.st_size, found.st_mtime_ns


def find_project(project: str, starts: list[Path]) -> Path:
    """The folder with dbt_project.yml: as given, or below the first of `starts`, or a folder above one, that has it."""
    given = Path(project).expanduser()
    tried = [given] if given.is_absolute() else [above / given for start in starts for above in (start, *start.parents)]
    for folder in tried:
        if (folder / "dbt_project.yml").is_file():
            return folder.resolve()
    raise FlowliteError(f"no dbt project at {project!r} (no dbt_project.yml there); give the folder of the project")
