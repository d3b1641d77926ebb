"""A retry of a dbt task runs what failed and what was skipped because of it, and nothing that is green."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import pytest

import flowlite

DAGS = """
from flowlite import Retry, dag
from flowlite.integrations import dbt

HEALS = {{"HEALED": "{{{{ 'yes' if attempt > 1 else 'no' }}}}", "FILE": {file!r}}}

@dag
def heals():
    dbt.build({project!r}, id="all", retries=Retry(1, delay=0), env=HEALS)

@dag
def never_heals():
    dbt.build({project!r}, id="all", retries=Retry(1, delay=0), env={{"FILE": {file!r}, "HEALED": "{{{{ 'no' }}}}"}})

@dag
def nothing():
    dbt.run({project!r}, id="all", select="no_such_model", retries=3, env=HEALS)
"""
ALL = {"first", "unique_first_id", "broken", "last", "not_null_last_id", "beside"}


@dataclass
class Played:
    state: Path
    file: Path
    runs: dict[str, Any] = field(default_factory=dict)

    def ran(self, dag_id: str, attempt: int) -> dict[str, str]:
        """What dbt itself says that it ran in an attempt, with dbt's own word for how it went."""
        path = self.state / "attempts" / self.runs[dag_id].id / f"0.-1.{attempt}" / "run_results.json"
        results = json.loads(path.read_text())["results"]
        return {one["unique_id"].split(".")[2]: one["status"] for one in results}


@pytest.fixture(scope="module")
def played(
    tmp_path_factory: pytest.TempPathFactory, small_project: Path, dag_file: Callable[[str], ModuleType]
) -> Played:
    """The DAGs of the file, one after the other (they share a warehouse), in one engine."""
    folder = tmp_path_factory.mktemp("retries")
    played = Played(folder, folder / "w.duckdb")
    dags = dag_file(DAGS.format(project=str(small_project), file=str(played.file)))
    asyncio.run(play([dags.heals, dags.never_heals, dags.nothing], played))
    return played


async def play(dags: list[flowlite.Dag], played: Played) -> None:
    async with flowlite.open(played.state / "flowlite.db") as fl:
        for dag in dags:
            played.runs[dag.id] = await fl.run(dag)
        await fl.clear(played.runs["heals"].id)
        played.runs["cleared"] = await fl.finished(played.runs["heals"].id)


def test_the_first_attempt_names_the_model_with_the_words_of_the_database(played: Played) -> None:
    first = played.runs["heals"].tasks["all"][0].attempts[0]
    assert first.outcome == "failed"
    assert "model broken failed (models/broken.sql): Catalog Error: Table with name missing_table" in str(first.error)
    assert "2 nodes were skipped because of it" in str(first.error)


def test_the_second_attempt_runs_only_what_failed_and_what_was_skipped(played: Played) -> None:
    assert played.ran("heals", 1) == {
        "first": "success", "unique_first_id": "pass", "beside": "success", "broken": "error", "last": "skipped",
        "not_null_last_id": "skipped",
    }  # fmt: skip
    assert played.ran("heals", 2) == {"broken": "success", "last": "success", "not_null_last_id": "pass"}


def test_green_means_that_every_selected_node_is_green(played: Played) -> None:
    run = played.runs["heals"]
    assert run.state == "success"
    assert run["all"]["states"] == {"success": len(ALL)}
    assert run["all"]["carried_over"] == 3
    assert duckdb.connect(str(played.file), read_only=True).sql("select id from last").fetchall() == [(1,)]


def test_a_retry_that_fails_again_is_never_green(played: Played) -> None:
    run = played.runs["never_heals"]
    assert run.state == "failed"
    assert [one.outcome for one in run.tasks["all"][0].attempts] == ["failed", "failed"]
    assert played.ran("never_heals", 2) == {"broken": "error", "last": "skipped", "not_null_last_id": "skipped"}


def test_a_selection_that_matches_nothing_fails_at_once(played: Played) -> None:
    [attempt] = played.runs["nothing"].tasks["all"][0].attempts
    assert "dbt run --select no_such_model: matches no node of the project" in str(attempt.error)


def test_a_cleared_task_runs_everything_again(played: Played) -> None:
    """Its inputs may be other ones now: what is green from before is not taken over."""
    assert played.runs["cleared"].state == "success"
    assert set(played.ran("heals", 3)) == ALL
