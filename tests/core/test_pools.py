"""Pools: the order inside one, wide tasks, resizing, the turn of a backfill, and threads that can't be stopped."""

from core_scene import Scene

from flowlite.core.graph import Graph, Task
from flowlite.core.messages import AttemptEnded, ClearAsked, DrainAsked, PoolResized, PriorityChanged
from flowlite.core.retry import Backoff
from flowlite.core.states import Outcome


def test_inside_a_pool_class_priority_date_run_and_declaration_decide() -> None:
    scene = Scene(Task(id="a"), Task(id="b", priority=5), Task(id="c"), pools={"default": 0}, max_active_runs=9)
    scene.request(1, 5.0, kind="backfill")
    scene.request(2, 9.0, kind="manual")
    scene.request(3, 7.0)
    scene.request(4, 7.0, kind="asset")
    line = [(one.node.run.id, one.node.task.id) for one in scene.machine.pools["default"].in_line()]
    assert line == [
        (3, "b"), (4, "b"), (2, "b"), (3, "a"), (3, "c"), (4, "a"), (4, "c"), (2, "a"), (2, "c"),
        (1, "b"), (1, "a"), (1, "c"),
    ]  # fmt: skip
    started = [(one.run, one.task) for one in scene.tell(PoolResized("default", 12))]
    assert started == [(run, scene.graph.number[name]) for run, name in line]


def test_a_priority_given_for_a_run_moves_it_in_the_line() -> None:
    scene = Scene(Task(id="a"), pools={"default": 1}, max_active_runs=9)
    for run in (1, 2, 3):
        scene.request(run, float(run))
    scene.tell(PriorityChanged(3, 9, by="ann"))
    assert [row[1:4] for row in scene.changes.audit] == [("ann", "priority", "run 3 to 9")]
    assert [one.run for one in scene.end("a", run=1)] == [3]


def test_nothing_overtakes_a_wide_task_at_the_head() -> None:
    scene = Scene(Task(id="x"), Task(id="wide", slots=2, priority=1), Task(id="thin"), pools={"default": 2})
    scene.machine.pools["default"].size = 1
    scene.request()
    assert scene.states()["wide"] == "running"  # never more than the whole pool
    scene.tell(PoolResized("default", 2))
    assert scene.names(scene.commands) == ["x"]
    wide, thin = Task(id="wide", slots=2, after=("y",), priority=1), Task(id="thin", after=("y",))
    scene = Scene(Task(id="x"), wide, Task(id="y"), thin,
                  pools={"default": 2})  # fmt: skip
    scene.request()
    assert scene.names(scene.end("y")) == []
    assert scene.names(scene.end("x")) == ["wide"]
    assert scene.names(scene.end("wide")) == ["thin"]


def test_a_full_pool_delays_no_other() -> None:
    scene = Scene(Task(id="a", pool="slow"), Task(id="b", pool="slow"), Task(id="c"), pools={"default": 1, "slow": 1})
    assert scene.names(scene.request()) == ["c", "a"]


def test_a_pool_that_nobody_declared_has_the_default_size() -> None:
    scene = Scene(*(Task(id=f"t{i}", pool="new") for i in range(40)))
    assert len(scene.request()) == 32


def test_a_smaller_pool_lets_what_runs_run_on() -> None:
    scene = Scene(*(Task(id=f"t{i}") for i in range(4)), pools={"default": 3})
    scene.request()
    scene.tell(PoolResized("default", 1, by="ann"))
    assert scene.changes.pools == [("default", 1, True)]
    assert [row[1:4] for row in scene.changes.audit] == [("ann", "resize", "pool default to 1")]
    assert scene.end("t0") == scene.end("t1") == []
    assert scene.names(scene.end("t2")) == ["t3"]


def test_a_drain_starts_nothing_more() -> None:
    scene = Scene(Task(id="a"), Task(id="b", after=("a",)))
    scene.request()
    scene.tell(DrainAsked())
    assert scene.end("a") == []
    assert scene.names(scene.tell(DrainAsked(is_on=False))) == ["b"]


# --- the turn of a backfill -------------------------------------------------------------------------------------------
def crowd(slots: int = 1, **more: object) -> Scene:
    """A backfill in line behind more live work than the pool can ever do."""
    scene = Scene(Task(id="a", **more), pools={"default": slots}, max_active_runs=1000)  # type: ignore[arg-type]
    for run in range(1, 201):
        scene.request(run, float(run))
    scene.request(900, 0.0, kind="backfill")
    scene.request(901, 1.0, kind="backfill")
    return scene


def run_on(scene: Scene, seconds: int) -> list[tuple[float, int]]:
    """One task a second ends and the next one starts."""
    started = []
    for _ in range(seconds):
        scene.wait(1)
        (running,) = scene.machine.pools["default"].running
        started += [(scene.now, one.run) for one in scene.end("a", run=running.node.run.id)]
    return started


def test_a_backfill_that_is_passed_over_for_a_minute_gets_one_slot() -> None:
    started = run_on(crowd(), 180)
    turns = [(at, run) for at, run in started if run >= 900]
    assert turns == [(61.0, 900), (122.0, 901)]  # passed over from second 1 on; while it runs it is not passed over


def test_a_minute_without_a_start_is_no_passing_over() -> None:
    scene = crowd()
    scene.wait(500)
    assert [one.run for one in scene.end("a", run=1)] == [2]


def test_the_turn_of_a_backfill_comes_by_itself_when_a_wide_task_blocks_the_line() -> None:
    scene = Scene(Task(id="a"), Task(id="wide", slots=2), pools={"default": 2}, max_active_runs=9)
    scene.machine.add_graph(2, Graph("slim", [Task(id="x")], max_active_runs=9))
    scene.request(1)
    scene.request(900, -1.0, kind="backfill", version=2)
    scene.tell()
    scene.request(2, -5.0, version=2)  # older than the wide task, and starts past the backfill
    scene.tell(AttemptEnded(2, 0, -1, 1, 0, Outcome.SUCCESS))
    assert scene.state("wide") == "queued"
    assert scene.machine.next_wake == 60.0
    assert [(one.run, scene.now) for one in scene.wait(100)] == [(900, 100.0)]
    assert scene.machine.next_wake is None


# --- threads that can't be stopped ------------------------------------------------------------------------------------
def test_a_timed_out_thread_keeps_its_slot_and_its_retry_waits_until_it_returns() -> None:
    scene = Scene(Task(id="a", retry=Backoff(max_retries=1, delay_s=5)), Task(id="b"), pools={"default": 1})
    scene.request()
    assert scene.end("a", Outcome.TIMED_OUT, holds_slot=True) == []
    assert scene.state("a") == "retrying"
    assert scene.machine.next_wake is None
    scene.wait(100)
    assert scene.names(scene.returned("a")) == ["b"]
    assert scene.machine.next_wake == 105.0


def test_without_a_retry_left_it_has_failed_at_once_but_the_slot_is_taken() -> None:
    scene = Scene(Task(id="a"), Task(id="b"), pools={"default": 1})
    scene.request()
    assert scene.end("a", Outcome.TIMED_OUT, holds_slot=True) == []
    assert scene.state("a") == "failed"
    assert scene.machine.pools["default"].used == 1
    assert scene.names(scene.returned("a")) == ["b"]
    assert scene.returned("a") == []
    assert scene.machine.thrown_away == 1


def test_after_a_restart_such_threads_are_gone_and_the_retry_goes_on_at_once() -> None:
    scene = Scene(Task(id="a", retry=Backoff(max_retries=1, delay_s=500)), pools={"default": 1})
    scene.request()
    scene.end("a", Outcome.TIMED_OUT, holds_slot=True)
    scene.wait(7)
    scene.restart()
    assert scene.machine.next_wake == 7.0
    assert scene.names(scene.wait(0)) == ["a"]


def test_a_cleared_task_does_not_start_beside_its_own_old_thread() -> None:
    scene = Scene(Task(id="a"), Task(id="b"), pools={"default": 3})
    scene.request()
    scene.end("a", Outcome.TIMED_OUT, holds_slot=True)
    assert scene.tell(ClearAsked(1, ("a",))) == []
    assert scene.state("a") == "queued"
    assert scene.names(scene.returned("a")) == ["a"]
