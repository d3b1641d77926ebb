"""The real history, read once."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowlite.demo.history import History, history

DATA = Path(__file__).parents[2] / "pipelines" / "data" / "bike_sharing_hour.csv.gz"


@pytest.fixture(scope="session")
def data_file() -> Path:
    return DATA


@pytest.fixture(scope="session")
def source() -> History:
    return history(DATA)
