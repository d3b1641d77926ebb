"""What `flowlite check` says of channels that are not there, and of modules that two folders have."""

# ruff: noqa: E501 - messages stand as one reads them

from __future__ import annotations

import pytest

CONFIG = """
[flowlite]
dags = ["one", "two"]
[channels.ops]
type = "log"
"""
DAG = """from flowlite import dag, shell
import shared

@dag({options})
def {name}():
    shell("true", id="t", {task})
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "shared.py").write_text("")
        (tmp_path / name / "dagfile.py").write_text(DAG.format(name=name, options="", task=""))
    (tmp_path / "flowlite.toml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_channel_that_is_not_configured_is_a_problem_with_its_line_and_the_nearest(cli, project):
    (project / "one/dagfile.py").write_text(DAG.format(name="one", options="", task='notify=["opps"]'))
    (project / "two/dagfile.py").write_text(DAG.format(name="two", options='notify={"sla": ["slack:ops"]}', task=""))
    found = cli("check")
    assert found.exit_code == 1
    assert found.out.splitlines()[:2] == [
        f"✗ {project}/one/dagfile.py:6: t: there is no channel 'opps'; add [channels.opps] to flowlite.toml, or use 'ops'",
        f"✗ {project}/two/dagfile.py:4: DAG 'two': there is no channel 'slack:ops'; add [channels.ops] to flowlite.toml,"
        " or use 'log:ops'",
    ]
    (project / "flowlite.toml").write_text(f'{CONFIG}[channels.opps]\ntype = "log"\n')
    assert "opps" not in cli("check").out


def test_modules_of_one_name_in_two_folders_are_named(cli, project):
    assert cli("check").out.splitlines()[0] == (
        f"· 'shared' is {project}/one/shared.py, {project}/two/shared.py: each DAG file gets its nearest;"
        " import it at the head of a file, never in a function"
    )
    assert list(cli("check", "--json").json["same_names"]) == ["shared"]


def test_modules_of_one_name_that_only_one_folder_imports_are_none_of_our_business(cli, project):
    (project / "two/dagfile.py").write_text(DAG.format(name="two", options="", task="").replace("import shared", ""))
    assert cli("check").out.startswith("✓ 4 files, 2 DAGs")
