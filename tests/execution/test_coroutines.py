"""The coroutine executor: fast, and no body can take it down."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time

import pytest
from hearing import SECRET, error_of, eventually, text_of

from flowlite.core.states import Outcome
from flowlite.execution import watchdog
from flowlite.execution.work import AttemptFailed, CoroutineWork, Io, Produced


async def quick(io: Io) -> Produced:
    return Produced(result="42", facts={"truth:": True})


async def for_ever(io: Io) -> Produced:
    await asyncio.Event().wait()
    raise AssertionError


def test_a_body_hands_back_its_result_and_touches_no_disk(executors, order, ear, tmp_path):
    one = order(CoroutineWork(quick))
    executors.start([one])
    ended = ear.end_of(one)
    assert (ended.outcome, ended.evidence.result, ended.facts) == (Outcome.SUCCESS, "42", {"truth:": True})
    assert ended.evidence.log is None
    assert list(tmp_path.iterdir()) == []


def test_ten_thousand_orders_come_back_in_batches(executors, order, ear):
    orders = [order(CoroutineWork(quick)) for _ in range(10_000)]
    executors.start(orders)
    ear.wait(lambda: len(ear.endings) == 10_000)
    assert {ended.outcome for ended in ear.endings.values()} == {Outcome.SUCCESS}
    assert ear.calls < 100


@pytest.mark.parametrize(
    ("error", "outcome", "kind", "message"),
    [
        (ValueError("no such city"), Outcome.FAILED, "error", "no such city"),
        (MemoryError(), Outcome.OUT_OF_MEMORY, "out_of_memory", ""),
        (SystemExit(3), Outcome.FAILED, "error", "the task called sys.exit(3)"),
        (KeyboardInterrupt(), Outcome.FAILED, "error", ""),
        (asyncio.CancelledError("not by us"), Outcome.FAILED, "error", "not by us"),
        (TimeoutError("their own"), Outcome.FAILED, "error", "their own"),
        (
            AttemptFailed("rows are missing", error_class="data_quality"),
            Outcome.FAILED,
            "data_quality",
            "rows are missing",
        ),
    ],
)
def test_whatever_a_body_raises_is_an_outcome(executors, order, ear, error, outcome, kind, message):
    async def body(io: Io) -> Produced:
        raise error

    bad, good = order(CoroutineWork(body)), order(CoroutineWork(quick))
    executors.start([bad])
    ended = ear.end_of(bad)
    assert ended.outcome is outcome
    found = error_of(ended)
    assert (found["type"], found["class"], found["message"]) == (type(error).__name__, kind, message)
    executors.start([good])
    assert ear.end_of(good).outcome is Outcome.SUCCESS


def test_a_failure_names_the_authors_own_line_and_is_in_the_log(executors, order, ear):
    async def body(io: Io) -> Produced:
        json.loads("{")  # the innermost frame is the standard library's
        raise AssertionError

    one = order(CoroutineWork(body))
    executors.start([one])
    ended = ear.end_of(one)
    found = error_of(ended)
    assert (found["type"], found["file"], found["function"]) == ("JSONDecodeError", __file__, "body")
    assert 'json.loads("{")' in found["traceback"]
    assert "execution/coroutines.py" not in found["traceback"]
    assert ended.evidence.log == str(one.log.relative_to(executors._coroutines._site.state_dir))
    assert any("JSONDecodeError" in line for line in text_of(one.log))


def test_a_failure_tells_what_the_body_said_of_it(executors, order, ear):
    async def body(io: Io) -> Produced:
        raise AttemptFailed("slow down", is_final=True, retry_at=99.5) from OSError(429, "Too Many Requests")

    one = order(CoroutineWork(body))
    executors.start([one])
    ended = ear.end_of(one)
    assert (ended.is_final, ended.resume_at) == (True, 99.5)
    assert (error_of(ended)["type"], error_of(ended)["message"]) == ("OSError", "slow down")


def test_an_exception_whose_text_raises_is_told_all_the_same(executors, order, ear):
    class Rude(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    async def body(io: Io) -> Produced:
        raise Rude

    one = order(CoroutineWork(body))
    executors.start([one])
    assert error_of(ear.end_of(one))["type"].endswith("Rude")


def test_a_timeout_cancels(executors, order, ear):
    one = order(CoroutineWork(for_ever), timeout_s=0.05)
    executors.start([one])
    ended = ear.end_of(one)
    assert (ended.outcome, error_of(ended)["class"], ended.holds_slot) == (Outcome.TIMED_OUT, "timeout", False)
    assert text_of(one.log) == ["flow  it took longer than its timeout of 0.05 s"]


def test_a_body_that_is_stopped_cleans_up_first(executors, order, ear):
    steps = []

    async def body(io: Io) -> Produced:
        try:
            steps.append("begun")
            await asyncio.Event().wait()
        finally:
            steps.append("cleaned")
        raise AssertionError

    one = order(CoroutineWork(body))
    executors.start([one])
    eventually(lambda: steps)
    executors.stop(one.key)
    assert ear.end_of(one).outcome is Outcome.CANCELLED
    assert steps == ["begun", "cleaned"]


def test_a_body_that_is_stopped_before_it_begins_never_runs(executors, order, ear):
    blocker = order(CoroutineWork(block))
    one = order(CoroutineWork(raise_always))
    executors.start([blocker])
    executors.start([one])
    executors.stop(one.key)
    assert ear.end_of(one).outcome is Outcome.CANCELLED
    assert ear.end_of(blocker).outcome is Outcome.SUCCESS


async def block(io: Io) -> Produced:
    time.sleep(0.2)  # noqa: ASYNC251
    return Produced()


async def raise_always(io: Io) -> Produced:
    raise AssertionError("it ran")


def test_a_body_that_blocks_delays_no_thread_and_no_timer(executors, order, ear):
    from flowlite.execution.work import ThreadWork

    blocker = order(CoroutineWork(block))
    other = order(ThreadWork(lambda io: Produced()))
    executors.start([blocker, other])
    ear.wait(lambda: len(ear.endings) == 2)
    assert list(ear.endings) == [other.key, blocker.key]


def test_a_body_that_swallows_its_cancellation_keeps_its_slot(executors, order, ear):
    async def body(io: Io) -> Produced:
        for _ in range(2):
            try:
                await asyncio.sleep(0.3)
            except asyncio.CancelledError:
                continue
        return Produced()

    one = order(CoroutineWork(body), timeout_s=0.02, grace_s=0.05)
    executors.start([one])
    ended = ear.end_of(one)
    assert (ended.outcome, ended.holds_slot) == (Outcome.TIMED_OUT, True)
    ear.wait(lambda: ear.returned == [one.key])


def test_close_interrupts_what_runs(executors, order, ear):
    one = order(CoroutineWork(for_ever))
    executors.start([one])
    executors.shutdown(leave_processes=True)
    assert ear.end_of(one).outcome is Outcome.INTERRUPTED


def test_log_lines_are_stamped_labelled_and_masked(executors, order, ear):
    async def body(io: Io) -> Produced:
        io.log("info", f"the password is {SECRET}\nand a second line")
        return Produced()

    one = order(CoroutineWork(body))
    executors.start([one])
    ear.end_of(one)
    first, second = one.log.read_text().splitlines()
    assert first.endswith("Z info  the password is ***")
    assert second.endswith("Z info  and a second line")
    assert first[:24] == second[:24]
    assert one.log.stat().st_mode & 0o777 == 0o600


def test_errors_are_masked(executors, order, ear):
    async def body(io: Io) -> Produced:
        raise ValueError(f"can't connect with {SECRET}")

    one = order(CoroutineWork(body))
    executors.start([one])
    assert SECRET not in str(ear.end_of(one).evidence)
    assert SECRET not in one.log.read_text()


def test_a_skip_says_why(executors, order, ear):
    async def body(io: Io) -> Produced:
        return Produced(Outcome.SKIPPED, note="no new rows")

    one = order(CoroutineWork(body))
    executors.start([one])
    ended = ear.end_of(one)
    assert (ended.outcome, error_of(ended)["message"]) == (Outcome.SKIPPED, "no new rows")


def test_a_large_result_goes_to_a_file(executors, order, ear, tmp_path):
    text = json.dumps("x" * (2 << 20))

    async def body(io: Io) -> Produced:
        return Produced(result=text)

    one = order(CoroutineWork(body))
    executors.start([one])
    place = ear.end_of(one).evidence.result.removeprefix("@")
    assert place == f"results/1/{one.key.task}.-1.1.json"
    assert (tmp_path / place).read_text() == text


def test_reports_and_folder(executors, order, ear):
    async def body(io: Io) -> Produced:
        io.report({"done": 3, "total": 9})
        (io.folder / "scratch").write_text("x")
        return Produced()

    one = order(CoroutineWork(body))
    executors.start([one])
    ear.end_of(one)
    assert ear.reports == [(one.key, {"done": 3, "total": 9})]
    assert (one.folder / "scratch").exists()
    assert "pytest" in sys.modules


def test_who_blocks_the_loop_is_named_in_its_own_log(executors, order, ear, monkeypatch):
    monkeypatch.setattr(watchdog, "LOOK_EVERY_S", 0.02)
    monkeypatch.setattr(watchdog, "BLOCKED_S", 0.05)
    blocker, other = order(CoroutineWork(block)), order(CoroutineWork(quick))
    executors.start([blocker, other])
    ear.wait(lambda: len(ear.endings) == 2)
    text = "\n".join(text_of(blocker.log))
    assert "flow  it has blocked the task loop for" in text
    assert "time.sleep(0.2)" in text
    assert not other.log.exists()


def test_a_loop_that_stays_blocked_does_not_hold_up_the_exit(executors, order, ear):
    go_on = threading.Event()

    async def body(io: Io) -> Produced:
        go_on.wait(10)
        return Produced()

    one = order(CoroutineWork(body))
    executors.start([one])
    executors.shutdown(leave_processes=True, within_s=0.1)
    assert ear.end_of(one).outcome is Outcome.INTERRUPTED
    go_on.set()


def test_orders_after_the_end_are_left_to_recovery(executors, order, ear):
    before, after = order(CoroutineWork(quick)), order(CoroutineWork(quick))
    executors.start([before])
    ear.end_of(before)
    executors.shutdown(leave_processes=True)
    executors.start([after])
    assert after.key not in ear.endings
