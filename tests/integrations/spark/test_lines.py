"""What is heard in the words that Spark prints. Lines of local and standalone are as Spark 4.3 printed them."""

from __future__ import annotations

import pytest

from flowlite.integrations.spark import ExecutorLost, SparkFailed, SparkOutOfMemory
from flowlite.integrations.spark.lines import Heard, level_of
from flowlite.integrations.spark.verdict import judge

AT, DRIVER = "26/11/25 15:03:42 INFO ", "driver-20261125151149-0001"


@pytest.mark.parametrize(
    ("line", "application", "driver"),
    [
        (f"{AT}Client: Submitted application application_1700000000000_0042", "application_1700000000000_0042", None),
        (f"{AT}Client: Application report for application_17_0042 (state: ACCEPTED)", "application_17_0042", None),
        (
            f"{AT}StandaloneSchedulerBackend: Connected to Spark cluster with app ID app-20261125151100-0003",
            "app-20261125151100-0003",
            None,
        ),
        (
            f"{AT}SingleEventLogFileWriter: Logging events to file:/a/local-1795619021803.inprogress",
            "local-1795619021803",
            None,
        ),
        (f"{AT}ClientEndpoint: Driver successfully submitted as {DRIVER}", None, DRIVER),
        (
            f"{AT}LoggingPodStatusWatcherImpl: Deployed Spark application pi with application ID spark-e4730c80 "
            "and submission ID jobs:pi-1548-driver into Kubernetes",
            "spark-e4730c80",
            "jobs:pi-1548-driver",
        ),
        (f"{AT}SparkContext: Submitted application: application of mine", None, None),
    ],
)  # fmt: skip
def test_the_id_is_known_once_it_is_printed(line: str, application: str | None, driver: str | None) -> None:
    heard = Heard()
    assert heard.hear(line) == bool(application or driver)
    assert (heard.application, heard.driver) == (application, driver)
    assert not heard.hear(line)


def test_the_address_of_its_page_is_told() -> None:
    heard = Heard()
    assert heard.hear("\t tracking URL: http://rm:8088/proxy/application_17_0042/")
    assert heard.url == "http://rm:8088/proxy/application_17_0042/"


def test_lines_of_its_log_keep_their_level_and_lose_their_time() -> None:
    assert level_of("26/11/25 15:04:16 WARN TaskSetManager: Lost task") == ("warn", "TaskSetManager: Lost task")
    assert level_of("WARNING: Using incubator modules") == ("info", "WARNING: Using incubator modules")


BY_PY4J = ["py4j.protocol.Py4JJavaError: An error occurred while calling o7.x.", ": java.io.IOException: no disk"]
TRACEBACK = [
    "Traceback (most recent call last):",
    '  File "job.py", line 8, in <module>',
    "ZeroDivisionError: division by zero",
]
NO_MEMORY = "java.lang.OutOfMemoryError: Java heap space"
FINISHED = f"{AT}DAGScheduler: Job 1 finished: collect at job.py:4, took 12 ms"
LOST = "26/11/25 15:04:16 ERROR TaskSchedulerImpl: Lost executor 3 on 10.0.0.7: worker lost"
KILLED = f"{AT}ClientEndpoint: State of driver driver-20261125151149-0001 is KILLED, exiting spark-submit JVM."


@pytest.mark.parametrize(
    ("code", "lines", "error", "says", "is_final"),
    [
        (1, TRACEBACK, SparkFailed, r"failed \(exit code 1\): ZeroDivisionError: division by zero", False),
        (1, BY_PY4J, SparkFailed, r"failed \(exit code 1\): java.io.IOException: no disk", False),
        (1, [], SparkFailed, "exit code 1.; its log tells why", False),
        (52, [NO_MEMORY], SparkOutOfMemory, "ran out of memory: java.lang.OutOfMemoryError: Java heap space", False),
        (52, [], SparkOutOfMemory, "ran out of memory; give it more by driver_memory", False),
        (1, ["Container killed by YARN for exceeding physical memory limits."], SparkOutOfMemory, "memory", False),
        (1, [NO_MEMORY, FINISHED, *TRACEBACK], SparkFailed, "ZeroDivisionError", False),
        (1, [LOST], ExecutorLost, "lost executors", False),
        (1, [LOST, FINISHED, *TRACEBACK], SparkFailed, "ZeroDivisionError", False),
        (101, ["Error: Failed to load class Nope."], SparkFailed, "can't be run: Failed to load class Nope", True),
        (2, ["python3: can't open file 'x.py': [Errno 2] No such file"], SparkFailed, "can't open file 'x.py'", True),
        (0, [KILLED], SparkFailed, "failed .its cluster says KILLED.", False),
        (0, [f"{AT}Client: Application report for application_1_2 (state: FINISHED)", "\t final status: FAILED"],
         SparkFailed, "its cluster says FAILED", False),
        (0, ["\t exit code: 137"], SparkOutOfMemory, "ran out of memory", False),
        (-15, [], SparkFailed, "killed by signal 15", False),
    ],
)  # fmt: skip
def test_an_end_is_judged_by_its_code_and_its_words(
    code: int, lines: list[str], error: type[SparkFailed], says: str, is_final: bool
) -> None:
    heard = Heard()
    for line in lines:
        heard.hear(line)
    with pytest.raises(error, match=says) as failed:
        judge(code, heard, "it")
    assert (type(failed.value), failed.value.is_final) == (error, is_final)
    assert isinstance(failed.value, MemoryError) == (error is SparkOutOfMemory)


def test_an_application_that_survived_its_troubles_is_well() -> None:
    heard = Heard()
    for line in [LOST, NO_MEMORY, FINISHED, f"{AT}Client: Application report for application_1_2 (state: FINISHED)"]:
        heard.hear(line)
    judge(0, heard, "it")
