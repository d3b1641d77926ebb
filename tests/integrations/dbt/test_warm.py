"""The manifest is parsed once, and again when a file of the project was saved."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from flowlite.integrations.dbt.selection import Place
from flowlite.integrations.dbt.warm import argument_of, parsed


@pytest.mark.slow
def test_a_saved_model_makes_a_new_manifest(small_project: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(small_project, project)
    place = Place(project=str(project), profiles=str(project), env={"FILE": str(tmp_path / "w.duckdb")})
    before, server = parsed(place, tmp_path / "cache"), argument_of(place)
    assert parsed(place, tmp_path / "cache") is before
    (project / "models" / "fifth.sql").write_text("select 5 as id")
    after = parsed(place, tmp_path / "cache")
    assert "model.small.fifth" in after.manifest.nodes
    assert argument_of(place) != server
    assert sorted(one.name for one in project.iterdir()) == ["dbt_project.yml", "models", "profiles.yml"]
