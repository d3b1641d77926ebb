"""A small project with DAG files, and the `flowlite` command called in this process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from flowlite.cli.root import flowlite
from flowlite.config import use_everywhere

DAGS = '''
from pathlib import Path

from flowlite import Asset, Context, Retry, dag, group, shell, task
from pydantic import BaseModel, Field


@task
def cities() -> list[str]:
    return ["Berlin", "Paris", "Oslo"]


@task(outlets=[Asset("lengths")])
def measure(city: str, ctx: Context) -> int:
    ctx.log.info("measuring %s", city)
    return len(city)


@task
def total(lengths: list[int]) -> int:
    return sum(lengths)


@dag(schedule="@daily", tags=["example"], owner="anna")
def lengths():
    """Measure every city."""
    total(measure.map(cities())) >> shell("echo done", id="announce")


@task
def load(n: int, ctx: Context) -> int:
    ctx.log.info("loading %s", n)
    if n == 2 and not Path("mended").exists():
        raise ValueError(f"row {n} is \\x1b[31mbad")
    return n


@task
def publish(rows: list[int]) -> int:
    return sum(rows)


@dag
def broken():
    publish(load.map([1, 2, 3]))


class Knobs(BaseModel):
    speed: int = Field(3, description="how fast")


@task
def turn(ctx: Context) -> int:
    return ctx.params.speed


@dag(schedule="@daily", params=Knobs)
def knobs():
    turn()


@dag
def slow():
    shell("echo begun; sleep 60", id="wait") >> shell("true", id="after")
'''


@dataclass
class Answer:
    """What a command printed and how it ended."""

    exit_code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Answer]


def call(*words: str, answer: str = "") -> Answer:
    result = CliRunner().invoke(flowlite, list(words), prog_name="flowlite", input=answer)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Answer(result.exit_code, result.stdout, result.stderr)


def write_project(folder: Path) -> None:
    (folder / "pipelines").mkdir()
    (folder / "pipelines" / "work.py").write_text(DAGS)
    (folder / "flowlite.toml").write_text("[pools]\nhttp = 2\n")


@pytest.fixture(autouse=True)
def _fresh_settings() -> Iterator[None]:
    yield
    use_everywhere(None)


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command in a project of its own, where nothing has run yet."""
    write_project(tmp_path)
    monkeypatch.chdir(tmp_path)
    return call


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project where run 1 of `lengths` went well and run 2 of `broken` failed. For commands that only look."""
    folder = tmp_path_factory.mktemp("history")
    write_project(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert call("run", "lengths", "--date", "2024-01-01").exit_code == 0
        assert call("run", "broken", "--date", "2024-01-01").exit_code == 1
    use_everywhere(None)
    return folder


@pytest.fixture
def look(history: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command in the project with a history."""
    monkeypatch.chdir(history)
    return call
