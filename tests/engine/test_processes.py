"""Tasks in processes of their own, and commands."""

from __future__ import annotations

import os

import pytest

import flowlite
from flowlite import Dag, Retry, shell, task
from flowlite.loading.files import load_file


@pytest.fixture(scope="module")
def dags():
    file = os.path.join(os.path.dirname(__file__), "dagfile_processes.py")
    return {dag.id: dag for dag in load_file(file).dags}


async def test_a_process_task_gets_its_arguments_and_context_and_hands_its_result_on(dags, tmp_path):
    async with flowlite.open(tmp_path / "state") as fl:
        run = await fl.run(dags["children"], logical_date="2024-03-01")
        nodes = await fl.store.views.node_rows(int(run.id), "pid_of")
    assert run.state == "success" and run["also_async"] == 3
    assert all(one["pid"] != os.getpid() and one["ds"] == "2024-03-01" for one in run["pid_of"])
    log = run.tasks["pid_of"][0].attempts[0].log.read_text()
    assert "out   hello from 1" in log and "err   on stderr" in log and "info  attempt 1 of pid_of" in log
    assert sorted((node.map_index, node.rows) for node in nodes) == [(0, 1), (1, 2)]


async def test_a_dead_child_a_skip_and_an_error_are_told_apart(dags):
    async with flowlite.open() as fl:
        run = await fl.run(dags["bad_children"])
    assert run.tasks["skips"][0].state == "skipped"
    assert run.tasks["dies"][0].attempts[0].exit_code == 7
    error = run.tasks["breaks"][0].attempts[0].error
    assert (error.type, error.message, error.function) == (
        "LookupError",
        "'not there'",
        "breaks",
    ) or error.message == "not there"


async def test_an_attempt_killed_for_memory_says_so_and_the_next_gets_more(dags):
    async with flowlite.open() as fl:
        run = await fl.run(dags["hungry_child"])
    attempts = run.tasks["hungry"][0].attempts
    assert [str(one.outcome) for one in attempts] == ["out_of_memory", "success"]
    assert run["hungry"] == 2
    assert attempts[1].peak_rss_bytes > 340 << 20


def test_a_command_gets_its_values_quoted_and_its_last_line_is_the_result(tmp_path):
    @task
    def name() -> str:
        return "it's; rm -rf /"

    with Dag("commands") as dag:
        first = name()
        said = shell('echo first; echo {{ result("name") }} {{ ds }}', id="said")
        listed = shell(["printf", "%s|%s", "{{ ds }}", "$HOME"], id="listed", env={"X": "{{ run_id }}"})
        shell("exit 3", id="fails", retries=0)
        shell("true", id="silent")
        assert first is not None and said is not None and listed is not None
    run = flowlite.run(dag, logical_date="2024-01-31", state=tmp_path / "state")
    assert run["said"] == "it's; rm -rf / 2024-01-31"
    assert run["listed"] == "2024-01-31|$HOME"
    assert run["silent"] is None
    assert run.tasks["fails"][0].attempts[0].exit_code == 3


def test_only_listed_exit_codes_are_tried_again(tmp_path):
    with Dag("codes") as dag:
        shell("exit 75", id="again", retries=Retry(2, delay=0, on_exit_codes=(75,)))
        shell("exit 64", id="final", retries=Retry(2, delay=0, on_exit_codes=(75,)))
    run = flowlite.run(dag)
    assert [len(run.tasks[id_][0].attempts) for id_ in ("again", "final")] == [3, 1]


def test_a_timeout_ends_the_whole_process_group(tmp_path):
    marker = tmp_path / "still here"
    with Dag("slow") as dag:
        shell(f"(sleep 5; touch '{marker}') & sleep 60", id="sleeps", timeout=0.3)
    run = flowlite.run(dag)
    attempt = run.tasks["sleeps"][0].attempts[0]
    assert attempt.outcome == "timed_out" and not marker.exists()
    assert (attempt.ended_at - attempt.started_at).total_seconds() < 4


def test_a_coroutine_is_cancelled_at_its_timeout_and_a_thread_is_given_up():
    import asyncio
    import threading

    release = threading.Event()

    @task(timeout=0.1)
    async def waits():
        await asyncio.Event().wait()

    @task(timeout=0.1)
    def hangs():
        release.wait(20)

    with Dag("slow") as dag:
        waits()
        hangs()
    run = flowlite.run(dag)
    release.set()
    assert {id_: str(run.tasks[id_][0].attempts[0].outcome) for id_ in run} == {
        "waits": "timed_out",
        "hangs": "timed_out",
    }
