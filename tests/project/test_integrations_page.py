"""What docs/integrations.md shows is configured, loaded and, where it needs nobody else, run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from flowlite.config import read
from flowlite.loading.files import load_file

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "integrations.md").read_text()
BLOCK = re.compile(r"```(?P<kind>toml|python run|python)\n(?P<code>.*?)```", re.DOTALL)
# What the DAGs of the page name beside themselves.
BESIDE = {
    "jobs/sessions.py": "",
    "warehouse/dbt_project.yml": "{name: w, version: '1.0', profile: w}",
    "warehouse/profiles.yml": "w: {target: dev, outputs: {dev: {type: duckdb, path: w.duckdb}}}",
}


def blocks(kind: str) -> list[str]:
    return [found["code"] for found in BLOCK.finditer(PAGE) if found["kind"] == kind]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in BESIDE.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "flowlite.toml").write_text("\n".join(blocks("toml")))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_all_of_its_settings_are_one_working_configuration(project: Path) -> None:
    settings = read(project / "flowlite.toml", env={})
    assert len(settings.connections) == len(re.findall(r"^\[connections\.", PAGE, re.MULTILINE))
    assert {one.type for one in settings.connections.values()} >= {"spark", "kubernetes", "kafka", "s3", "http", "smtp"}


def test_each_of_its_dags_loads(project: Path) -> None:
    found = []
    for number, code in enumerate(blocks("python")):
        file = project / f"page_{number}.py"
        file.write_text(code)
        loaded = load_file(str(file))
        found += [dag.id for dag in loaded.dags]
    assert len(found) == len(blocks("python")) == PAGE.count("@dag")


@pytest.mark.parametrize("code", blocks("python run"))
def test_what_needs_nobody_else_runs(project: Path, code: str) -> None:
    ran = subprocess.run([sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_every_integration_is_on_the_page() -> None:
    folder = ROOT / "flowlite" / "integrations"
    names = {path.stem for path in folder.iterdir() if path.stem not in ("__init__", "__pycache__")}
    assert [name for name in sorted(names) if f"`{name}`" not in PAGE] == []
