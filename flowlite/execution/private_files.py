"""Files and folders that only their owner can read, never reached through a symlink. Standard library only."""

from __future__ import annotations

import os
import threading
from pathlib import Path


def make_folder(folder: Path) -> None:
    """With its parents, each 0700: mkdir(parents=True) gives that to the last one only."""
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        if not folder.is_dir():
            raise
    except FileNotFoundError:
        make_folder(folder.parent)
        make_folder(folder)


def open_private(path: Path, flags: int) -> int:
    """Open, and create if the flags say so, 0600; its folder is made."""
    flags |= os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        return os.open(path, flags, 0o600)
    except FileNotFoundError:
        make_folder(path.parent)
        return os.open(path, flags, 0o600)


def write_private(path: Path, data: bytes, *, is_durable: bool = False) -> None:
    """A whole file in place of what was there, or nothing."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}")
    fd = open_private(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    try:
        write_all(fd, data)
        if is_durable:
            os.fsync(fd)
    finally:
        os.close(fd)
    os.rename(draft, path)
    if is_durable:
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in it durable."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def write_all(fd: int, data: bytes) -> None:
    """All of it, however often it takes."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
