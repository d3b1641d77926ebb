"""Pipeline 2 with trainer = "spark": a real spark-submit, the same holdout and registry, and no JVM left behind."""

from __future__ import annotations

import asyncio
import shutil
import time
from pathlib import Path
from types import ModuleType

import pytest
from pipelines_gold import put_gold

import flowlite
from flowlite import Dag
from flowlite.demo.stage import Stage

pytest.importorskip("xgboost", reason="pip install 'flowlite[ml]'")
pytest.importorskip("pyspark", reason="pip install 'flowlite[spark]'")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("java") is None, reason="no Java: apt-get install openjdk-17-jre-headless"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # MLflow's own, about SQLAlchemy
]

FLOOR = 56.0  # "the same hour last week" on June 2024
ON_SPARK = {"trainer": "spark", "holdout_days": 30}


@pytest.fixture(scope="module")
def _gold(ready: Stage) -> None:
    from datetime import date

    put_gold(ready.project, ready.lake, date(2024, 3, 1), date(2024, 6, 30))


def jvms(marker: str) -> list[int]:
    """The Java processes that have a text in their command line."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes() if entry.name.isdigit() else b""
        except OSError:
            continue
        if b"java" in words.split(b"\0")[0] and marker.encode() in words:
            found.append(int(entry.name))
    return found


@pytest.mark.usefixtures("_gold")
async def test_a_model_trained_on_spark_beats_the_floor_on_the_same_holdout(
    ready: Stage, dags: dict[str, Dag], registry: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with flowlite.open(tmp_path / "state", pools=ready.settings.pools) as fl:
        begun = time.monotonic()
        run = await fl.run(dags["retraining"], logical_date="2024-06-30", params=ON_SPARK)
        took_s = time.monotonic() - begun
        rows = await fl.store.views.node_rows(int(run.id), "train_on_spark")
    assert run.state == "success", run.root_cause
    found, figures = run["evaluate"], run["train_on_spark"]
    with capsys.disabled():
        print(f"\n  MAE {found['mae']:.1f} against a floor of {found['floor_mae']:.1f}; {took_s:.0f} s, {figures}")
    assert run.tasks["train"][0].state == "skipped"
    assert (found["first"], found["last"], found["hours"]) == ("2024-06-01", "2024-06-30", 720)
    assert found["mae"] < 0.75 * FLOOR
    assert registry.champion().number == 1
    assert {row.state for row in rows} == {"success"}
    assert len(rows) == figures["stages"] > 3
    assert figures["said"].startswith("1439 hours learned by 2 workers")
    assert jvms(str(tmp_path)) == []


@pytest.mark.usefixtures("_gold", "registry")
async def test_a_cancelled_training_leaves_no_jvm(ready: Stage, dags: dict[str, Dag], tmp_path: Path) -> None:
    async with flowlite.open(tmp_path / "state", pools=ready.settings.pools) as fl:
        run = await fl.start(dags["retraining"], logical_date="2024-06-30", params=ON_SPARK)
        async with asyncio.timeout(120):
            # until its first stage has begun
            while not await fl.store.views.node_rows(int(run), "train_on_spark"):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        assert jvms(str(tmp_path))
        begun = time.monotonic()
        await fl.cancel(run)
        ended = await fl.finished(run)
        took_s = time.monotonic() - begun
    assert ended.state == "cancelled"
    assert jvms(str(tmp_path)) == []
    assert took_s < 15
