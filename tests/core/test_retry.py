"""Backoff to the digit, and which outcome uses up which budget."""

import pytest
from core_scene import Scene
from hypothesis import given
from hypothesis import strategies as st

from flowlite.core.graph import Task
from flowlite.core.retry import BACKOFFS, Backoff, lost_delay
from flowlite.core.states import Outcome


def waits(count: int, **policy: object) -> list[float]:
    backoff = Backoff(max_retries=count, **policy)  # type: ignore[arg-type]
    return [backoff.delay_before(retry) for retry in range(1, count + 1)]


def test_fixed_waits_the_same_each_time() -> None:
    assert waits(4, delay_s=10) == [10, 10, 10, 10]


def test_linear_waits_one_delay_more_each_time() -> None:
    assert waits(5, delay_s=3, backoff="linear") == [3, 6, 9, 12, 15]


def test_exponential_multiplies_by_the_factor() -> None:
    assert waits(6, delay_s=2, backoff="exponential") == [2, 4, 8, 16, 32, 64]
    assert waits(4, delay_s=1, backoff="exponential", factor=3) == [1, 3, 9, 27]


def test_fibonacci_adds_the_last_two() -> None:
    assert waits(9, delay_s=5, backoff="fibonacci") == [5, 5, 10, 15, 25, 40, 65, 105, 170]


def test_no_wait_is_longer_than_the_limit() -> None:
    assert waits(6, delay_s=2, backoff="exponential", max_delay_s=20) == [2, 4, 8, 16, 20, 20]


@pytest.mark.parametrize("backoff", BACKOFFS)
def test_a_very_late_retry_is_no_overflow(backoff: str) -> None:
    assert Backoff(delay_s=1, backoff=backoff, max_delay_s=60).delay_before(100_000) in (1, 60)


@given(st.floats(0, 1), st.floats(0, 3600), st.text())
def test_jitter_stays_in_its_share_and_gives_the_same_luck_to_the_same_attempt(
    jitter: float, delay_s: float, seed: str
) -> None:
    backoff = Backoff(jitter=jitter)
    wait = backoff.spread(delay_s, seed)
    assert delay_s * (1 - jitter) - 1e-6 <= wait <= delay_s * (1 + jitter) + 1e-6
    assert wait == backoff.spread(delay_s, seed)


def test_a_lost_attempt_comes_back_later_each_time() -> None:
    assert [lost_delay(n) for n in (1, 2, 3)] == [1, 2, 4]


def test_a_task_fails_for_good_when_its_retries_are_used_up() -> None:
    scene = Scene(Task(id="a", retry=Backoff(max_retries=2, delay_s=5, backoff="exponential")))
    scene.request()
    scene.fail("a")
    assert scene.state("a") == "retrying"
    assert scene.alerts() == ["retry"]
    assert scene.wait(4.9) == []
    assert scene.names(scene.wait(0.1)) == ["a"]
    scene.fail("a")
    assert scene.machine.next_wake == 15.0
    scene.wait(10)
    scene.fail("a")
    assert scene.state("a") == "failed"
    assert scene.run_state() == "failed"
    assert scene.outcomes("a") == ["failed"] * 3


def test_a_retry_keeps_its_due_time_over_a_restart() -> None:
    scene = Scene(Task(id="a", retry=Backoff(max_retries=1, delay_s=100)))
    scene.request()
    scene.fail("a")
    scene.wait(40)
    scene.restart()
    assert scene.machine.next_wake == 100.0
    assert scene.names(scene.wait(60)) == ["a"]


def test_a_waiting_retry_holds_no_slot() -> None:
    scene = Scene(Task(id="a", retry=Backoff(max_retries=1)), Task(id="b"), pools={"default": 1})
    scene.request()
    assert scene.names(scene.fail("a")) == ["b"]


def test_lost_has_a_budget_of_its_own_and_the_third_time_is_the_last() -> None:
    scene = Scene(Task(id="a"))
    scene.request()
    for _ in range(2):
        scene.end("a", Outcome.LOST)
        assert scene.state("a") == "retrying"
        scene.wait(10)
    scene.end("a", Outcome.LOST)
    assert scene.state("a") == "failed"


def test_an_interrupted_attempt_goes_back_into_line_free_of_charge() -> None:
    scene = Scene(Task(id="a"))
    scene.request()
    for _ in range(10):
        assert scene.names(scene.end("a", Outcome.INTERRUPTED)) == ["a"]
    scene.end("a")
    assert scene.run_state() == "success"


def test_a_final_failure_is_not_tried_again() -> None:
    scene = Scene(Task(id="a", retry=Backoff(max_retries=5)))
    scene.request()
    scene.fail("a", is_final=True)
    assert scene.state("a") == "failed"


def test_a_retry_after_from_outside_lengthens_the_wait_and_never_shortens_it() -> None:
    scene = Scene(Task(id="a", retry=Backoff(max_retries=2, delay_s=10)))
    scene.request()
    scene.fail("a", resume_at=50.0)
    assert scene.machine.next_wake == 50.0
    scene.wait(50)
    scene.fail("a", resume_at=51.0)
    assert scene.machine.next_wake == 60.0


def test_an_attempt_that_was_killed_for_memory_tells_the_next_one() -> None:
    scene = Scene(Task(id="a", retry=Backoff(max_retries=2, delay_s=1)))
    scene.request()
    scene.end("a", Outcome.OUT_OF_MEMORY)
    (start,) = scene.wait(1)
    assert start.ooms == 1
    scene.fail("a")
    (start,) = scene.wait(1)
    assert (start.ooms, start.attempt) == (1, 3)
