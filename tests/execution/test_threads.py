"""The thread executor: a thread can't be stopped, so its slot comes back when it does."""

from __future__ import annotations

import threading

from hearing import error_of, text_of

from flowlite.core.states import Outcome
from flowlite.execution.work import Io, Produced, ThreadWork


def test_a_body_runs_in_a_thread_of_its_own(executors, order, ear):
    seen = []

    def body(io: Io) -> Produced:
        seen.append(threading.current_thread().daemon)
        io.log("info", "hello")
        return Produced(result='"x"')

    one = order(ThreadWork(body))
    executors.start([one])
    ended = ear.end_of(one)
    assert (ended.outcome, ended.evidence.result, seen) == (Outcome.SUCCESS, '"x"', [True])
    assert text_of(one.log) == ["info  hello"]


def test_as_many_threads_as_orders_and_then_the_same_ones_again(executors, order, ear):
    barrier = threading.Barrier(20)
    names = []

    def body(io: Io) -> Produced:
        barrier.wait(10)
        names.append(threading.get_ident())
        return Produced()

    for _ in range(2):
        before = len(ear.endings)
        executors.start([order(ThreadWork(body)) for _ in range(20)])
        ear.wait(lambda before=before: len(ear.endings) == before + 20)
    assert len(set(names)) < 40


def test_sys_exit_in_a_thread_is_a_failure(executors, order, ear):
    def body(io: Io) -> Produced:
        raise SystemExit(2)

    one = order(ThreadWork(body))
    executors.start([one])
    ended = ear.end_of(one)
    assert (ended.outcome, error_of(ended)["message"]) == (Outcome.FAILED, "the task called sys.exit(2)")


def test_at_its_timeout_a_thread_is_given_up_and_keeps_its_slot(executors, order, ear):
    go_on = threading.Event()

    def body(io: Io) -> Produced:
        go_on.wait(10)
        io.log("info", "too late for the log")
        return Produced()

    one = order(ThreadWork(body), timeout_s=0.05)
    executors.start([one])
    ended = ear.end_of(one)
    assert (ended.outcome, ended.holds_slot, ear.returned) == (Outcome.TIMED_OUT, True, [])
    go_on.set()
    ear.wait(lambda: ear.returned == [one.key])
    assert text_of(one.log) == ["flow  it took longer than its timeout of 0.05 s"]


def test_a_stopped_thread_is_cancelled_at_once(executors, order, ear):
    begun, go_on = threading.Event(), threading.Event()

    def body(io: Io) -> Produced:
        begun.set()
        go_on.wait(10)
        return Produced()

    one = order(ThreadWork(body))
    executors.start([one])
    begun.wait(10)
    executors.stop(one.key)
    ended = ear.end_of(one)
    assert (ended.outcome, ended.holds_slot) == (Outcome.CANCELLED, True)
    go_on.set()
    ear.wait(lambda: ear.returned == [one.key])


def test_close_abandons_threads(executors, order, ear):
    begun, go_on = threading.Event(), threading.Event()

    def body(io: Io) -> Produced:
        begun.set()
        go_on.wait(10)
        return Produced()

    one = order(ThreadWork(body))
    executors.start([one])
    begun.wait(10)
    executors.shutdown(leave_processes=True)
    assert ear.end_of(one).outcome is Outcome.INTERRUPTED
    go_on.set()
