"""The single file that `make binary` makes, as somebody has it who has nothing else of flowlite."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MOST_BYTES = 15 << 20
WORK = """
from flowlite import dag, shell, task

@task(isolation="process")
def outside() -> int:
    return 3

@dag
def work():
    outside() >> shell("echo done", id="announce")
"""


@pytest.mark.slow
def test_it_is_small_and_does_what_the_package_does(tmp_path):
    file = tmp_path / "flowlite"
    words = [
        "--console-script",
        "flowlite",
        "--output-file",
        str(file),
        "--compressed",
        "--constraint",
        "constraints.txt",
    ]
    subprocess.run([Path(sys.executable).with_name("shiv"), "--quiet", *words, "."], cwd=ROOT, check=True)
    assert file.stat().st_size < MOST_BYTES

    project = tmp_path / "project"
    (project / "pipelines").mkdir(parents=True)
    (project / "pipelines" / "work.py").write_text(WORK)
    # No package of this environment may help.
    env = {"PATH": os.environ["PATH"], "SHIV_ROOT": str(tmp_path / "root"), "HOME": str(tmp_path)}

    def flowlite(*asked: str) -> str:
        line = [sys._base_executable, str(file), *asked]  # type: ignore[attr-defined]
        done = subprocess.run(line, cwd=project, env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "1 DAG" in flowlite("check")
    assert "success" in flowlite("run", "work")
    flowlite("up", "--detach")
    try:
        assert "success" in flowlite("run", "work")
        assert json.loads(flowlite("status", "--json"))["is_up"]
        assert f"ExecStart={sys._base_executable} {file}" in flowlite("service")  # type: ignore[attr-defined]
    finally:
        flowlite("down", "--kill")
