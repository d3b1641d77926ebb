"""A stage with an S3 stand-in and the project's own DAGs, pointed at it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from flowlite import Dag
from flowlite.demo.playing import loaded
from flowlite.demo.stage import Stage, stage


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(tmp_path_factory.mktemp("pipelines") / "stage") as there:
        yield there


@pytest.fixture(scope="module")
def dags(ready: Stage) -> dict[str, Dag]:
    return loaded(ready)[0]
