"""Mistakes show at load, values can't become options, and Spark is found where it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from flowlite import Dag
from flowlite.integrations import spark
from flowlite.integrations.spark.command import Submission, grown
from flowlite.integrations.spark.finding import check_java, found_spark


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"application": "nowhere.py"}, "there is no application 'nowhere.py', neither here nor above"),
        ({"application": "s3a://b/x.jar"}, "which class is to run\\? give main_class="),
        ({"jars": ["--conf=spark.driver.extraJavaOptions=x"]}, "looks like an option of spark-submit"),
        ({"main_class": "--proxy-user"}, "looks like an option"),
        ({"conf": {"executor.memory": "4g"}}, "'executor.memory' is no setting of Spark: they begin with 'spark.'"),
        ({"driver_memory": "lots"}, "driver_memory='lots' is no size; write it like '512m' or '4g'"),
    ],
)
def test_mistakes_show_at_load(asked: dict[str, Any], says: str) -> None:
    given = {"application": "s3a://bucket/job.py", **asked}
    with pytest.raises(spark.WrongSubmission, match=says) as wrong, Dag("d"):
        spark.submit(**given)
    assert wrong.value.is_final


def test_an_application_is_looked_for_from_the_dags_file_upward() -> None:
    with Dag("d") as dag:
        spark.submit("test_declaring.py")
        spark.submit("s3a://bucket/jobs/night.py", id="far")
    assert [*dag.specs] == ["test_declaring", "far"]


def test_what_the_author_says_holds_and_arguments_stand_last(tmp_path: Path) -> None:
    submission = Submission(
        application="job.py", arguments=("--master", "evil"), master="local[2]", deploy_mode="client", name="a/b",
        conf={"spark.ui.enabled": "true"}, secret_conf={"spark.hadoop.key": "s"},
    )  # fmt: skip
    words = submission.words("spark-submit", tmp_path)
    assert words[-3:] == ["job.py", "--master", "evil"]
    assert "spark.ui.enabled=true" in words and "spark.ui.enabled=false" not in words
    assert "spark.driver.bindAddress=127.0.0.1" in words
    assert not any("spark.hadoop.key" in word for word in words)


def test_memory_grows_in_whole_mebibytes() -> None:
    assert [grown("512m", 2), grown("4g", 2), grown("1.5g", 1), grown(None, 2)] == ["1024m", "8192m", "1.5g", None]


def make_spark(folder: Path) -> Path:
    submit = folder / "bin" / "spark-submit"
    submit.parent.mkdir(parents=True)
    submit.write_text("#!/bin/sh\n")
    submit.chmod(0o755)
    return folder


def test_spark_is_the_named_one_the_connections_the_environments_pythons_or_the_one_on_the_path(tmp_path: Path) -> None:
    named, home, variable, pip = (make_spark(tmp_path / name) for name in ("named", "home", "variable", "pip"))
    path = {"PATH": str(pip / "bin")}
    env = {**path, "SPARK_HOME": str(variable)}
    assert found_spark(str(home), env, executable=str(named / "bin" / "spark-submit")).submit.startswith(str(named))
    assert found_spark(str(home), env).home == str(home)
    assert found_spark(None, env).home == str(variable)
    assert found_spark(None, path, pyspark=pip).variables()["SPARK_HOME"] == str(pip)
    on_path = found_spark(None, path)
    assert (on_path.submit, on_path.home) == (str(pip / "bin" / "spark-submit"), None)


def test_what_is_missing_is_said_in_one_line_with_the_way_to_get_it(tmp_path: Path) -> None:
    nothing = {"PATH": str(tmp_path)}
    with pytest.raises(spark.SparkNotHere, match=r"Spark is not installed; run: pip install 'flowlite\[spark\]'"):
        found_spark(None, nothing)
    with pytest.raises(spark.SparkNotHere, match=r"no bin/spark-submit in .*; correct `home` of the connection"):
        found_spark(str(tmp_path), nothing)
    with pytest.raises(spark.SparkNotHere, match="needs Java 17 or later; run: apt-get install openjdk-17") as missing:
        check_java(nothing)
    assert missing.value.is_final and "\n" not in str(missing.value)
    with pytest.raises(spark.SparkNotHere, match="JAVA_HOME is '/nowhere' and has no bin/java"):
        check_java({"JAVA_HOME": "/nowhere"})


def test_declaring_a_spark_task_imports_no_spark() -> None:
    code = (
        "import sys; from flowlite import Dag; from flowlite.integrations import spark\n"
        "with Dag('d'): spark.submit('s3a://b/job.py')\n"
        "heavy = [name for name in sys.modules if name.split('.')[0] in ('pyspark', 'pandas', 'numpy', 'jinja2')]\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
