"""A project whose connection `kubernetes` is the API server of the tests."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

import flowlite

sys.path.insert(0, str(Path(__file__).parent))

from kube_server import TOKEN, KubeServer

TOML = """
[connections.kubernetes]
type = "kubernetes"
server = {url!r}
token = {token!r}
namespace = "jobs"
"""
DAGS = """
from flowlite import Retry, dag
from flowlite.integrations import kubernetes

@dag
def night():
    kubernetes.run_job({image!r}, command=["/bin/sh", "-c"], args=[{script!r}], id="job",
                       retries=Retry({retries}, delay=0), **{more!r})
"""
Make = Callable[..., flowlite.Dag]


@pytest.fixture
def kube() -> Iterator[KubeServer]:
    with KubeServer() as server:
        yield server


@pytest.fixture
def job(
    kube: KubeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dag_file: Callable[[str], ModuleType]
) -> Make:
    """Makes a DAG with one Job of a shell script."""
    (tmp_path / "flowlite.toml").write_text(TOML.format(url=kube.url, token=TOKEN))
    monkeypatch.setenv("FLOWLITE_CONFIG", str(tmp_path / "flowlite.toml"))

    def make(script: str, *, image: str = "sh:1", retries: int = 0, **more: object) -> flowlite.Dag:
        text = DAGS.format(image=image, script=script, retries=retries, more=more)
        return dag_file(text).night  # type: ignore[no-any-return]

    return make
