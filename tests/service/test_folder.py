"""The DAG folder of a running daemon: saved, broken, mended, removed."""

from __future__ import annotations

import json

TICKS = """
    import os
    from pathlib import Path
    from flowlite import dag, every, task

    HERE = Path(os.environ["FLOWLITE_TEST"])

    @task
    async def note():
        with (HERE / "notes").open("a") as file:
            file.write("{word}\\n")

    @dag(schedule=every(seconds=1), start="2024-01-01")
    def ticks():
        note()
"""
STEPS = """
    import os, time
    from pathlib import Path
    from flowlite import chain, dag, every, task

    HERE = Path(os.environ["FLOWLITE_TEST"])

    @task
    def first():
        (HERE / "begun").touch()
        while not (HERE / "go").exists():
            time.sleep(0.01)

    @task
    def second():
        (HERE / "second").write_text("{word}")

    @dag(schedule=every(hours=1), start="2024-01-01")
    def steps():
        {body}
"""


def notes(project) -> list[str]:
    file = project.root / "notes"
    return file.read_text().splitlines() if file.exists() else []


def test_a_saved_file_runs_as_it_now_is(project):
    project.write("ticks.py", TICKS.format(word="old"))
    project.up()
    project.wait_for(lambda: "old" in notes(project))
    project.write("ticks.py", TICKS.format(word="new"))
    project.wait_for(lambda: "new" in notes(project))
    assert "ticks is loaded anew; declared as before" in project.said()


def test_a_broken_file_goes_on_as_it_last_was_and_everybody_is_told(project):
    file = project.write("ticks.py", TICKS.format(word="good"))
    project.up()
    project.wait_for(lambda: notes(project))
    file.write_text("def (")
    project.wait_for(lambda: "syntax error" in project.said())
    before = len(notes(project))
    project.wait_for(lambda: len(notes(project)) > before)
    (problem,) = json.loads(project.flowlite("status", "--json"))["problems"]
    assert (problem["file"], problem["line"]) == (str(file), 1)
    assert "syntax error" in project.flowlite("status")
    listed = project.flowlite("dags", "list")
    assert "ticks " in listed and f"{file}:1: syntax error" in listed
    assert "every 0:00:" in project.flowlite("dags", "show", "ticks")
    assert "covers" in project.flowlite("dags", "next", "ticks")
    project.write("ticks.py", TICKS.format(word="mended"))
    project.wait_for(lambda: "mended" in notes(project))
    assert "all DAG files are well again" in project.said()
    assert json.loads(project.flowlite("status", "--json"))["problems"] == []


def test_whoever_asks_for_a_removed_dag_is_told_that_it_is_gone_also_after_a_restart(project):
    file = project.write("ticks.py", TICKS.format(word="x"))
    project.up()
    project.wait_for(lambda: notes(project))
    file.unlink()
    project.wait_for(lambda: "ticks is gone" in project.said())
    gone = "there is no DAG 'ticks'; it is gone from the DAG folder; put its file back"
    assert gone in project.flowlite("trigger", "ticks", code=2)
    assert project.stop() == 0
    project.up()
    assert gone in project.flowlite("dags", "show", "ticks", code=2)
    project.write("ticks.py", TICKS.format(word="x"))
    project.wait_for(lambda: "ticks is new" in project.said())
    project.flowlite("trigger", "ticks")


def test_a_removed_dag_is_scheduled_no_longer_and_its_runs_stay(project):
    file = project.write("ticks.py", TICKS.format(word="x"))
    project.up()
    project.wait_for(lambda: notes(project))
    file.unlink()
    project.wait_for(lambda: "ticks is gone from the DAG folder and no longer scheduled" in project.said())
    assert json.loads(project.flowlite("status", "--json"))["next"] == []
    assert json.loads(project.flowlite("runs", "list", "--json"))[0]["dag_id"] == "ticks"


def test_a_run_keeps_the_graph_that_it_was_made_from(project, monkeypatch):
    from datetime import UTC, datetime, timedelta

    start = (datetime.now(UTC) - timedelta(minutes=90)).isoformat()
    schedule = f'every(hours=1, anchor="{start}"), start="{start}", catchup=True'
    text = STEPS.replace('every(hours=1), start="2024-01-01"', schedule)
    project.write("steps.py", text.format(word="old", body="first() >> second()"))
    project.up()
    project.wait_for((project.root / "begun").exists)
    project.write("steps.py", text.format(word="new", body="second()"))
    project.wait_for(lambda: "steps is loaded anew" in project.said())
    (project.root / "go").touch()
    project.wait_for(lambda: "run 1 of steps for" in project.said())
    run = json.loads(project.flowlite("runs", "show", "1", "--json"))
    assert [(task["id"], task["state"]) for task in run["tasks"]] == [("first", "success"), ("second", "success")]
    assert (project.root / "second").read_text() == "new"


def test_a_task_that_is_gone_when_its_turn_comes_fails_and_says_so(project):
    project.write("steps.py", STEPS.format(word="", body="first() >> second()"))
    project.up()
    project.flowlite("trigger", "steps")
    project.wait_for((project.root / "begun").exists)
    project.write("steps.py", STEPS.format(word="", body="first()"))
    project.wait_for(lambda: "steps is loaded anew" in project.said())
    (project.root / "go").touch()
    project.wait_for(lambda: "run 1 of steps for" in project.said())
    gone = "DAG 'steps' has no task 'second' any more; put it back, or mark the task"
    assert f"second attempt 1 failed: {gone}" in project.said()
    assert gone in project.flowlite("why", "1")


def test_started_with_a_broken_file_it_says_so_and_takes_the_mended_one(project):
    file = project.write("ticks.py", "def (")
    project.up()
    assert "0 DAGs, 1 problem" in project.said()
    file.write_text("")
    project.write("ticks.py", TICKS.format(word="mended"))
    project.wait_for(lambda: "mended" in notes(project))


def test_a_folder_that_is_made_later_is_found(project):
    project.configure("")
    (project.root / "flowlite.toml").write_text('[flowlite]\ndags = ["later"]\nstate = "state"\n')
    project.up()
    (project.root / "later").mkdir()
    project.write("../later/ticks.py", TICKS.format(word="later"))
    project.wait_for(lambda: "later" in notes(project))


def test_screens_hear_of_files_that_were_saved_broken_and_removed(project):
    file = project.write("ticks.py", TICKS.format(word="old"))
    project.up()
    file.write_text("import no_such_module")
    project.wait_for(lambda: ("", "problems") in dag_events(project))
    project.write("ticks.py", TICKS.format(word="new"))
    project.wait_for(lambda: ("ticks", "loaded") in dag_events(project))
    file.unlink()
    project.wait_for(lambda: ("ticks", "gone") in dag_events(project))


def dag_events(project) -> list[tuple[str, str]]:
    """DAG and state of the events about DAGs so far."""
    import sqlite3

    with sqlite3.connect(project.state / "flowlite.db") as db:
        bodies = [json.loads(body) for (body,) in db.execute("SELECT body FROM event ORDER BY seq")]
    return [(fact[1], fact[2]) for body in bodies for fact in body if fact[0] == "d"]
