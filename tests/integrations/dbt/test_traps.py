"""Traps of one manifest for all runs, and of many dbt processes at once: each was seen, and none is fallen into."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import pytest

import flowlite

pytestmark = pytest.mark.slow
DAYS = ("2024-01-01", "2024-01-02")
DAGS = """
from flowlite import dag
from flowlite.integrations import dbt

@dag(max_active_runs=2)
def a_folder_each():
    dbt.run({project!r}, id="all", env={{"FILE": "{folder}/{{{{ ds }}}}/w.duckdb", "DAY": "{{{{ ds }}}}"}})

@dag
def a_name_each():
    dbt.run({project!r}, id="all", env={{"FILE": "{folder}/{{{{ ds }}}}.duckdb", "DAY": "{{{{ ds }}}}"}})

@dag
def leaky():
    dbt.run({project!r}, id="all", executable={executable!r}, env={{"FILE": "{folder}/leaky.duckdb", "DAY": "x"}})
"""
PROJECT = {
    "dbt_project.yml": "{name: tiny, version: '1.0', profile: tiny, models: {+materialized: table}}",
    "profiles.yml": """
tiny:
  target: dev
  outputs:
    dev: {type: duckdb, path: "{{ env_var('FILE', 'w.duckdb') }}"}
""",
    "models/days.sql": "select '{{ env_var('DAY', '') }}' as day",
}


@dataclass
class Played:
    folder: Path
    project: Path
    runs: dict[tuple[str, str], Any] = field(default_factory=dict)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory, dag_file: Callable[[str], ModuleType]) -> Played:
    folder = tmp_path_factory.mktemp("traps")
    played = Played(folder, folder / "project")
    for name, text in PROJECT.items():
        (played.project / name).parent.mkdir(parents=True, exist_ok=True)
        (played.project / name).write_text(text)
    for day in DAYS:
        (folder / day).mkdir()
    executable = folder / "dbt"
    dbt = Path(sys.executable).with_name("dbt")
    executable.write_text(f'#!/bin/sh\n"{dbt}" "$@"\ncode=$?\necho "nanobind: leaked 2 instances!" >&2\nexit $code\n')
    executable.chmod(0o755)
    values = {"project": str(played.project), "folder": str(folder), "executable": str(executable)}
    dags = dag_file(DAGS.format(**values))
    asyncio.run(play(dags, played))
    return played


async def play(dags: ModuleType, played: Played) -> None:
    async with flowlite.open(played.folder / "state" / "flowlite.db") as fl:
        at_once = await asyncio.gather(*(fl.run(dags.a_folder_each, logical_date=day) for day in DAYS))
        played.runs |= {("a_folder_each", day): run for day, run in zip(DAYS, at_once, strict=True)}
        played.runs["a_name_each", DAYS[0]] = await fl.run(dags.a_name_each, logical_date=DAYS[0])
        played.runs["leaky", ""] = await fl.run(dags.leaky)


def test_every_date_has_a_database_of_its_own_with_one_name(played: Played) -> None:
    for day in DAYS:
        assert played.runs["a_folder_each", day].state == "success"
        with duckdb.connect(str(played.folder / day / "w.duckdb"), read_only=True) as database:
            assert database.sql("select day from days").fetchall() == [(day,)]


def test_a_database_of_another_name_names_the_way_out(played: Played) -> None:
    error = str(played.runs["a_name_each", DAYS[0]].root_cause)
    assert 'Catalog Error: "w" is not a catalog or schema' in error
    assert "give the file of every run the same name, in a folder of its own (or warm=False)" in error


def test_two_processes_at_once_write_to_folders_of_their_own(played: Played) -> None:
    runs = [played.runs["a_folder_each", day] for day in DAYS]
    for run in runs:
        folder = played.folder / "state" / "attempts" / run.id / "0.-1.1"
        assert (folder / "target").is_dir()
        assert (folder / "run_results.json").is_file()
    assert sorted(one.name for one in played.project.iterdir()) == ["dbt_project.yml", "models", "profiles.yml"]


def test_what_duckdb_says_on_stderr_when_it_ends_is_no_failure(played: Played) -> None:
    run = played.runs["leaky", ""]
    assert (run.state, run["all"]["states"]) == ("success", {"success": 1})
    assert "nanobind: leaked 2 instances!" in run.tasks["all"][0].attempts[0].log


def test_a_copy_into_a_folder_that_is_not_there_makes_it(tmp_path: Path) -> None:
    """DuckDB's own COPY does not: the project brings a function for it."""
    project = Path(__file__).parents[3] / "pipelines" / "dbt"
    with pytest.raises(duckdb.IOException, match="Cannot open file"):
        duckdb.sql(f"copy (select 1) to '{tmp_path}/lake/gold/x/ds=2024-01-01/data.parquet'")
    code = "import sys; sys.path.insert(0, sys.argv[1]); import lake_folders; lake_folders.make_folder(sys.argv[2])"
    place = tmp_path / "lake" / "gold" / "x"
    subprocess.run([sys.executable, "-c", code, str(project / "plugins"), str(place)], check=True)
    assert place.is_dir()
