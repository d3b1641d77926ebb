"""A Spark that is none: its spark-submit is a real process that prints what Spark prints, by the story of a file."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

# A story is one line a thing to do: `!event {...}` into the event log, `!out TEXT`, `!touch FILE`, `!wait`, `!child`
# (one more process), `!exit N`, `!die`; anything else is a line on stderr.
SUBMIT = """#!{python}
import json, os, pathlib, signal, subprocess, sys, time
words, home = sys.argv[1:], pathlib.Path(os.environ["SPARK_HOME"])
with (home / "calls.jsonl").open("a") as calls:
    secrets = words[words.index("--properties-file") + 1] if "--properties-file" in words else None
    said = {{"tool": "submit", "words": words, "home": str(home), "python": os.environ.get("PYSPARK_PYTHON")}}
    if secrets:
        said |= {{"secrets": pathlib.Path(secrets).read_text(), "mode": oct(os.stat(secrets).st_mode & 0o777)}}
    print(json.dumps(said), file=calls)
folder = next((word.split("=file://")[1] for word in words if word.startswith("spark.eventLog.dir=")), None)
stories = json.loads((home / "stories.json").read_text())
number = sum('"submit"' in line for line in (home / "calls.jsonl").read_text().splitlines())
for line in stories[min(number, len(stories)) - 1]:
    order, _, rest = line.partition(" ")
    if order == "!event":
        with open(folder + "/local-1700000000000.inprogress", "a") as log: print(rest, file=log, flush=True)
    elif order == "!out": print(rest, flush=True)
    elif order == "!touch": pathlib.Path(rest).write_text(str(os.getpid()))
    elif order == "!child":
        child = subprocess.Popen(["sleep", "600"])
        pathlib.Path(rest).write_text(str(child.pid))
    elif order == "!wait": time.sleep(600)
    elif order == "!exit": sys.exit(int(rest))
    elif order == "!die": os.kill(os.getpid(), signal.SIGKILL)
    else: print(line, file=sys.stderr, flush=True)
"""
KILLER = """#!{python}
import json, os, pathlib, sys
home = pathlib.Path(os.environ["SPARK_HOME"])
with (home / "calls.jsonl").open("a") as calls:
    print(json.dumps({{"tool": {tool!r}, "words": sys.argv[1:]}}), file=calls)
print({says!r}); sys.exit({code})
"""
TOML = """
[connections.spark]
type = "spark"
home = {home!r}
master = {master!r}
deploy_mode = {mode!r}
conf = {{ "spark.sql.shuffle.partitions" = "2" }}
secret_conf = {{ "spark.hadoop.fs.s3a.secret.key" = "c4nary-secret" }}
jars = ["one.jar", "two.jar"]
env = {{ JAVA_HOME = {home!r}, PATH = {path!r} }}
"""
DAGS = """
from flowlite import Retry, dag
from flowlite.integrations import spark

@dag
def night():
    spark.submit({application!r}, arguments=["--date", "{{{{ ds }}}}"], id="job", driver_memory="512m",
                 memory_factor=2, retries=Retry(1, delay=0), timeout={timeout})
"""


@dataclass(frozen=True)
class Fake:
    """A folder that is a Spark, and a project that uses it."""

    home: Path
    project: Path
    monkeypatch: pytest.MonkeyPatch
    load: Callable[[str], ModuleType]

    def tells(self, *stories: list[str]) -> None:
        """What it does the first time, the second time ..."""
        (self.home / "stories.json").write_text(json.dumps(stories))

    @property
    def calls(self) -> list[dict[str, object]]:
        """Which of its tools were called, with which words."""
        file = self.home / "calls.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def tool(self, name: str, says: str = "", code: int = 0) -> None:
        """Another command of its."""
        script(self.home / "bin" / name, KILLER.format(python=sys.executable, tool=name, says=says, code=code))

    def dag(self, master: str = "local[2]", mode: str = "client", timeout: float = 60) -> object:
        """A DAG with one Spark task."""
        path = f"{self.home / 'bin'}:/usr/bin:/bin"
        toml = TOML.format(home=str(self.home), master=master, mode=mode, path=path)
        (self.project / "flowlite.toml").write_text(toml)
        self.monkeypatch.setenv("FLOWLITE_CONFIG", str(self.project / "flowlite.toml"))
        return self.load(DAGS.format(application=str(self.project / "job.py"), timeout=timeout)).night


def script(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dag_file: Callable[[str], ModuleType]) -> Fake:
    home, project = tmp_path / "spark", tmp_path / "project"
    (home / "bin").mkdir(parents=True)
    project.mkdir()
    (project / "job.py").write_text("")
    script(home / "bin" / "java", "#!/bin/sh\n")
    script(home / "bin" / "spark-submit", SUBMIT.format(python=sys.executable))
    return Fake(home, project, monkeypatch, dag_file)
