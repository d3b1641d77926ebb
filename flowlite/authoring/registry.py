"""Which DAGs a file has built, bound to a name or not: a DAG reports here when it is complete."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flowlite.authoring.dag import Dag

_COLLECTING: ContextVar[list[Dag] | None] = ContextVar("flowlite_collecting", default=None)


@contextmanager
def dags_built() -> Iterator[list[Dag]]:
    """Collect every DAG that is completed in the block, in order, whichever file it belongs to."""
    found: list[Dag] = []
    token = _COLLECTING.set(found)
    try:
        yield found
    finally:
        _COLLECTING.reset(token)


def add(dag: Dag) -> None:
    """A DAG is complete."""
    found = _COLLECTING.get()
    if found is not None:
        found.append(dag)


def is_loading() -> bool:
    """Whether a DAG file is being loaded here: then nothing must be run."""
    return _COLLECTING.get() is not None
