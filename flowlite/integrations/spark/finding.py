"""Where Spark is on this machine, and the environment that its scripts need."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from flowlite.integrations import Connection, settings_of
from flowlite.integrations.spark.errors import SparkNotHere

VERSION = re.compile(r"version (\d[\w.-]*)")

NO_JAVA = "Spark needs Java 17 or later; run: apt-get install openjdk-17-jre-headless (or set JAVA_HOME)"
NO_SPARK = "Spark is not installed; run: pip install 'flowlite[spark]' (or set `home` of the connection, or SPARK_HOME)"


@dataclass(frozen=True, slots=True)
class Spark:
    """A spark-submit; `home` is the folder that it belongs to, where that is known."""

    submit: str
    home: str | None = None

    def variables(self) -> dict[str, str]:
        """What its scripts need in the environment. The spark-submit that pip puts beside Python finds nothing without
        SPARK_HOME, and its workers must be of the Python that has the libraries: this one."""
        own = {"SPARK_HOME": self.home} if self.home else {}
        return {**own, "PYSPARK_DRIVER_PYTHON": sys.executable, "PYSPARK_PYTHON": sys.executable}

    def tool(self, name: str) -> str:
        """Another script of the same Spark."""
        return str(Path(self.submit).with_name(name))


def found_spark(
    home: str | None, env: Mapping[str, str], *, executable: str | None = None, pyspark: Path | None = None
) -> Spark:
    """The named one, that of `home` or SPARK_HOME, pyspark's own, or the one on the path. Raises SparkNotHere."""
    if executable is not None:
        if (named := shutil.which(executable, path=env.get("PATH"))) is None:
            raise SparkNotHere(f"{executable!r} is no command that can be run; correct executable=")
        return Spark(named, env.get("SPARK_HOME"))
    for folder in (home, env.get("SPARK_HOME")):
        if folder:
            return spark_in(folder)
    if pyspark is not None:
        return spark_in(str(pyspark))
    if found := shutil.which("spark-submit", path=env.get("PATH")):
        return Spark(str(Path(found).resolve()))
    raise SparkNotHere(NO_SPARK)


def spark_in(folder: str) -> Spark:
    """The Spark of a folder."""
    submit = Path(folder) / "bin" / "spark-submit"
    if not os.access(submit, os.X_OK):
        raise SparkNotHere(f"there is no bin/spark-submit in {folder!r}; correct `home` of the connection (SPARK_HOME)")
    return Spark(str(submit), folder)


def installed_pyspark() -> Path | None:
    """The folder of the pyspark that this Python would import; it is a whole Spark."""
    found = find_spec("pyspark")
    return Path(found.origin).parent if found is not None and found.origin else None


def check_java(env: Mapping[str, str]) -> None:
    """Say it before Spark's scripts do, in many lines."""
    home = env.get("JAVA_HOME")
    if home and os.access(Path(home) / "bin" / "java", os.X_OK):
        return
    if home or shutil.which("java", path=env.get("PATH")) is None:
        raise SparkNotHere(f"JAVA_HOME is {home!r} and has no bin/java; {NO_JAVA}" if home else NO_JAVA)


def ping(connection: Connection) -> str:
    """Try the connection; what was seen, for people. Starts a JVM, and no application."""
    settings = settings_of(connection)
    env = {**os.environ, **(settings.get("env") or {})}
    spark = found_spark(settings.get("home"), env, pyspark=installed_pyspark())
    check_java(env)
    told = subprocess.run(
        [spark.submit, "--version"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, env={**spark.variables(), **env, **({"SPARK_HOME": spark.home} if spark.home else {})}, check=False,
    )  # fmt: skip
    version = VERSION.search(told.stdout)
    if told.returncode != 0 or version is None:
        last = (told.stdout.strip().splitlines() or ["it said nothing"])[-1]
        raise SparkNotHere(f"{spark.submit} --version ended with {told.returncode}: {last[:200]}")
    return f"Spark {version[1]} ({spark.submit}), for {settings.get('master') or 'local[2]'}"
