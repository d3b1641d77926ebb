"""`flowlite doctor` and `init`: a machine and a project to begin with."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from flowlite.cli import machine
from flowlite.cli.init import starter_files

MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
tmpfs /tmp tmpfs rw 0 0
server:/home /home nfs4 rw 0 0
/dev/sdb1 /home/my\\040data xfs rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/var/lib", "ext4"), ("/tmp/x", "tmpfs"), ("/home/anna", "nfs4"), ("/home/my data/x", "xfs"), ("/homes", "ext4")],
)
def test_the_longest_mount_point_names_the_filesystem(path, kind):
    assert machine.filesystem_of(Path(path), MOUNTS) == kind


def test_a_state_on_a_network_disk_is_a_problem_with_a_fix(monkeypatch):
    monkeypatch.setattr(machine, "_mounts", lambda: "server:/ / nfs4 rw 0 0\n")
    finding = machine.filesystem(Path("/"))
    assert finding.verdict == "problem"
    assert "--state DIR" in finding.fix


def test_a_state_that_others_can_read_is_pointed_out(tmp_path):
    tmp_path.chmod(0o755)
    assert machine.state_folder(tmp_path).fix == f"chmod 700 {tmp_path}"
    tmp_path.chmod(0o700)
    assert machine.state_folder(tmp_path).verdict == "ok"


def test_a_clock_that_was_set_back_is_noticed(tmp_path):
    (tmp_path / "flowlite.db").touch()
    os.utime(tmp_path / "flowlite.db", (5000, 5000))
    assert machine.clock(tmp_path, now=4000.0).says == "the state was written 16m 40s in the future"
    assert machine.clock(tmp_path, now=5000.0).verdict == "ok"


def test_an_extra_that_is_missing_comes_with_its_install_command(monkeypatch):
    monkeypatch.setitem(machine.EXTRAS, "dbt", ("no_such_module",))
    assert machine.extra("dbt").fix == "pip install -e '.[dbt]'"


def test_everything_that_is_not_in_order_has_a_fix(cli):
    answer = cli("doctor", "--json")
    found = answer.json
    assert {"Python", "SQLite", "filesystem", "disk space", "clock", "memory", "Java", "Pango"} <= {
        one["what"] for one in found
    }
    assert all(one["fix"] for one in found if one["verdict"] != "ok")
    assert answer.exit_code == (1 if any(one["verdict"] == "problem" for one in found) else 0)


def test_a_folder_of_dags_that_is_missing_is_a_problem(cli, tmp_path):
    (tmp_path / "flowlite.toml").write_text('[flowlite]\ndags = ["elsewhere"]\n')
    answer = cli("doctor")
    assert answer.exit_code == 1
    assert f"✗ DAG files      {tmp_path}/elsewhere is not there" in answer.out


def test_init_writes_a_project_that_checks_runs_and_tests(cli, tmp_path):
    folder = tmp_path / "new"
    written = cli("init", str(folder), "--json").json["written"]
    assert len(written) == len(starter_files())

    def there(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-m", *words], cwd=folder, capture_output=True, text=True)

    assert there("flowlite", "check").returncode == 0
    ran = there("flowlite", "run", "hello", "--date", "2024-01-01")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    tested = there("pytest", "-q", "-p", "no:cacheprovider")
    assert tested.returncode == 0, tested.stdout


def test_init_keeps_what_is_there(cli, tmp_path):
    before = (tmp_path / "flowlite.toml").read_text()
    answer = cli("init")
    assert "flowlite.toml (was there already)" in answer.out
    assert (tmp_path / "flowlite.toml").read_text() == before
    assert (tmp_path / ".gitignore").exists()
