"""What the tests of integrations share: moto's S3 server in a process of its own, and DAG files of a test."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType

import pytest

from flowlite.demo.standins.s3 import S3Server
from flowlite.integrations import s3


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    with S3Server() as server:
        yield server


@pytest.fixture
def lake(s3_server: S3Server, request: pytest.FixtureRequest) -> Mapping[str, str]:
    """A connection to a bucket of the test's own."""
    settings = s3_server.settings("lake-" + str(abs(hash(request.node.nodeid)))[:12])
    s3.make_bucket(settings)
    return settings


@pytest.fixture(scope="module")
def dag_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], ModuleType]]:
    """Writes a DAG file and imports it, as the process of a task will."""
    loaded: list[str] = []

    def load(text: str) -> ModuleType:
        path = tmp_path_factory.mktemp("dags") / f"dags_of_integrations_{len(loaded)}.py"
        path.write_text(text)
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[path.stem] = module
        spec.loader.exec_module(module)
        loaded.append(path.stem)
        return module

    yield load
    for name in loaded:
        sys.modules.pop(name, None)
