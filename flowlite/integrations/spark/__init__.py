"""Spark: an application by spark-submit, a row for each stage while it runs, and nothing left on the cluster behind it.

    from flowlite.integrations import spark

    @dag(schedule="@daily")
    def night():
        spark.submit("jobs/sessions.py", arguments=["--date", "{{ ds }}"], executor_memory="4g", retries=2)

Needs Java 17 or later, and a Spark: `pip install 'flowlite[spark]'` brings one. Tested against the spark-submit of
pyspark 4.3 with local[2] and with a standalone cluster on loopback (client and cluster mode), and, for what YARN and
Kubernetes print and how their applications are killed, against a script that prints the same: no such cluster was at
hand. Fields of the connection: `master`, `deploy_mode`, `home`, `conf`, `secret_conf`, `jars`, `env`.

    [connections.spark]
    type = "spark"
    master = "spark://host:7077"
    conf = { "spark.executor.cores" = "4" }

The driver's JVM is a child of the task: it is killed with it, at a cancel, a timeout and when the machine's owner says
so. What runs elsewhere (deploy_mode = "cluster") is killed by its id, which is on disk from the moment that it is
printed: at a cancel or timeout at once, after a crash before the next attempt starts. Give memory by driver_memory and
executor_memory, and not by the task's `memory=`: that one limits all processes of the driver together.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from flowlite import Handle, task
from flowlite.integrations.spark.attempt import run_spark
from flowlite.integrations.spark.command import check_submission
from flowlite.integrations.spark.errors import (
    ExecutorLost,
    MayStillRun,
    SparkFailed,
    SparkNotHere,
    SparkOutOfMemory,
    WrongSubmission,
)
from flowlite.integrations.spark.finding import ping

__all__ = [
    "ExecutorLost",
    "MayStillRun",
    "SparkFailed",
    "SparkNotHere",
    "SparkOutOfMemory",
    "WrongSubmission",
    "ping",
    "submit",
]


def submit(
    application: str | Path,
    *,
    connection: str = "spark",
    arguments: Sequence[Any] = (),
    conf: Mapping[str, str] | None = None,
    main_class: str | None = None,
    jars: Sequence[str] = (),
    packages: Sequence[str] = (),
    py_files: Sequence[str] = (),
    files: Sequence[str] = (),
    env: Mapping[str, str] | None = None,
    driver_memory: str | None = None,
    executor_memory: str | None = None,
    memory_factor: float = 1.0,
    executable: str | None = None,
    **scheduling: Any,
) -> Handle:
    """Run an application (a .py or .jar; a relative path is looked for from the working folder, then from the DAG's
    file upward) with the settings of a connection, and with more of them given here.

    `arguments`, `conf` and `env` may hold `{{ ds }}` and the like; an argument may be the result of another task.
    `memory_factor=2`: after an attempt that ran out of memory the next one gets twice of both. `executable` is the
    spark-submit to use. Every scheduling argument of a task is taken too (`id`, `retries`, `pool`, `timeout` ...).

    The result: `application` (its id), `stages`, `tasks`, `failed_tasks`, `rows` (written), `seconds`, and `said`, the
    last line that the driver printed. Raises SparkOutOfMemory, ExecutorLost, or SparkFailed with what the driver said.
    """
    place = found_application(str(application), Path(sys._getframe(1).f_code.co_filename).resolve().parent)
    submission = {
        "application": place,
        "main_class": main_class,
        "conf": dict(conf or {}),
        "jars": list(jars),
        "packages": list(packages),
        "py_files": list(py_files),
        "files": list(files),
        "driver_memory": driver_memory,
        "executor_memory": executor_memory,
    }
    check_submission(submission)
    node: Handle = task_of(place).options(isolation="process", **scheduling)(
        submission=submission,
        connection=connection,
        arguments=list(arguments),
        env=dict(env or {}),
        memory_factor=memory_factor,
        executable=executable,
    )
    return node


def found_application(application: str, folder: Path) -> str:
    """Absolute where it is a file here; one with a scheme (s3a://, hdfs://, local://) is Spark's to find."""
    if "://" in application or application.startswith("local:"):
        return application
    for start in (Path.cwd(), folder, *folder.parents):
        if (start / application).is_file():
            return str((start / application).resolve())
    raise WrongSubmission(f"there is no application {application!r}, neither here nor above {folder}; correct its path")


@cache
def task_of(place: str) -> Any:
    """One for each application, named after it; a second one in a DAG without an id of its own gets a number."""
    return task(id=re.sub(r"[^\w-]", "_", Path(place).stem) or "spark")(run_spark)
