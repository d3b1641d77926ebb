"""The deciding half of `why`: which failure started it, and what keeps something from running. Pure."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from flowlite.core.graph import Graph
from flowlite.core.retry import Backoff
from flowlite.core.tasks import Task
from flowlite.engine.holds import Place, PoolNow, Surroundings, ordinal, reason_of
from flowlite.engine.why import advice, blocked_by, failure_of, first_cause
from flowlite.store.views import AttemptView, InstanceView

GRAPH = Graph(
    "d",
    [
        Task(id="extract"),
        Task(id="clean", after=("extract",)),
        Task(id="load", after=("clean",), pool="http", slots=2),
        Task(id="other"),
        Task(id="ask", is_approval=True, after=("other",), rule="all_done"),
    ],
)


def attempt(task_id: str, ended_at: float, **more) -> AttemptView:
    given = {"map_index": -1, "number": 1, "pokes": 0, "outcome": "failed", "exit_code": None, "error": None}
    rest = {"peak_rss_bytes": None, "log": None, "result": None, "started_at": 0.0}
    return AttemptView(run_id=1, task_id=task_id, ended_at=ended_at, **{**given, **rest, **more})


def instance(task_id: str, state: str, **more) -> InstanceView:
    rest = {"map_index": -1, "since": 90.0, "attempt": 1, "pokes": 0, "failures": 0, "losses": 0, "ooms": 0}
    none = dict.fromkeys(("started_at", "resume_at", "wait_until", "wish", "width"))
    number = GRAPH.number[task_id]
    return InstanceView(run_id=1, task_no=number, task_id=task_id, state=state, **{**rest, **none, **more})


def around(**more) -> Surroundings:
    given = {"now": 100.0, "counts": {}, "pools": {"http": PoolNow(3, 0, [])}}
    return Surroundings(**{**given, **more})


def test_the_cause_is_the_failure_without_a_failure_upstream():
    found = [failure_of(attempt("clean", 5.0)), failure_of(attempt("extract", 9.0))]
    cause = first_cause(GRAPH, found)
    assert cause is not None
    assert cause.task_id == "extract"


def test_of_independent_failures_the_first_in_time_is_the_cause():
    found = [failure_of(attempt("extract", 9.0)), failure_of(attempt("other", 5.0))]
    cause = first_cause(GRAPH, found)
    assert cause is not None
    assert cause.task_id == "other"


def test_no_failure_has_no_cause():
    assert first_cause(GRAPH, []) is None


def test_what_it_blocked_is_downstream_and_did_not_run():
    states = {"clean": "upstream_failed", "load": "upstream_failed", "ask": "success"}
    assert blocked_by(GRAPH, "extract", states) == ("clean", "load")


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [("failed", "error"), ("timed_out", "timeout"), ("out_of_memory", "out_of_memory"), ("lost", "lost")],
)
def test_without_a_record_the_outcome_names_the_class(outcome, kind):
    assert failure_of(attempt("load", 1.0, outcome=outcome)).kind == kind


def test_a_record_names_type_message_and_place():
    error = {
        "type": "KeyError",
        "message": "'x'",
        "class": "error",
        "file": "/dags/a.py",
        "line": 7,
        "function": "load",
    }
    failure = failure_of(attempt("load", 1.0, error=json.dumps(error)))
    assert (failure.type, failure.message, failure.file, failure.line) == ("KeyError", "'x'", "/dags/a.py", 7)
    assert advice(failure, 3) == "correct /dags/a.py:7, then `flowlite runs retry 3`"


def test_a_command_that_failed_without_words_is_told_by_its_exit_code():
    assert failure_of(attempt("load", 1.0, exit_code=3)).message == "the command ended with exit code 3"


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        ("timed_out", "raise timeout= of 'load'"),
        ("out_of_memory", "memory_factor=2"),
        ("lost", "its process vanished"),
        ("failed", "`flowlite logs 3 load`"),
    ],
)
def test_every_class_has_its_advice(outcome, said):
    assert said in advice(failure_of(attempt("load", 1.0, outcome=outcome)), 3)


REASONS = [
    (
        "pending", {}, {"counts": {"clean": {"running": 1}}},
        "waits for clean (running); its trigger rule is all_success",
    ),
    ("pending", {}, {"counts": {"clean": {"success": 1}}}, "it can go on at the engine's next turn"),
    ("pending", {}, {}, "waits for clean (not expanded); its trigger rule is all_success"),
    (
        "queued", {}, {"pools": {"http": PoolNow(3, 2, ["run 9 fetch"])}, "places": {("load", -1): Place(4, 225.0)}},
        "waits for 2 of 3 slots of pool 'http', held by run 9 fetch; 4th in line, starts in about 2 min 5 s",
    ),
    (
        "queued", {}, {"pools": {"http": PoolNow(3, 2, ["run 9 fetch"])}, "places": {("load", -1): Place(1, None)}},
        "waits for 2 of 3 slots of pool 'http', held by run 9 fetch; 1st in line",
    ),
    (
        "queued", {}, {"pools": {"http": PoolNow(3, 5, ["run 9 fetch"])}},
        "waits for 2 of 3 slots of pool 'http', held by run 9 fetch, more than it has",
    ),
    ("queued", {}, {"pools": {"http": PoolNow(0, 0, [])}},
     "pool 'http' has no slots; give it some: `flowlite pools set http 4`"),
    (
        "queued", {}, {"pools": {"http": PoolNow(4, 2, [], "run 3 big")}, "places": {("load", -1): Place(2, 100.2)}},
        "pool 'http' has room (2 of 4 slots in use); it waits behind run 3 big, which needs more of them; 2nd in line, "
        "starts any moment",
    ),
    (
        "queued", {}, {"pools": {"http": PoolNow(3, 1, [])}, "is_engine_up": False},
        "pool 'http' has room (1 of 3 slots in use); it starts when an engine works on this state",
    ),
    ("queued", {}, {"halt": "nothing new starts: the disk is full"}, "nothing new starts: the disk is full"),
    ("running", {}, {"missing": "it waits for its DAG"}, "it waits for its DAG"),
    ("retrying", {"resume_at": 175.0}, {}, "attempt 1 failed; the next one starts in 1 min 15 s"),
    ("waiting", {"resume_at": 130.0, "pokes": 4}, {}, "looked 4 times, looks again in 30 s"),
    ("waiting", {"wait_until": 7300.0}, {}, "waits for something outside; gives up in 2 h 0 min"),
    ("running", {}, {}, "attempt 1 has been running for 10 s"),
    ("running", {"wish": "cancel"}, {}, "a person asked to cancel it; it ends as soon as what runs is gone"),
]  # fmt: skip


@pytest.mark.parametrize(("state", "facts", "surroundings", "said"), REASONS, ids=[row[3][:40] for row in REASONS])
def test_every_wait_has_its_reason(state, facts, surroundings, said):
    assert reason_of(GRAPH, instance("load", state, **facts), around(**surroundings)) == said


def test_an_approval_waits_for_a_person():
    assert reason_of(GRAPH, instance("ask", "waiting"), around()) == "waits for a person to answer"


def test_many_holders_are_counted_not_listed():
    pool = PoolNow(3, 3, [f"run {n} t" for n in range(9)])
    said = reason_of(GRAPH, instance("load", "queued"), around(pools={"http": pool}))
    assert said.endswith("held by run 0 t, run 1 t, run 2 t and 6 more")


def test_a_group_that_is_tried_again_waits_for_its_time():
    graph = Graph(
        "d",
        [Task(id="g.a", group="g"), Task(id="g.b", after=("g.a",), group="g")],
        groups={"g": Backoff(max_retries=2)},
    )
    one = instance("load", "pending")
    one = replace(one, task_id="g.b")
    said = reason_of(graph, one, around(groups={"g": 130.0}))
    assert said == "group 'g' failed and is tried again as a whole in 30 s"


def test_places_are_counted_as_people_do():
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 102, 111)] == [
        "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd", "111th",
    ]  # fmt: skip
