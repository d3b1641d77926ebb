"""Bad nights of pipelines 1 to 3: S3 gone, a process killed, too little memory, dirty data, MLflow and Slack down. What
lies in Gold afterwards is what the source counted."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import shutil
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pipelines_door import Door
from pipelines_gold import end_of, put_gold
from pipelines_victims import running_in

import flowlite
from flowlite import Dag
from flowlite.config import use_everywhere
from flowlite.demo.history import History, history
from flowlite.demo.publisher import DATA, publish
from flowlite.demo.stage import Stage
from flowlite.integrations import mlflow, s3, sql
from flowlite.loading.files import load_file
from flowlite.testing import TestEngine, engine

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]  # MLflow's own
CHANGE = date(2024, 3, 10)
IN_MEMORY = {"type": "duckdb", "path": ":memory:"}


@pytest.fixture(scope="module")
def source(ready: Stage) -> History:
    found = history(ready.project / DATA)
    publish("lake", found, CHANGE)
    return found


@pytest.fixture
def lake(ready: Stage) -> Iterator[Path]:
    shutil.rmtree(ready.lake, ignore_errors=True)
    yield ready.lake
    shutil.rmtree(ready.lake, ignore_errors=True)


@pytest.fixture
def door(ready: Stage, monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    """The way to S3 for everything that flowlite does."""
    with Door(ready.s3.endpoint) as found:
        monkeypatch.setenv("LAKE_ENDPOINT", found.url)
        use_everywhere(ready.settings)
        yield found
    monkeypatch.undo()
    use_everywhere(ready.settings)


@asynccontextmanager
async def night(ready: Stage, *dags: Dag) -> AsyncIterator[TestEngine]:
    """An engine whose clock is moved by the test: waits between tries cost nothing."""
    async with engine(*dags, pools=ready.settings.pools, start=datetime(2024, 3, 11, 4, tzinfo=UTC)) as opened:
        yield opened


async def until(fl: TestEngine, run: str, is_true: Callable[[Any], bool]) -> None:
    """Look at a run again and again, for a minute at most; the clock stands still meanwhile."""
    async with asyncio.timeout(60):
        while not is_true(await fl.result(run)):  # noqa: ASYNC110 - it is what others do that is waited for
            await asyncio.sleep(0.01)


def rentals(lake: Path, day: date) -> int:
    [row] = sql.query(IN_MEMORY, "select rentals from read_parquet(?)",
                      [str(lake / "gold" / "kpi_summary" / f"ds={day}" / "data.parquet")])  # fmt: skip
    return int(row["rentals"])


def counted(source: History, day: date) -> int:
    return sum(hour.cnt for hour in source.hours(day))


def changed(ready: Stage, folder: Path, file: str, *changes: tuple[str, str], dag: str | None = None) -> Dag:
    """A DAG out of a copy of the pipelines, in which some words of its file are others."""
    copy = folder / "pipelines"
    shutil.copytree(ready.project / "pipelines", copy, ignore=shutil.ignore_patterns("__pycache__", "data"))
    text = (copy / f"{file}.py").read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (copy / f"{file}.py").write_text(text)
    return next(one for one in load_file(copy / f"{file}.py", [copy]).dags if one.id == (dag or file))


# --- 1: Bronze, Silver, Gold ------------------------------------------------------------------------------------------
async def test_s3_gone_and_silver_killed_gold_is_what_the_source_counted(
    ready: Stage, dags: dict[str, Dag], source: History, lake: Path, door: Door
) -> None:
    async with night(ready, dags["gold_kpis"], dags["embedding_pipeline"]) as fl:
        run = await fl.trigger_unsettled("gold_kpis", logical_date=end_of(CHANGE))
        await until(fl, run, lambda now: now.tasks["arrived"][0].state == "success")
        door.is_open.clear()
        await until(fl, run, lambda now: now.tasks["download"][0].state in ("retrying", "success"))
        door.is_open.set()
        moving = asyncio.create_task(fl.clock.to_next_alarm())
        await until(fl, run, lambda now: now.tasks["silver"][0].state == "running")
        os.kill(await asyncio.to_thread(running_in, fl._place.folder), signal.SIGKILL)
        await moving
        await fl.clock.advance(minutes=5)
        done = await fl.result(run)
        assert done.state == "success", done.root_cause
        assert done.tasks["silver"][0].attempts[0].exit_code == -9
    assert rentals(lake, CHANGE) == counted(source, CHANGE) == 4911
    assert (lake / "gold" / "day_embeddings" / f"ds={CHANGE}").exists()  # the second DAG followed


async def test_silver_that_is_killed_for_memory_gets_more_and_gold_is_right(
    ready: Stage, source: History, lake: Path, tmp_path: Path
) -> None:
    """The pipeline's own file, with a limit that does not do."""
    smaller = ('"memory": "1GiB"', '"memory": "48MiB"'), ("memory_factor=2", "memory_factor=16")
    gold_kpis = changed(ready, tmp_path, "etl", *smaller, dag="gold_kpis")
    async with night(ready, gold_kpis) as fl:
        run = await fl.run("gold_kpis", logical_date=end_of(CHANGE))
    assert run.state == "success", run.root_cause
    first, second = run.tasks["silver"][0].attempts
    assert (first.outcome, second.outcome) == ("out_of_memory", "success")
    assert rentals(lake, CHANGE) == counted(source, CHANGE)


async def test_dirty_data_stops_the_line_and_gold_keeps_what_it_had(
    ready: Stage, dags: dict[str, Dag], source: History, lake: Path
) -> None:
    async with night(ready, dags["gold_kpis"]) as fl:
        good = await fl.run("gold_kpis", logical_date=end_of(CHANGE))
        assert good.state == "success", good.root_cause
        before = {path: path.read_bytes() for path in lake.rglob("gold/*/ds=*/data.parquet")}
        assert len(before) >= 7
        try:
            for hour in range(4, 12):  # the hygrometer breaks: that is more hours than are tolerated
                spoil(f"bronze/weather/ds={CHANGE}/hr={hour:02}.jsonl.gz")
            await fl.inner.clear(int(good.id), (), by="test")
            await fl.inner.settled()
            await fl.clock.advance(minutes=10)
            bad = await fl.result(good.id)
        finally:
            publish("lake", source, CHANGE)
    assert bad.state == "failed", [(name, task[0].state, len(task[0].attempts)) for name, task in bad.tasks.items()]
    assert bad.root_cause.task_id == "silver_tests"
    assert "test humidity_was_measured on model clean_weather, column humidity_pct: 8 rows fail" in str(bad.root_cause)
    assert bad.tasks["gold"][0].state == "upstream_failed"
    assert {path: path.read_bytes() for path in before} == before


def spoil(key: str) -> None:
    """A humidity of 0 in the weather of an hour; the blank line at the end makes it another object to a mirror."""
    [line] = gzip.decompress(s3.read("lake", key)).decode().splitlines()
    text = json.dumps({**json.loads(line), "hum": 0.0}) + "\n\n"
    s3.write("lake", key, gzip.compress(text.encode() + b" " * 64 + b"\n", mtime=0))


# --- 2: retraining ----------------------------------------------------------------------------------------------------
async def test_mlflow_and_slack_down_the_model_is_trained_once_handed_over_once_and_told_once(
    ready: Stage, registry: ModuleType, lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pipeline's own file with its tasks in this process: only here the test can move MLflow meanwhile."""
    put_gold(ready.project, lake, date(2024, 4, 20), date(2024, 6, 30))
    retraining = changed(ready, tmp_path, "retraining", ('"isolation": "process", "memory": "2GiB", ', ""))
    database = os.environ["MLFLOW_TRACKING_URI"]
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    use_everywhere(ready.settings)
    ready.slack.messages.clear()
    ready.slack.refusing = True
    try:
        async with night(ready, retraining) as fl:
            run = await fl.trigger_unsettled("retraining", logical_date="2024-06-30", params={"days": 60})
            await until(fl, run, lambda now: now.tasks["hand_over"][0].state == "retrying")
            error = str((await fl.result(run)).tasks["hand_over"][0].attempts[0].error)
            assert "cannot reach MLflow at http://127.0.0.1:9; is it up, and tracking_uri right?" in error
            monkeypatch.setenv("MLFLOW_TRACKING_URI", database)
            use_everywhere(ready.settings)
            moving = asyncio.create_task(fl.clock.to_next_alarm())
            await until(fl, run, lambda now: now.tasks["report"][0].state == "retrying")
            assert registry.champion().number == 1  # whether anybody hears of it or not
            ready.slack.refusing = False
            await moving
            await fl.clock.advance(minutes=10)
            done = await fl.result(run)
    finally:
        ready.slack.refusing = False
    assert done.state == "success", done.root_cause
    assert [len(done.tasks[name][0].attempts) for name in ("train", "evaluate")] == [1, 1]
    assert len(mlflow.versions("mlflow", "demand")) == len(registry.audit.moves()) == 1
    [message] = ready.slack.messages
    assert message["text"] == "Demand model of 2024-06-30: promoted"
    assert done["evaluate"]["mae"] < done["evaluate"]["floor_mae"]


# --- 3: backfill ------------------------------------------------------------------------------------------------------
async def test_a_backfill_without_s3_for_a_while_ends_with_the_counts_of_the_source(
    ready: Stage, dags: dict[str, Dag], source: History, lake: Path, door: Door, tmp_path: Path
) -> None:
    days = [date(2024, 3, 9), CHANGE, date(2024, 3, 11)]
    for day in days:
        publish("lake", source, day)
    door.is_open.clear()
    async with flowlite.open(tmp_path / "state.db", pools=ready.settings.pools) as fl:
        going = asyncio.create_task(fl.backfill(dags["gold_daily"], "2024-03-09", "2024-03-12", concurrency=3))
        async for event in fl.events():
            if (event.task_id, event.state) == ("whole_day", "retrying"):
                break
        door.is_open.set()
        done = await going
    assert [run.state for run in done.runs] == ["success"] * 3
    assert max(len(run.tasks["whole_day"][0].attempts) for run in done.runs) > 1
    assert [rentals(lake, day) for day in days] == [counted(source, day) for day in days]
