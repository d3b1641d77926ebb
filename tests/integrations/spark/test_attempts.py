"""Spark tasks in real processes, with a spark-submit that prints what Spark prints: rows, ids, kills, memory."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

import flowlite


def stage(kind: str, number: int, **more: Any) -> str:
    name = {"Stage ID": number, "Stage Attempt ID": 0, "Stage Name": f"collect at /jobs/job.py:{number}"}
    info = {**name, "Number of Tasks": 2, "Submission Time": 1_700_000_000_000, **more}
    return f"!event {json.dumps({'Event': f'SparkListenerStage{kind}', 'Stage Info': info})}"


TASK_DONE = '!event {"Event": "SparkListenerTaskEnd", "Task End Reason": {"Reason": "Success"}}'
TASK_LOST = '!event {"Event": "SparkListenerTaskEnd", "Task End Reason": {"Reason": "ExecutorLostFailure"}}'
WRITTEN = {"Accumulables": [{"ID": 1, "Name": "internal.metrics.output.recordsWritten", "Value": 7}]}
GOOD = [
    "26/11/25 15:03:42 INFO SingleEventLogFileWriter: Logging events to file:/x/local-1700000000000.inprogress",
    stage("Submitted", 0), TASK_DONE, TASK_LOST, TASK_DONE,
    stage("Completed", 0, **{"Completion Time": 1_700_000_002_000}, **WRITTEN),
    "26/11/25 15:03:43 WARN NativeCodeLoader: careful", "!out 7 rows",
]  # fmt: skip
YARN = "26/11/25 15:03:42 INFO Client: Submitted application application_1700000000000_0042"


async def there(folder: Path, pattern: str) -> Path:
    """A file with something in it, once it is there."""
    async with asyncio.timeout(30):
        while True:
            if found := next((path for path in folder.rglob(pattern) if path.stat().st_size), None):
                return found
            await asyncio.sleep(0.01)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_stages_are_rows_and_the_result_has_the_figures(fake, tmp_path):
    fake.tells(GOOD)
    async with flowlite.open(tmp_path / "state") as fl:
        run = await fl.run(fake.dag(), logical_date="2024-03-10")
        [node] = await fl.store.views.node_rows(int(run.id), "job")
    assert run.state == "success", run.root_cause
    figures = run["job"]
    assert figures["application"] == "local-1700000000000"
    assert {**figures, "seconds": 0} == {
        "application": "local-1700000000000", "stages": 1, "tasks": 2, "failed_tasks": 1, "rows": 7, "seconds": 0,
        "said": "7 rows",
    }  # fmt: skip
    assert (node.node_id, node.state, node.rows) == ("stage 0: job.py:0", "success", 7)
    log = run.tasks["job"][0].attempts[0].log.read_text()
    assert "warn  NativeCodeLoader: careful" in log and "7 rows" in log


async def test_settings_of_the_connection_arrive_and_what_is_secret_is_in_no_command_line(fake, tmp_path):
    fake.tells(GOOD)
    async with flowlite.open(tmp_path / "state") as fl:
        run = await fl.run(fake.dag(), logical_date="2024-03-10")
    [call] = fake.calls
    words = call["words"]
    assert words[-2:] == ["--date", "2024-03-10"]
    assert words[words.index("--name") + 1] == "night/job 2024-03-10"
    assert words[words.index("--jars") + 1] == "one.jar,two.jar"
    assert {"spark.sql.shuffle.partitions=2", "spark.driver.host=127.0.0.1"} <= set(words)
    assert (call["home"], call["mode"]) == (str(fake.home), "0o600")
    assert "spark.hadoop.fs.s3a.secret.key c4nary-secret" in call["secrets"]
    assert "c4nary" not in " ".join(words)
    left = [path for path in (tmp_path / "state").rglob("*") if path.is_file() and b"c4nary" in path.read_bytes()]
    assert (run.state, left) == ("success", [])


async def test_out_of_memory_is_an_outcome_and_the_next_attempt_gets_twice_as_much(fake, tmp_path):
    fake.tells(["java.lang.OutOfMemoryError: Java heap space", "!exit 52"], GOOD)
    async with flowlite.open(tmp_path / "state") as fl:
        run = await fl.run(fake.dag())
    outcomes = [str(one.outcome) for one in run.tasks["job"][0].attempts]
    memory = [call["words"][call["words"].index("--driver-memory") + 1] for call in fake.calls]
    assert (outcomes, memory) == (["out_of_memory", "success"], ["512m", "1024m"])


async def test_what_a_dead_attempt_left_on_the_cluster_is_killed_before_the_next_one_starts(fake, tmp_path):
    fake.tells([YARN, "!die"], ["!out done"])
    fake.tool("yarn", "Killed application application_1700000000000_0042")
    async with flowlite.open(tmp_path / "state") as fl:
        run = await fl.run(fake.dag("yarn", "cluster"))
    assert run.state == "success", run.root_cause
    assert [call["tool"] for call in fake.calls] == ["submit", "yarn", "submit"]
    assert fake.calls[1]["words"] == ["application", "-kill", "application_1700000000000_0042"]


async def test_what_can_not_be_killed_keeps_a_second_one_from_starting(fake, tmp_path):
    fake.tells([YARN, "!die"])
    fake.tool("yarn", "Connection to rm:8032 refused", code=1)
    async with flowlite.open(tmp_path / "state") as fl:
        run = await fl.run(fake.dag("yarn", "cluster"))
    assert [call["tool"] for call in fake.calls] == ["submit", "yarn"]
    says = r"Spark application application_1700000000000_0042 of an earlier attempt may still run, and can't be killed"
    assert str(run.root_cause).count(says.replace("\\", "")) == 1
    assert "refused" in str(run.root_cause) and "application -kill" in str(run.root_cause)


@pytest.mark.parametrize(
    ("master", "line", "tool", "words"),
    [
        ("yarn", YARN, "yarn", ["application", "-kill", "application_1700000000000_0042"]),
        (
            "spark://127.0.0.1:7077",
            "26/11/25 15:11:49 INFO ClientEndpoint: Driver successfully submitted as driver-20261125151149-0001",
            "spark-class",
            ["org.apache.spark.deploy.Client", "kill", "spark://127.0.0.1:7077", "driver-20261125151149-0001"],
        ),
    ],
)
async def test_a_cancelled_application_is_killed_on_its_cluster(fake, tmp_path, master, line, tool, words):
    fake.tells([line, f"!touch {tmp_path / 'driver.pid'}", f"!child {tmp_path / 'child.pid'}", "!wait"])
    fake.tool(tool, "Kill request submitted")
    async with flowlite.open(tmp_path / "state") as fl:
        run = await fl.start(fake.dag(master, "cluster"))
        pids = [int((await there(tmp_path, name)).read_text()) for name in ("driver.pid", "child.pid")]
        record = await there(tmp_path / "state", "spark-application.json")
        known = json.loads(record.read_text())
        assert line.endswith(known["driver"] or known["id"])  # on disk while it runs
        await fl.cancel(run)
        ended = await fl.finished(run)
    assert ended.state == "cancelled"
    assert fake.calls[-1] == {"tool": tool, "words": words}
    assert json.loads(record.read_text())["is_over"]
    assert not any(map(is_alive, pids))
