"""The fixtures `flowlite_engine` and `flowlite_clock`, which pytest finds by itself. Loads nothing before its use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from flowlite.testing import TestClock, TestEngine


@pytest.fixture
def flowlite_engine() -> Iterator[TestEngine]:
    """An engine in memory for one test; its first use starts it."""
    from flowlite.testing import engine

    found = engine()
    yield found
    found.close()


@pytest.fixture
def flowlite_clock(flowlite_engine: TestEngine) -> TestClock:
    """The clock of `flowlite_engine`, which stands still until it is moved."""
    return flowlite_engine.clock
