"""A stage with an S3 stand-in and the project's own DAGs, pointed at it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from flowlite import Dag
from flowlite.config import use_everywhere
from flowlite.demo.stage import Stage, loaded, stage

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(tmp_path_factory.mktemp("pipelines") / "stage") as there:
        yield there


@pytest.fixture(scope="module")
def dags(ready: Stage) -> dict[str, Dag]:
    return loaded(ready)[0]


@pytest.fixture(scope="session")
def empty_registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with MLflow's tables: making them takes a second."""
    pytest.importorskip("mlflow", reason="pip install 'flowlite[ml]'")
    from flowlite.integrations import mlflow

    path = tmp_path_factory.mktemp("mlflow") / "empty.db"
    mlflow.versions({"type": "mlflow", "tracking_uri": f"sqlite:///{path}"}, "demand")
    return path


@pytest.fixture
def registry(
    ready: Stage, dags: dict[str, Dag], empty_registry: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ModuleType]:
    """pipelines/model/registry.py on an MLflow and an audit file of the test's own."""
    shutil.copy(empty_registry, tmp_path / "mlflow.db")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    monkeypatch.setenv("FLOWLITE_CONNECTIONS__MLFLOW__ARTIFACTS", str(tmp_path / "artifacts"))
    monkeypatch.setenv("FLOWLITE_CONNECTIONS__AUDIT__PATH", str(tmp_path / "audit.db"))
    use_everywhere(ready.settings)
    file = dags["retraining"].file
    yield next(module.registry for module in sys.modules.values() if getattr(module, "__file__", None) == file)
    monkeypatch.undo()
    use_everywhere(ready.settings)
