"""The real thing: spark-submit of pyspark, on this machine and on a standalone cluster of one; and what is left."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

import flowlite
from flowlite.integrations.spark import ping
from flowlite.integrations.spark.finding import installed_pyspark

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(installed_pyspark() is None, reason="no pyspark: pip install 'flowlite[spark]'"),
    pytest.mark.skipif(shutil.which("java") is None, reason="no Java: apt-get install openjdk-17-jre-headless"),
]

JOB = """
import sys, time
from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
what, folder = sys.argv[1:]
spark.range(1000).selectExpr("id % 7 as day", "id as trips").write.mode("overwrite").parquet(folder)
if what == "breaks":
    spark.sparkContext.parallelize([1, 2], 2).map(lambda one: 1 // (one - 2)).collect()
if what == "hungry":
    spark._jvm.java.nio.ByteBuffer.allocate(2_000_000_000)
if what == "waits":
    spark.sparkContext.parallelize([1, 2], 2).map(lambda one: time.sleep(600)).collect()
print(spark.read.parquet(folder).where("day = 3").count(), "trips on day 3")
"""
DAGS = """
from flowlite import dag
from flowlite.integrations import spark

@dag
def night():
    spark.submit({job!r}, arguments=["{{{{ params.what }}}}", {out!r}], id="job", driver_memory="600m")

@dag
def forever():
    spark.submit({jar!r}, main_class="org.apache.spark.deploy.history.HistoryServer", id="job", driver_memory="512m",
                 conf={{"spark.history.fs.logDirectory": {events!r}, "spark.history.ui.port": "18999"}})
"""


@pytest.fixture
def dags(tmp_path: Path, dag_file: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    home = installed_pyspark()
    assert home is not None
    (tmp_path / "job.py").write_text(JOB)
    (tmp_path / "events").mkdir()
    (tmp_path / "flowlite.toml").write_text('[connections.spark]\ntype = "spark"\n')
    monkeypatch.setenv("FLOWLITE_CONFIG", str(tmp_path / "flowlite.toml"))
    jar = str(next((home / "jars").glob("spark-core_*.jar")))
    out, events = str(tmp_path / "out"), str(tmp_path / "events")
    return dag_file(DAGS.format(job=str(tmp_path / "job.py"), out=out, jar=jar, events=events))


def processes(*marks: str) -> list[int]:
    """Of this machine, by what stands in their command lines."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().decode(errors="replace") if entry.name.isdigit() else ""
        except OSError:
            continue
        if words and all(mark in words for mark in marks) and int(entry.name) != os.getpid():
            found.append(int(entry.name))
    return found


async def test_an_application_runs_and_its_stages_are_rows(dags: ModuleType, tmp_path: Path) -> None:
    async with flowlite.open(tmp_path / "state") as fl:
        run = await fl.run(dags.night, params={"what": "counts"})
        rows = await fl.store.views.node_rows(int(run.id), "job")
    assert run.state == "success", run.root_cause
    figures = run["job"]
    assert figures["application"].startswith("local-")
    assert (figures["said"], figures["rows"], figures["failed_tasks"]) == ("143 trips on day 3", 1000, 0)
    assert {row.state for row in rows} == {"success"}
    assert max(row.rows or 0 for row in rows) == 1000
    assert len(rows) == figures["stages"]


async def test_why_it_failed_is_the_authors_own_error(dags: ModuleType, tmp_path: Path) -> None:
    async with flowlite.open(tmp_path / "state") as fl:
        run = await fl.run(dags.night, params={"what": "breaks"})
        rows = await fl.store.views.node_rows(int(run.id), "job")
    error = run.tasks["job"][0].attempts[0].error
    assert error.type == "SparkFailed"
    assert "failed (exit code 1): ZeroDivisionError: integer division or modulo by zero" in error.message
    assert [row.state for row in rows][-1] == "failed"


async def test_no_memory_is_an_outcome_of_its_own(dags: ModuleType, tmp_path: Path) -> None:
    async with flowlite.open(tmp_path / "state") as fl:
        run = await fl.run(dags.night, params={"what": "hungry"})
    [attempt] = run.tasks["job"][0].attempts
    assert attempt.outcome == "out_of_memory"
    assert "ran out of memory" in attempt.error.message and "driver_memory" in attempt.error.message


async def test_a_cancelled_one_leaves_neither_jvm_nor_python_behind(dags: ModuleType, tmp_path: Path) -> None:
    async with flowlite.open(tmp_path / "state") as fl:
        run = await fl.start(dags.night, params={"what": "waits"})
        try:
            async with asyncio.timeout(120):
                while len(await fl.store.views.node_rows(int(run), "job")) < 2:  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
            assert processes("java", str(tmp_path))
        finally:
            await fl.cancel(run)
            ended = await fl.finished(run)
    assert ended.state == "cancelled"
    assert processes(str(tmp_path)) == []
    assert processes("pyspark.daemon") == []


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[str]:
    """A master and a worker; its address."""
    home, address = installed_pyspark(), "spark://127.0.0.1:17177"
    host = ["--host", "127.0.0.1"]
    parts = {
        "master.Master": [*host, "--port", "17177", "--webui-port", "0"],
        "worker.Worker": [address, *host, "-c", "2", "-m", "2g", "--webui-port", "0", "-d", str(tmp_path / "work")],
    }
    env = {**os.environ, "SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1"}
    running = []
    for name, words in parts.items():
        log = (tmp_path / f"{name}.log").open("w")
        words = [f"{home}/bin/spark-class", f"org.apache.spark.deploy.{name}", *words]
        running.append(subprocess.Popen(words, stdout=log, stderr=subprocess.STDOUT, env=env))
        log.close()
    try:
        wait_for(lambda: "Successfully registered" in (tmp_path / "worker.Worker.log").read_text())
        yield address
    finally:
        for process in running[::-1]:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def wait_for(what: Callable[[], object], within_s: float = 90) -> None:
    import time

    until = time.monotonic() + within_s
    while not what():
        assert time.monotonic() < until
        time.sleep(0.1)


async def test_a_driver_on_a_cluster_is_killed_when_its_task_is_cancelled(
    dags: ModuleType, cluster: str, tmp_path: Path
) -> None:
    toml = f'[connections.spark]\ntype = "spark"\nmaster = "{cluster}"\ndeploy_mode = "cluster"\n'
    (tmp_path / "flowlite.toml").write_text(toml)
    driver = ("HistoryServer", "DriverWrapper", str(tmp_path))
    async with flowlite.open(tmp_path / "state") as fl:
        run = await fl.start(dags.forever)
        await asyncio.to_thread(wait_for, lambda: processes(*driver))
        await asyncio.to_thread(wait_for, lambda: list((tmp_path / "state").rglob("spark-application.json")))
        await fl.cancel(run)
        ended = await fl.finished(run)
    assert ended.state == "cancelled"
    await asyncio.to_thread(wait_for, lambda: not processes(*driver), 30)
    log = ended.tasks["job"][0].attempts[0].log.read_text()
    assert "killing Spark application driver-" in log and "may still run" not in log


def test_a_connection_can_be_tried() -> None:
    assert ping({"master": "local[2]"}).startswith("Spark 4.")
