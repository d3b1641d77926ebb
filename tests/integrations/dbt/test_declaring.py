"""Mistakes show at load, values can't become options, and nothing heavy is imported before dbt runs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from flowlite import Dag, FlowliteError
from flowlite.integrations import dbt
from flowlite.integrations.dbt.project_files import fingerprint
from flowlite.integrations.dbt.selection import Place, Selection


def selection(project: Path, **more: object) -> Selection:
    return Selection(place=Place(project=str(project), profiles=str(project)), command="build", **more)  # type: ignore[arg-type]


def test_a_project_that_is_not_there_is_named() -> None:
    with pytest.raises(FlowliteError, match=r"no dbt project at 'nowhere' \(no dbt_project.yml there\)"), Dag("d"):
        dbt.build("nowhere")


def test_a_project_without_profiles_is_told_at_load(tmp_path: Path) -> None:
    (tmp_path / "dbt_project.yml").write_text("name: x")
    with pytest.raises(FlowliteError, match=r"no profiles.yml in .*; put one there, or name its folder"), Dag("d"):
        dbt.run(tmp_path)


def test_a_value_can_not_become_an_option(small_project: Path) -> None:
    with pytest.raises(FlowliteError, match="looks like an option"):
        selection(small_project, select=("--profiles-dir=/elsewhere",)).words(small_project)


def test_values_cross_as_one_json_word(small_project: Path) -> None:
    words = selection(small_project, vars={"run_date": "2024-01-01", "cities": ["a", "b"]}).words(small_project)
    assert json.loads(words[words.index("--vars") + 1]) == {"run_date": "2024-01-01", "cities": ["a", "b"]}


def test_each_attempt_has_a_target_and_a_log_folder_of_its_own(small_project: Path, tmp_path: Path) -> None:
    words = selection(small_project).words(tmp_path)
    assert words[words.index("--target-path") + 1] == str(tmp_path / "target")
    assert words[words.index("--log-path") + 1] == str(tmp_path / "logs")


def test_the_fingerprint_changes_with_every_saved_file(tmp_path: Path) -> None:
    model = tmp_path / "models" / "a.sql"
    model.parent.mkdir()
    model.write_text("select 1")
    before = fingerprint(str(tmp_path), str(tmp_path))
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "manifest.json").write_text("{}")
    assert fingerprint(str(tmp_path), str(tmp_path)) == before
    model.write_text("select 1 as one")
    assert fingerprint(str(tmp_path), str(tmp_path)) != before


def test_declaring_a_dbt_task_imports_no_dbt(small_project: Path) -> None:
    code = (
        "import sys; from flowlite import Dag; from flowlite.integrations import dbt\n"
        f"with Dag('d'): dbt.build({str(small_project)!r})\n"
        "heavy = [name for name in sys.modules if name.split('.')[0] in ('dbt', 'duckdb', 'jinja2', 'numpy')]\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
