"""A real Executors with a listener that can be waited for, and a maker of orders."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

# Tests are not a package; what they share, and what their child processes import, is found here.
sys.path.insert(0, str(Path(__file__).parent))

from hearing import Ear, running

from flowlite.execution.executors import Executors
from flowlite.execution.work import AttemptKey, Order, Work

numbers = itertools.count()


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
def executors(ear: Ear, tmp_path: Path) -> Iterator[Executors]:
    with running(ear, tmp_path) as found:
        yield found


@pytest.fixture
def own_ear() -> Ear:
    """For a test that ends its executors, in a module that shares one among all others."""
    return Ear()


@pytest.fixture
def own_executors(own_ear: Ear, tmp_path: Path) -> Iterator[Executors]:
    with running(own_ear, tmp_path) as found:
        yield found


@pytest.fixture
def order(tmp_path: Path) -> Callable[..., Order]:
    def make(work: Work, **options: Any) -> Order:
        key = options.pop("key", None) or AttemptKey(1, next(numbers), -1, 1, 0)
        folder = tmp_path / "attempts" / "1" / f"{key.task}.{key.index}.{key.attempt}"
        log = tmp_path / "logs" / "dag" / "1" / f"task-{key.task}.1.log"
        options.setdefault("grace_s", 0.5)
        return Order(
            key=key, name=f"dag/1/task-{key.task} #1", work=work, folder_at=str(folder), log_at=str(log), **options
        )

    return make
