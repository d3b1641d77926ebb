"""Waits: approvals and sensors. They hold no slot, have one time for the whole wait, and survive a restart."""

import json

import pytest
from core_scene import Scene

from flowlite.core.graph import Task
from flowlite.core.messages import Answered, CancelAsked, Start, Woken
from flowlite.core.retry import Backoff
from flowlite.core.states import Outcome


def approval(**more: object) -> Scene:
    scene = Scene(
        Task(id="ask", is_approval=True, **more),  # type: ignore[arg-type]
        Task(id="go", after=("ask",)),
        pools={"default": 0},
    )
    scene.request()
    return scene


def test_an_approval_opens_without_a_slot_and_waits_for_a_person() -> None:
    scene = approval()
    assert scene.state("ask") == "waiting"
    scene.tell(Woken(1, 0))
    assert scene.state("ask") == "waiting"
    scene.tell(Answered(1, 0, -1, True, "ann"))
    assert scene.states() == {"ask": "success", "go": "queued"}
    assert scene.outcomes("ask") == ["success"]
    assert [row[1:4] for row in scene.changes.audit] == [("ann", "approve", "run 1 ask")]


def test_a_no_fails_without_another_try() -> None:
    scene = approval(retry=Backoff(max_retries=3))
    scene.tell(Answered(1, 0, -1, False, "ann"))
    assert scene.states() == {"ask": "failed", "go": "upstream_failed"}
    assert scene.outcomes("ask") == ["failed"]


def test_a_second_answer_is_thrown_away() -> None:
    scene = approval()
    scene.tell(Answered(1, 0, -1, True, "ann"), Answered(1, 0, -1, False, "bob"))
    assert scene.state("ask") == "success"
    assert scene.machine.thrown_away == 1


@pytest.mark.parametrize(("is_soft", "state"), [(False, "failed"), (True, "skipped")])
def test_nobody_answers_in_time(is_soft: bool, state: str) -> None:
    scene = approval(wait_timeout_s=50.0, is_soft=is_soft)
    scene.wait(49)
    scene.restart()
    assert scene.machine.next_wake == 50.0
    scene.wait(1)
    assert scene.state("ask") == state
    (attempt,) = scene.changes.attempts
    assert attempt.outcome == ("skipped" if is_soft else "timed_out")
    assert json.loads(attempt.evidence.error)["message"] == "'ask' has waited 50 s and nobody answered"


def test_a_cancelled_approval_has_an_attempt_that_says_so() -> None:
    scene = approval()
    scene.tell(CancelAsked(1, "ask"))
    assert scene.outcomes("ask") == ["cancelled"]


def sensor(**more: object) -> Scene:
    scene = Scene(Task(id="s", wait_timeout_s=100.0, **more), Task(id="other"), pools={"default": 1})  # type: ignore[arg-type]
    scene.request()
    return scene


def test_between_two_looks_a_sensor_holds_no_slot_and_stays_in_its_attempt() -> None:
    scene = sensor()
    assert scene.names(scene.end("s", Outcome.WAITING, resume_at=30.0)) == ["other"]
    scene.end("other")
    (start,) = scene.wait(30)
    assert start == Start(1, 0, -1, 1, 1, 0)
    scene.end("s")
    assert scene.outcomes("s") == ["success"]


def test_a_wait_survives_a_restart() -> None:
    scene = sensor()
    scene.end("s", Outcome.WAITING, resume_at=30.0)
    scene.end("other")
    scene.restart()
    assert [one.poke for one in scene.wait(30)] == [1]


def test_the_time_spans_the_whole_wait_and_is_not_given_again_to_a_retry() -> None:
    scene = sensor(retry=Backoff(max_retries=5, delay_s=60))
    scene.fail("s")
    scene.end("other")
    scene.wait(60)
    scene.end("s", Outcome.WAITING, resume_at=1000.0)
    assert scene.machine.next_wake == 100.0
    scene.wait(40)
    assert scene.state("s") == "failed"
    assert scene.outcomes("s") == ["failed", "timed_out"]


def test_a_look_that_comes_back_after_the_time_ends_the_wait() -> None:
    scene = sensor(is_soft=True)
    scene.wait(100)
    scene.end("s", Outcome.WAITING, resume_at=130.0)
    assert scene.state("s") == "skipped"
    assert scene.outcomes("s") == ["skipped"]


def test_what_it_waited_for_has_come() -> None:
    scene = sensor()
    scene.end("s", Outcome.WAITING)
    scene.end("other")
    assert [one.poke for one in scene.tell(Woken(1, 0))] == [1]


def test_a_look_that_is_late_is_thrown_away() -> None:
    scene = sensor()
    late = scene.ended("s", Outcome.SUCCESS)
    scene.end("s", Outcome.WAITING, resume_at=10.0)
    scene.end("other")
    scene.wait(10)
    scene.tell(late)
    assert scene.state("s") == "running"
    assert scene.machine.thrown_away == 1
