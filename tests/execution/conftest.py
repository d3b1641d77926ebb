"""A real Executors with a listener that can be waited for, and a maker of orders."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

# Tests are not a package; what they share, and what their child processes import, is found here.
sys.path.insert(0, str(Path(__file__).parent))

from hearing import SECRET, Ear  # noqa: E402

from flowlite.execution.executors import Executors  # noqa: E402
from flowlite.execution.work import AttemptKey, Order, Work  # noqa: E402


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
def executors(ear: Ear, tmp_path: Path) -> Iterator[Executors]:
    found = Executors(ear, state_dir=tmp_path, state_id="test", secrets=[SECRET])
    yield found
    found.shutdown(leave_processes=False, within_s=2.0)


@pytest.fixture
def order(tmp_path: Path) -> Callable[..., Order]:
    numbers = iter(range(1_000_000))

    def make(work: Work, **options: Any) -> Order:
        key = options.pop("key", None) or AttemptKey(1, next(numbers), -1, 1, 0)
        folder = tmp_path / "attempts" / "1" / f"{key.task}.{key.index}.{key.attempt}"
        log = tmp_path / "logs" / "dag" / "1" / f"task-{key.task}.1.log"
        options.setdefault("grace_s", 0.5)
        return Order(key=key, name=f"dag/1/task-{key.task} #1", work=work, folder=folder, log=log, **options)

    return make
