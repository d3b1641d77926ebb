"""Commands that do work: run, retry, clear, mark, cancel, backfill, and Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest


def test_run_tells_each_task_as_it_ends(cli):
    answer = cli("run", "lengths", "--date", "2024-01-01")
    assert answer.exit_code == 0
    lines = answer.out.splitlines()
    assert lines[0] == "run 1 of lengths for 2024-01-01"
    assert [line.split()[1] for line in lines[1:-1]] == ["cities", "measure", "total", "announce"]
    assert "measure ×3" in answer.out
    assert lines[-1].startswith("✓ run 1 of lengths: success  ")


def test_run_as_json_prints_nothing_else(cli):
    found = cli("run", "knobs", "--param", "speed=9", "--json").json
    assert found["run"]["state"] == "success"
    assert found["run"]["params"] == {"speed": 9}
    assert [task["id"] for task in found["tasks"]] == ["turn"]


def test_a_file_with_one_dag_can_be_run_by_its_path(cli, tmp_path):
    (tmp_path / "one.py").write_text(
        "from flowlite import dag, shell\n\n@dag\ndef only():\n    shell('true', id='t')\n"
    )
    assert cli("run", "one.py").exit_code == 0
    assert cli("run", "one.py:only").exit_code == 0


def test_a_failed_run_says_why_and_is_retried_once_it_is_mended(cli):
    failed = cli("run", "broken")
    assert failed.exit_code == 1
    assert "load[1] · attempt 1 · error" in failed.out
    assert failed.err == "flowlite: run 1 of broken ended as failed\n"

    plan = cli("runs", "retry", "1", "--dry-run", "--json").json
    assert [(one["task_id"], one["map_index"]) for one in plan["would_run_again"]] == [("load", 1), ("publish", -1)]

    Path("mended").touch()
    again = cli("runs", "retry", "1", answer="y\n")
    assert again.exit_code == 0
    assert again.out.startswith("2 task instances of run 1 will run again:\n")
    assert "✓ run 1 of broken: success" in again.out


def test_a_retry_that_is_not_confirmed_does_nothing(cli):
    cli("run", "broken")
    assert cli("runs", "retry", "1", answer="n\n").exit_code == 1
    assert cli("runs", "show", "1", "--json").json["tasks"][0]["attempt"] == 1


def test_clear_runs_finished_work_again_with_everything_downstream(cli):
    cli("run", "lengths")
    again = cli("runs", "clear", "1", "--task", "measure[2]", "--yes", "--json")
    assert again.exit_code == 0
    (found,) = again.json
    assert {task["id"]: task["attempt"] for task in found["tasks"]} == {
        "cities": 1, "measure": 2, "total": 2, "announce": 2,
    }  # fmt: skip


def test_a_mark_lets_downstream_go_on(cli):
    cli("run", "broken")
    marked = cli("runs", "mark", "1", "--task", "load[1]", "--as", "skipped", "--why", "known", "--yes")
    assert "load[1] of run 1 will be marked skipped" in marked.out
    states = {task["id"]: task["state"] for task in cli("runs", "show", "1", "--json").json["tasks"]}
    assert states["load"] != "failed"
    assert states["publish"] != "upstream_failed"


def test_a_mark_as_failed_is_no_failure_of_the_command(cli):
    cli("run", "knobs")
    assert cli("runs", "mark", "1", "--task", "turn", "--as", "failed", "--yes").exit_code == 0
    assert cli("runs", "list", "--json").json[0]["state"] == "failed"


def test_a_dag_that_has_lost_tasks_cannot_take_up_an_old_run(cli, tmp_path):
    cli("run", "broken")
    file = tmp_path / "pipelines" / "work.py"
    file.write_text(
        file.read_text().replace("def publish(", "def publish_all(").replace("publish(load", "publish_all(load")
    )
    answer = cli("runs", "retry", "1", "--yes")
    assert answer.exit_code == 2
    assert answer.err.endswith(
        "DAG 'broken' has lost tasks since run 1 was made; start a new run: `flowlite run broken`\n"
    )


def test_a_raised_timeout_holds_for_the_retry_of_an_old_run(cli, tmp_path):
    cli("run", "broken")
    Path("mended").touch()
    file = tmp_path / "pipelines" / "work.py"
    file.write_text(file.read_text().replace("@task\ndef load", "@task(timeout=99)\ndef load"))
    assert cli("runs", "retry", "1", "--yes").exit_code == 0


def test_a_backfill_shows_its_plan_and_leaves_dates_alone_that_have_a_run(cli):
    cli("run", "knobs", "--date", "2024-01-02")
    plan = cli("backfill", "knobs", "2024-01-01", "2024-01-04", "--dry-run", "--json").json["days"]
    assert [(day["logical_date"][:10], day["runs"]) for day in plan] == [
        ("2024-01-01", True), ("2024-01-02", False), ("2024-01-03", True),
    ]  # fmt: skip
    done = cli("backfill", "knobs", "2024-01-01", "2024-01-04", "--yes")
    assert done.exit_code == 0
    assert done.out.startswith("knobs: 2 runs, 10 at a time, 1 skipped\n")
    assert "2024-01-02  skipped because run 1 is success" in done.out
    assert done.out.endswith("✓ 2 runs went well\n")
    again = cli("backfill", "knobs", "2024-01-01", "2024-01-04", "--reprocess", "all", "--yes", "--json").json
    assert [run["logical_date"][:10] for run in again["runs"]] == ["2024-01-01", "2024-01-02", "2024-01-03"]


def test_a_backup_can_be_put_back(cli):
    cli("run", "knobs")
    copy = cli("db", "backup", "--json").json["path"]
    cli("run", "knobs")
    assert len(cli("runs", "list", "--json").json) == 2
    answer = cli("db", "restore", copy, "--yes")
    assert answer.exit_code == 0
    assert "what was there is" in answer.out
    assert len(cli("runs", "list", "--json").json) == 1


def test_prune_removes_old_runs_with_their_logs(cli, tmp_path):
    cli("run", "lengths")
    cli("run", "lengths")
    logs = tmp_path / ".flowlite" / "logs" / "lengths"
    assert {path.name for path in logs.iterdir()} == {"1", "2"}
    assert cli("db", "prune", "--older-than", "0", "--keep", "1", "--json").json["runs"] == 1
    assert [run["run_id"] for run in cli("runs", "list", "--json").json] == ["2"]
    assert not list((logs / "1").glob("*.log"))
    assert list((logs / "2").glob("*.log"))


class Child:
    """`flowlite` in a process of its own, as a person starts it."""

    def __init__(self, *words: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "flowlite", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def until(self, text: str) -> None:
        """Read stdout until a line has this text."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if text in line:
                return
        raise AssertionError(f"{text!r} was never printed")

    def end(self) -> tuple[int, str]:
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, out + err


@pytest.fixture
def following(cli):
    """Wait until a task has written its first line: then it runs for sure."""

    def wait(run: int, task: str) -> None:
        child = Child("logs", str(run), task, "--follow")
        child.until("begun")
        child.process.kill()
        child.end()

    return wait


def test_ctrl_c_cancels_the_run_and_kills_what_it_started(cli, following):
    child = Child("run", "slow")
    child.until("run 1 of slow")
    following(1, "wait")
    os.kill(child.process.pid, signal.SIGINT)
    code, said = child.end()
    assert code == 1
    assert "cancelling (once more to leave at once)" in said
    assert "run 1 of slow: cancelled" in said
    assert cli("why", "1").out.startswith("■ run 1 of slow was cancelled by ")


def test_while_a_run_goes_on_others_can_look_but_not_act(cli, following):
    child = Child("run", "slow")
    child.until("run 1 of slow")
    following(1, "wait")
    holds = {hold["task_id"]: hold["reason"] for hold in cli("why", "1", "--json").json["holds"]}
    assert holds["wait"].startswith("attempt 1 has been running for")
    assert holds["after"] == "waits for wait (running); its trigger rule is all_success"
    refused = cli("run", "knobs")
    assert refused.exit_code == 1
    assert f"is in use by process {child.process.pid}" in refused.err
    child.process.terminate()
    assert child.end()[0] == 1


def test_a_run_whose_process_was_killed_says_so_and_can_be_cancelled(cli, following):
    child = Child("run", "slow")
    child.until("run 1 of slow")
    following(1, "wait")
    child.process.kill()
    child.end()
    assert "nobody works on this state: `flowlite runs resume` goes on" in cli("why", "1").out
    assert cli("runs", "cancel", "1", "--yes").exit_code == 0
    assert cli("runs", "list", "--json").json[0]["state"] == "cancelled"
    assert cli("runs", "resume").out == "nothing was left unfinished\n"
