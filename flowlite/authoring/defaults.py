"""What a configuration says to DAG files while they are being loaded: time zone, pools and channels."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple


class Defaults(NamedTuple):
    """What holds where a DAG file says nothing."""

    timezone: str = "UTC"
    pools: frozenset[str] | None = None  # None: no configuration, any name goes
    channels: frozenset[str] | None = None  # the same; each by its name, and after its type: `ops`, `slack:ops`


BUILT_IN = Defaults()
_CURRENT: ContextVar[Defaults] = ContextVar("flowlite_defaults", default=BUILT_IN)


@contextmanager
def using(defaults: Defaults) -> Iterator[None]:
    """Load DAG files under these."""
    token = _CURRENT.set(defaults)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def timezone() -> str:
    """The zone of schedules that name none."""
    return _CURRENT.get().timezone


def pools() -> frozenset[str] | None:
    """The pools that exist, or None if nobody says."""
    return _CURRENT.get().pools


def channels() -> frozenset[str] | None:
    """The channels that exist, or None if nobody says."""
    return _CURRENT.get().channels
