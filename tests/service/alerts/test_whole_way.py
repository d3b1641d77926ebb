"""From a task that fails to the message at the channel, by the real daemon."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from flowlite.demo.standins.moody import Answer, MoodyServer

HEAD = """
    import asyncio, os
    from datetime import timedelta
    from pathlib import Path
    from flowlite import Retry, dag, every, task

    HERE = Path(os.environ["FLOWLITE_TEST"])
    due_once = dict(schedule=every(hours=1, anchor="{start}"), start="{start}", catchup=True)
"""
FAILS = (
    HEAD
    + """
    @task
    async def load():
        raise ValueError("no rows for today")

    @task
    async def report(): ...

    @dag({schedule})
    def sales():
        load() >> report()
"""
)
LATE = (
    HEAD
    + """
    @task
    async def long():
        while not (HERE / "go").exists():
            await asyncio.sleep(0.01)

    @dag(schedule=every(seconds=1), start="2024-01-01", max_active_runs=1, sla=timedelta(seconds=1))
    def slow():
        long()
"""
)


def text(body: str, schedule: str = "**due_once") -> str:
    start = (datetime.now(UTC) - timedelta(minutes=90)).isoformat()
    return body.replace("{start}", start).replace("{schedule}", schedule)


@pytest.fixture
def hook():
    with MoodyServer({"/hook": [Answer(json={})]}) as server:
        yield server


def told(hook) -> list[dict]:
    return [json.loads(asked.body) for asked in hook.asked]


def configure(project, hook, kinds: str) -> None:
    project.configure(f'[channels.hook]\ntype = "webhook"\nurl = "{hook.url}/hook"\n[notify]\n{kinds}\n')


def test_a_failure_names_dag_run_task_cause_place_and_the_next_step(project, hook):
    configure(project, hook, 'failure = ["webhook:hook"]')
    project.write("sales.py", text(FAILS))
    project.up()
    project.wait_for(lambda: hook.asked)
    (alert,) = told(hook)
    assert (alert["kind"], alert["dag_id"], alert["run_id"], alert["task_id"]) == ("failure", "sales", "1", "load")
    assert alert["facts"]["cause"] == "ValueError: no rows for today"
    assert alert["facts"]["where"].endswith("sales.py:12")
    assert alert["facts"]["blocked"] == "report"
    assert "flowlite why 1" in alert["steps"]


def test_a_dag_that_goes_on_failing_is_told_of_once_and_its_recovery_too(project, hook):
    configure(project, hook, 'failure = ["hook"]\nrecovered = ["hook"]')
    body = text(FAILS, 'schedule=every(seconds=1), start="2024-01-01"')
    project.write("sales.py", body.replace("raise ValueError", 'if not (HERE / "mended").exists(): raise ValueError'))
    project.up()
    project.wait_for(lambda: project.said().count(": failed") >= 3)
    (project.root / "mended").touch()
    project.wait_for(lambda: len(hook.asked) >= 2)
    assert [alert["kind"] for alert in told(hook)] == ["failure", "recovered"]


def test_killed_between_sending_and_marking_it_sends_again_with_the_same_key(project):
    with MoodyServer({"/hook": [Answer(json={}, after_s=60), Answer(json={})]}) as hook:
        configure(project, hook, 'failure = ["hook"]')
        project.write("sales.py", text(FAILS))
        project.up()
        project.wait_for(lambda: hook.asked)
        project.kill()
        project.up()
        project.wait_for(lambda: len(hook.asked) >= 2)
        first, second = told(hook)
    assert first == second


def test_a_missed_deadline_is_told_within_a_second_also_of_a_run_that_never_started(project, hook):
    configure(project, hook, 'sla = ["hook"]')
    project.write("slow.py", text(LATE))
    project.up()
    project.wait_for(lambda: len(hook.asked) >= 2)
    running, queued = told(hook)[:2]
    assert (running["facts"]["now"], queued["facts"]["now"]) == ("running", "queued")
    (project.root / "go").touch()
    project.stop()
    for alert in (running, queued):
        due_at = datetime.fromisoformat(alert["facts"]["deadline"].rpartition(" after ")[2]) + timedelta(seconds=1)
        late = datetime.fromisoformat(alert["at"]) - due_at.astimezone(UTC)
        assert timedelta(0) <= late <= timedelta(seconds=1)
    report = json.loads(project.flowlite("sla", "report", "--json"))
    assert report["deadlines"][0]["met"] == 0


def test_the_heart_beats(project):
    with MoodyServer({"/beat": [Answer(json={})]}) as server:
        project.configure(f'[notify]\nheartbeat_url = "{server.url}/beat"\n')
        project.up()
        project.wait_for(lambda: server.asked)
        assert server.asked[0].method == "GET"


def test_a_channel_that_is_not_there_is_named_at_load(project):
    project.configure('[channels.ops]\ntype = "log"\n')
    project.write("sales.py", text(FAILS, 'notify=["slack:opps"]'))
    said = project.flowlite("check", code=1)
    assert "DAG 'sales': there is no channel 'slack:opps'; add [channels.opps] to flowlite.toml, or use" in said
