"""MLflow on SQLite: what is written is found again, twice is once, and an alias that somebody moved is not overrun."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mlflow", reason="pip install 'flowlite[ml]'")

from flowlite.integrations import mlflow

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # MLflow's own, about SQLAlchemy

Registry = Mapping[str, Any]


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with MLflow's tables: making them takes a second."""
    path = tmp_path_factory.mktemp("mlflow") / "empty.db"
    assert mlflow.versions({"type": "mlflow", "tracking_uri": f"sqlite:///{path}"}, "demand") == []
    return path


@pytest.fixture
def registry(empty: Path, tmp_path: Path) -> Registry:
    shutil.copy(empty, tmp_path / "mlflow.db")
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    return {"type": "mlflow", "tracking_uri": uri, "experiment": "demand", "artifacts": str(tmp_path / "files")}


def trained(registry: Registry, tmp_path: Path, key: str) -> mlflow.Version:
    """A training that was recorded and registered."""
    model = tmp_path / "model.ubj"
    model.write_text(f"model of {key}")
    said = {"why": time.time()}  # another with each attempt
    run_id = mlflow.record(registry, key, key=key, metrics={"mae": 1}, params={"depth": 7}, tags=said, files=[model])
    return mlflow.register(registry, "demand", run_id, "model.ubj", key=key, tags={"mae": 39.6})


def test_what_is_registered_is_downloaded_again(registry: Registry, tmp_path: Path) -> None:
    first = trained(registry, tmp_path, "first")
    assert (first.number, first.tags["mae"]) == (1, "39.6")
    assert mlflow.download(registry, first, tmp_path / "deep" / "down").read_text() == "model of first"
    assert mlflow.version(registry, "demand", 1).source.startswith((tmp_path / "files").as_uri())


def test_the_same_key_writes_once(registry: Registry, tmp_path: Path) -> None:
    once, twice = trained(registry, tmp_path, "first"), trained(registry, tmp_path, "first")
    assert once == twice
    assert trained(registry, tmp_path, "second").number == 2
    assert [one.number for one in mlflow.versions(registry, "demand")] == [2, 1]


def test_an_alias_moves_from_what_was_expected_and_from_nothing_else(registry: Registry, tmp_path: Path) -> None:
    for key in ("first", "second", "third"):
        trained(registry, tmp_path, key)
    mlflow.move_alias(registry, "demand", "champion", to=1, expected=None)
    mlflow.move_alias(registry, "demand", "champion", to=2, expected=1)
    mlflow.move_alias(registry, "demand", "champion", to=2, expected=1)  # a second attempt: it has got there
    with pytest.raises(mlflow.AliasMoved, match="is version 2, no longer 1; decide again"):
        mlflow.move_alias(registry, "demand", "champion", to=3, expected=1)
    now = mlflow.aliased(registry, "demand", "champion")
    assert now is not None
    assert (now.number, now.aliases) == (2, ("champion",))


def test_there_is_no_champion_of_nothing(registry: Registry, tmp_path: Path) -> None:
    assert mlflow.aliased(registry, "demand", "champion") is None
    trained(registry, tmp_path, "first")
    assert mlflow.aliased(registry, "demand", "champion") is None
    mlflow.drop_alias(registry, "demand", "champion")


def test_a_dropped_alias_is_gone_and_tags_stay(registry: Registry, tmp_path: Path) -> None:
    trained(registry, tmp_path, "first")
    mlflow.move_alias(registry, "demand", "challenger", to=1, expected=None)
    mlflow.tag(registry, "demand", 1, rolled_back="too warm")
    mlflow.drop_alias(registry, "demand", "challenger")
    assert mlflow.aliased(registry, "demand", "challenger") is None
    assert mlflow.version(registry, "demand", 1).tags["rolled_back"] == "too warm"


def test_a_missing_version_is_named_and_not_asked_for_again(registry: Registry) -> None:
    with pytest.raises(mlflow.NoSuchVersion, match="there is no version 9 of model 'demand'") as missing:
        mlflow.version(registry, "demand", 9)
    assert missing.value.is_final


def test_a_server_that_is_not_there_is_told_soon_and_without_secrets() -> None:
    away = {"type": "mlflow", "tracking_uri": "http://ana:s3cr3t@127.0.0.1:9", "token": "t0ken"}
    begun = time.monotonic()
    with pytest.raises(mlflow.MlflowFailed, match=r"cannot reach MLflow at http://127.0.0.1:9; is it up") as broken:
        mlflow.aliased(away, "demand", "champion")
    assert time.monotonic() - begun < 10
    assert not broken.value.is_final
    assert "s3cr3t" not in str(broken.value)
    assert "t0ken" not in str(broken.value)


def test_a_connection_can_be_tried_and_no_database_is_made(registry: Registry, tmp_path: Path) -> None:
    assert mlflow.ping(registry).startswith("MLflow at sqlite:///")
    nothing = tmp_path / "none.db"
    assert "the first training makes it" in mlflow.ping({"tracking_uri": f"sqlite:///{nothing}"})
    assert not nothing.exists()
