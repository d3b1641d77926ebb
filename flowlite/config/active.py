"""The settings in force here: those that the engine works with, or else those of the nearest flowlite.toml."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path

from flowlite.config.reading import find, read
from flowlite.config.settings import Entry, Settings

_ACTIVE: ContextVar[Settings | None] = ContextVar("flowlite_settings", default=None)
_everywhere: list[Settings] = []


@contextmanager
def using(settings: Settings) -> Iterator[Settings]:
    """Work with these in this block."""
    token = _ACTIVE.set(settings)
    try:
        yield settings
    finally:
        _ACTIVE.reset(token)


def use_everywhere(settings: Settings | None) -> None:
    """Work with these in every thread of this process; None: look for flowlite.toml again."""
    _everywhere[:] = [] if settings is None else [settings]


def active() -> Settings:
    """The settings in force; the defaults if there is no flowlite.toml anywhere above."""
    chosen = _ACTIVE.get()
    if chosen is not None:
        return chosen
    if _everywhere:
        return _everywhere[0]
    path = find()
    return Settings() if path is None else kept(path, path.stat().st_mtime_ns if path.exists() else 0)


@lru_cache(maxsize=8)
def kept(path: Path, changed_at: int) -> Settings:
    """Read once for each change of the file."""
    return read(path)


def connection(name: str) -> Entry:
    """The settings of a connection of flowlite.toml, for a task: `connection("lake").bucket`."""
    return active().connection(name)


def channel(name: str) -> Entry:
    """The settings of a channel of flowlite.toml, for a task that posts by itself."""
    return active().channel(name)
