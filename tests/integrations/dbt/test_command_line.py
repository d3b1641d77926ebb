"""The dbt command in place of the warm server: same rows, same verdict, same retries; only slower."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowlite.integrations.dbt import DbtError
from flowlite.integrations.dbt.command_line import CommandLine, events
from flowlite.integrations.dbt.nodes import Node
from flowlite.integrations.dbt.running import run_selection
from flowlite.integrations.dbt.selection import Place, Selection


@pytest.mark.slow
def test_a_retry_by_the_command_runs_only_the_rest(small_project: Path, tmp_path: Path) -> None:
    told: list[Node] = []

    def attempt(number: int, healed: str) -> dict[str, object]:
        env = {"HEALED": healed, "FILE": str(tmp_path / "w.duckdb")}
        place = Place(project=str(small_project), profiles=str(small_project), env=env)
        command = CommandLine(place, lambda level, text: None)
        return run_selection(
            Selection(place=place, command="build"),
            command,
            tmp_path / str(number),
            project_files="same",
            previous=tmp_path / str(number - 1),
            tell=told.append,
        )

    with pytest.raises(DbtError, match=r"model broken failed .*missing_table"):
        attempt(1, "no")
    assert {node.name: node.state for node in told if node.state != "running"}["last"] == "skipped"
    told.clear()
    done = attempt(2, "yes")
    assert done["states"] == {"success": 6}
    assert {node.name for node in told if node.state == "running"} == {"broken", "last", "not_null_last_id"}


def test_a_line_that_is_no_json_is_told_as_text() -> None:
    assert list(events(["nanobind: leaked 2 instances!\n"])) == [("", {}, "info", "nanobind: leaked 2 instances!")]
