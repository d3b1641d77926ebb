"""What docs/pipelines.md shows is carried out: its settings are read, its commands run, its report is made."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from pipelines_gold import put_gold, put_kpis

from flowlite.config import read
from flowlite.demo.stage import Stage

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "pipelines.md").read_text()
BLOCK = re.compile(r"```(?P<kind>\w+)\n(?P<code>.*?)```", re.DOTALL)
WANTED = ("LAKE_ACCESS_KEY", "LAKE_SECRET_KEY", "MLFLOW_TOKEN", "SMTP_PASSWORD", "SLACK_WEBHOOK")


def blocks(kind: str) -> list[str]:
    return [found["code"] for found in BLOCK.finditer(PAGE) if found["kind"] == kind]


def commands() -> list[list[str]]:
    lines = [line.removeprefix("$ ") for code in blocks("console") for line in code.splitlines()]
    return [shlex.split(line)[1:] for line in lines]


def called(words: list[str], folder: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "flowlite", *words]
    return subprocess.run(line, cwd=folder, env=env, capture_output=True, text=True, check=False)


def test_with_its_settings_alone_all_pipelines_load(tmp_path: Path) -> None:
    """The pools are those of the project; nothing else of its flowlite.toml is there."""
    [settings] = blocks("toml")
    own = (ROOT / "flowlite.toml").read_text()
    pools = own[own.index("[pools]") : own.index("# The bucket")]
    head = f'[flowlite]\ndags = ["{ROOT / "pipelines"}"]\ntimezone = "America/New_York"\n\n'
    (tmp_path / "flowlite.toml").write_text(head + pools + settings)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("FLOWLITE", "LAKE"))}
    done = called(["check"], tmp_path, clean)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    told = read(tmp_path / "flowlite.toml", env=dict.fromkeys(WANTED, "secret"))
    assert not told.problems
    assert set(told.connections) == set(read(ROOT / "flowlite.toml", env={}).connections)
    assert set(told.channels) == set(read(ROOT / "flowlite.toml", env={}).channels)


@pytest.mark.slow
def test_its_commands_run(ready: Stage, tmp_path: Path) -> None:
    put_kpis(ready.project, ready.lake, date(2024, 6, 17), date(2024, 6, 30))
    put_gold(ready.project, ready.lake, date(2024, 6, 24), date(2024, 6, 30))
    assert len(commands()) == 8
    for words in commands():
        done = called(["--state", str(tmp_path / "state"), *words], ready.project)
        assert done.returncode == 0, f"{words}\n{done.stdout}{done.stderr}"
    assert len(ready.mail.mails) == 3
    assert len(list(ready.lake.glob("silver/weather_conditions/ds=*/data.parquet"))) == 2


@pytest.mark.slow
def test_the_report_of_ones_own_is_made(tmp_path: Path) -> None:
    [code] = blocks("python")
    (tmp_path / "sales.py").write_text(code)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("FLOWLITE")}
    done = called(["run", "sales.py"], tmp_path, clean)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "sales.pdf").read_bytes().startswith(b"%PDF-")


def test_every_dag_of_the_pipelines_is_on_the_page(dags: dict[str, object]) -> None:
    table = PAGE[: PAGE.index("## Your own systems")]
    assert {name for name in dags if f"`{name}`" in table} == set(dags)
