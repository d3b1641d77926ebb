"""Root causes of real failures, one of each class: what it was, where, what it wrote last, what it blocked."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

import flowlite
from flowlite.loading.files import load_file
from flowlite.service.alerts.rendering import causes
from flowlite.service.reading import Reading
from flowlite.service.records import Why

FILE = Path(__file__).with_name("dagfile_causes.py")
LINES = FILE.read_text().splitlines()
ERROR = "boom", "error", "KeyError: 'key'", 'return found["key"]  # the author\'s own line'


def line_of(text: str) -> int:
    return next(number for number, line in enumerate(LINES, 1) if text in line)


async def carried_out(folder: Path) -> dict[str, Why]:
    """Every DAG of the file once, side by side, and why each failed."""
    dags = load_file(FILE).dags
    async with flowlite.open(folder, dags=dags) as fl:
        runs = dict(zip([dag.id for dag in dags], await asyncio.gather(*(fl.run(dag) for dag in dags)), strict=True))
    reading = Reading(folder)
    try:
        return {id_: await reading.why(int(run.id)) for id_, run in runs.items()}
    finally:
        reading.close()


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> Mapping[str, Why]:
    return asyncio.run(carried_out(tmp_path_factory.mktemp("causes")))


CAUSES = {
    # task, class, what it says, the line that is to blame
    "error": ERROR,
    "first_of_two": ERROR,
    "final": ("refuse", "error", "Fail: only 3 of 10 rows", "raise Fail("),
    "timeout_thread": ("thread", "timeout", "it took longer than its timeout of 0.1 s", "# where the thread is"),
    "timeout_coroutine": ("coroutine", "timeout", "longer than its timeout of 0.1 s", "# where the coroutine is"),
    "timeout_process": ("process", "timeout", "longer than its timeout of 2.5 s", "# where the process is"),
    "timeout_shell": ("nap", "timeout", "longer than its timeout of 0.3 s", None),
    "timeout_wait": ("never", "timeout", "has waited 0.2 s and what it waits for did not come", None),
    "timeout_run": ("nap", "timeout", "the run took longer than its timeout of 0.3 s", None),
    "memory": ("hungry", "out_of_memory", "the limit is 120 MiB, its peak was ", None),
    "lost": ("vanish", "lost", "its supervisor was killed", None),
    "killed": ("crash", "error", "it was killed by SIGSEGV", None),
    "command": ("bad", "error", "it exited with code 7", None),
    "data": ("judge", "data_quality", "not_null_rides_station of model rides: 17 rows", None),
    "waits_for_other": ("child", "upstream", "of DAG 'waits_for_error' ended as failed", None),
}


@pytest.mark.parametrize("dag_id", CAUSES)
def test_a_failure_has_its_class_its_words_and_its_place(found, dag_id):
    task_id, kind, said, line = CAUSES[dag_id]
    cause = found[dag_id].cause
    failure = cause.failure
    assert (failure.task_id, failure.kind) == (task_id, kind)
    assert said in failure.said
    if line is None:
        assert failure.file is None
    else:
        assert (failure.file, failure.line) == (str(FILE), line_of(line))
        assert line in cause.source
    if dag_id != "first_of_two":
        assert cause.blocked == ("after",)
    assert "flowlite runs retry" in cause.advice


def test_a_command_is_placed_where_it_is_declared(found):
    failure = found["timeout_shell"].cause.failure
    assert (failure.declared_file, failure.declared_line) == (
        str(FILE), line_of("# where the command is declared"),
    )  # fmt: skip


def test_its_last_lines_are_shown(found):
    assert "about to look" in found["error"].cause.log_tail
    assert "one" in found["command"].cause.log_tail


def test_of_two_that_failed_the_first_in_time_is_to_blame_and_the_other_is_named(found):
    assert found["first_of_two"].cause.also_failed == ("late.late",)


def test_an_attempt_that_was_killed_for_memory_says_what_it_needed(found):
    assert found["memory"].cause.failure.peak_rss_bytes > 110 << 20
    assert "memory_factor=2" in found["memory"].cause.advice


def test_a_failure_of_another_dag_leads_to_where_it_began(found):
    deeper = found["waits_for_other"].cause.deeper
    assert (deeper.dag_id, deeper.failure.task_id, deeper.failure.said) == ("error", "boom", "KeyError: 'key'")
    told = dict(causes(found["waits_for_other"].cause))
    assert told["because"] == f"run {deeper.run_id} of error: boom, KeyError: 'key'"


def test_what_went_well_has_no_cause(tmp_path):
    with flowlite.Dag("well") as dag:
        flowlite.shell("true", id="t")

    async def asked() -> Why:
        async with flowlite.open(tmp_path) as fl:
            run = await fl.run(dag)
        reading = Reading(tmp_path)
        try:
            return await reading.why(int(run.id))
        finally:
            reading.close()

    assert asyncio.run(asked()).cause is None


async def test_the_same_error_in_the_runs_before_is_counted_whatever_its_numbers(tmp_path):
    dag = next(dag for dag in load_file(FILE).dags if dag.id == "rows")
    async with flowlite.open(tmp_path) as fl:
        for _ in range(9):
            await fl.run(dag)
    reading = Reading(tmp_path)
    same = (await reading.why(9)).cause.same_error
    reading.close()
    assert (same.runs, same.looked_at) == ((9, 8, 7, 6, 5, 4, 3), 7)
    assert same.message == "9 rows in batch 0x9 are bad"
