"""What was started on a cluster, written down beside the attempt as soon as it has a name, and how to kill it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from flowlite.integrations.spark.errors import MayStillRun
from flowlite.integrations.spark.finding import Spark

FILE = "spark-application.json"
KILL_S = 60.0
HASTE = {"JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto"}  # a JVM for one question
# A kill of what has ended already is answered with an error by some; these are their words for it.
ACCEPTED = ("kill request for", "killed application", "killing application")
GONE = ("already finished", "does not exist", "doesn't exist", "not found", "no such", "already terminated")


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """What an attempt has started. `driver`: by which it is killed where the driver runs on the cluster."""

    master: str
    deploy_mode: str
    id: str | None = None
    driver: str | None = None
    url: str | None = None
    is_over: bool = False
    times_out_of_memory: int = 0

    @property
    def title(self) -> str:
        """For people."""
        return f"Spark application {self.driver or self.id}"

    @property
    def is_left(self) -> bool:
        """Whether it may live on without its spark-submit."""
        return self.deploy_mode == "cluster" and not self.is_over and bool(self.driver or self.id)

    def kill_words(self, spark: Spark) -> list[str]:
        """The command that kills it."""
        target = str(self.driver or self.id)
        if self.master.startswith("yarn"):
            return [shutil.which("yarn") or "yarn", "application", "-kill", str(self.id)]
        if self.master.startswith("k8s"):
            return [spark.submit, "--master", self.master, "--kill", target]
        return [spark.tool("spark-class"), "org.apache.spark.deploy.Client", "kill", self.master, target]


def write(folder: Path, application: Application) -> None:
    """It stands when this returns, whatever is killed next."""
    part = folder / f".{FILE}.part"
    with part.open("w") as file:
        json.dump(asdict(application), file)
        file.flush()
        os.fsync(file.fileno())
    part.replace(folder / FILE)


def read(folder: Path | None) -> Application | None:
    """What an attempt left behind, if it came that far."""
    if folder is None:
        return None
    try:
        return Application(**json.loads((folder / FILE).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def kill(application: Application, spark: Spark, env: Mapping[str, str], *, within_s: float = KILL_S) -> None:
    """Kill it on its cluster; nothing happens if it has ended. Raises MayStillRun."""
    words = application.kill_words(spark)
    command = " ".join(words)
    try:
        told = subprocess.run(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**env, **HASTE},
            timeout=within_s, check=False,
        )  # fmt: skip
        said, is_well = told.stdout.decode(errors="replace"), told.returncode == 0
    except subprocess.TimeoutExpired as late:  # they watch it die for seconds after it was accepted
        said, is_well = (late.stdout or b"").decode(errors="replace"), False
    except OSError as error:
        raise MayStillRun(application.title, f"{words[0]}: {error.strerror}", command) from None
    if is_well or any(word in said.lower() for word in (*ACCEPTED, *GONE)):
        return
    last = (said.strip().splitlines() or [f"no answer within {within_s:g} s"])[-1]
    raise MayStillRun(application.title, last[:200], command)
