"""Runs: lanes, ends, cancels, timeouts, deadlines, alerts, and the next DAG."""

import pytest
from core_scene import Scene

from flowlite.core.graph import Graph, Task
from flowlite.core.lanes import lane_of
from flowlite.core.memory import UnknownVersion
from flowlite.core.messages import (
    CancelAsked,
    ClearAsked,
    IntentDropped,
    LaneResized,
    LoadRun,
    RequestRun,
    RunRequested,
    Stop,
)
from flowlite.core.planned import BackfillDayRow, BackfillDecided, BackfillRow
from flowlite.core.states import Outcome


def test_no_more_runs_are_active_than_the_lane_has_room_for_older_dates_first() -> None:
    scene = Scene(Task(id="a"), max_active_runs=2)
    for run, date in ((1, 5.0), (2, 4.0), (3, 3.0), (4, 2.0)):
        scene.request(run, date)
    assert [scene.run_state(run) for run in (1, 2, 3, 4)] == ["running", "running", "queued", "queued"]
    assert [one.run for one in scene.end("a", run=1)] == [4]
    scene.tell(LaneResized(lane_of("etl"), 3))
    assert scene.run_state(3) == "running"


def test_a_backfill_has_a_lane_of_its_own_and_its_own_order() -> None:
    scene = Scene(Task(id="a"))
    scene.tell(LaneResized("backfill:7", 1))
    scene.request(1, 9.0)
    for run, date in ((2, 1.0), (3, 2.0), (4, 3.0)):
        scene.request(run, date, kind="backfill", lane="backfill:7", order=-date)
    assert [one.run for one in scene.end("a", run=2)] == [4]


def test_a_backfill_takes_a_finished_run_into_its_own_lane_where_it_gives_way() -> None:
    scene = Scene(Task(id="a"), pools={"default": 1})
    scene.request(1, 1.0, kind="manual")
    scene.end("a", run=1)
    row = BackfillRow(
        id=7, dag_id="etl", starts_at=1.0, ends_at=2.0, concurrency=1, reprocess="all", is_newest_first=False,
        params="{}", asked_by="ann", created_at=0.0,
    )  # fmt: skip
    scene.request(2, 9.0)  # takes the only slot
    again = ClearAsked(1, (), row=scene.store.runs[1], lane="backfill:7", order=5.0)
    day = BackfillDayRow(7, 1.0, 2.0, "again", "", 1)
    scene.tell(BackfillDecided(row, (day,), "backfill", "ann"), again)
    assert (scene.machine.lanes["backfill:7"].limit, scene.store.runs[1].lane) == (1, "backfill:7")
    scene.request(3, 8.0, kind="scheduled", lane="other")
    assert [one.run for one in scene.end("a", run=2)] == [3], "live work goes first"
    scene.tell(BackfillDecided(row._replace(is_paused=True), verb="pause", by="ann"))
    assert scene.machine.lanes["backfill:7"].limit == 0
    assert [one.target for one in scene.changes.audit] == ["backfill 7"]


def test_a_run_without_tasks_succeeds() -> None:
    scene = Scene()
    scene.request()
    assert scene.run_state() == "success"


def test_an_unknown_version_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(
        UnknownVersion, match="run 1 has version 7 of its DAG, which the machine does not know; add it first"
    ):
        Scene(Task(id="a")).request(version=7)


def test_a_run_ends_by_its_leaves_and_keeps_that_there_were_failures() -> None:
    scene = Scene(Task(id="a"), Task(id="b", after=("a",), rule="all_done"))
    scene.request()
    scene.fail("a")
    scene.end("b")
    assert (scene.run_state(), scene.store.runs[1].had_failures) == ("success", True)


def test_a_late_or_doubled_outcome_is_thrown_away() -> None:
    scene = Scene(Task(id="a"), Task(id="hold"))
    scene.request()
    ended = scene.ended("a", Outcome.FAILED)
    scene.tell(ended, ended)
    scene.tell(ended)
    assert scene.machine.thrown_away == 2
    assert scene.outcomes("a") == ["failed"]


# --- cancel and timeout -----------------------------------------------------------------------------------------------
def test_a_cancelled_run_ends_when_what_ran_is_gone() -> None:
    scene = Scene(Task(id="a"), Task(id="b", after=("a",)))
    scene.request()
    commands = scene.tell(CancelAsked(1, by="ann", why="wrong day"))
    assert commands == [Stop(1, 0, -1, 1, 0)]
    assert [row[1:] for row in scene.changes.audit] == [("ann", "cancel", "run 1", "wrong day")]
    assert scene.states() == {"a": "running", "b": "cancelled"}
    scene.end("a", Outcome.CANCELLED)
    assert scene.run_state() == "cancelled"


def test_a_success_that_was_on_its_way_stays_one() -> None:
    scene = Scene(Task(id="a"))
    scene.request()
    scene.tell(CancelAsked(1))
    scene.end("a")
    assert (scene.state("a"), scene.run_state()) == ("success", "success")


def test_a_run_in_line_is_cancelled_at_once() -> None:
    scene = Scene(Task(id="a"))
    scene.request(1)
    scene.request(2, 1.0)
    scene.tell(CancelAsked(2))
    assert scene.run_state(2) == "cancelled"
    scene.end("a", run=1)
    assert not scene.machine.runs


def test_a_task_that_is_cancelled_alone_counts_as_failed() -> None:
    scene = Scene(Task(id="a"), Task(id="b", after=("a",)), Task(id="c", after=("a",), rule="one_failed"))
    scene.request()
    scene.tell(CancelAsked(1, "a", by="ann"))
    scene.end("a", Outcome.CANCELLED)
    assert scene.states() == {"a": "cancelled", "b": "upstream_failed", "c": "running"}


def test_one_element_can_be_cancelled() -> None:
    scene = Scene(Task(id="m", over=(2,)))
    scene.request()
    assert scene.names(scene.tell(CancelAsked(1, "m", 1)), Stop) == ["m[1]"]


def test_a_run_that_takes_too_long_is_stopped_and_has_failed() -> None:
    scene = Scene(Task(id="a"), Task(id="b", after=("a",)), timeout_s=60.0)
    scene.request()
    assert scene.names(scene.wait(60), Stop) == ["a"]
    scene.end("a", Outcome.CANCELLED)
    assert scene.run_state() == "failed"
    assert scene.states() == {"a": "cancelled", "b": "cancelled"}


def test_a_cancel_that_was_not_carried_out_is_asked_for_again_after_a_restart() -> None:
    scene = Scene(Task(id="a"))
    scene.request()
    scene.tell(CancelAsked(1))
    assert scene.restart() == [Stop(1, 0, -1, 1, 0)]


# --- deadlines and alerts ---------------------------------------------------------------------------------------------
def test_a_deadline_is_missed_exactly_when_it_is_due_and_the_work_goes_on() -> None:
    scene = Scene(Task(id="a", sla_s=10), Task(id="b", sla_s=50, after=("a",)), sla_s=30)
    scene.request(base_at=100.0)
    scene.wait(109.9)
    assert scene.store.deadlines == {}
    scene.wait(0.1)
    assert scene.alerts() == ["sla"]
    scene.end("a")
    scene.wait(10)
    scene.end("b")
    assert {key[1]: row.was_met for key, row in scene.store.deadlines.items()} == {-1: True, 0: False, 1: True}
    assert scene.alerts() == ["success", "recovered"]


def test_an_end_after_the_deadline_does_not_meet_it() -> None:
    scene = Scene(Task(id="a", sla_s=10), Task(id="b"))
    scene.request(base_at=0.0)
    scene.now = 10.5  # the alarm and the outcome come in one batch
    scene.end("a")
    assert [row.was_met for row in scene.store.deadlines.values()] == [False]


def test_a_deadline_is_judged_after_a_restart_too() -> None:
    scene = Scene(Task(id="a"), sla_s=10)
    scene.request(base_at=0.0)
    scene.wait(5)
    scene.restart()
    scene.now = 99.0
    scene.tell()
    assert [(row.due_at, row.was_met) for row in scene.store.deadlines.values()] == [(10.0, False)]


def test_a_run_without_a_base_has_no_deadlines() -> None:
    scene = Scene(Task(id="a", sla_s=10), sla_s=10)
    scene.request()
    assert scene.machine.next_wake is None


def test_a_success_after_a_failure_is_told_as_recovered() -> None:
    scene = Scene(Task(id="a"))
    kinds = []
    for run, outcome in enumerate([Outcome.SUCCESS, Outcome.FAILED, Outcome.SUCCESS, Outcome.SUCCESS], 1):
        scene.request(run, float(run))
        scene.end("a", outcome, run=run)
        kinds.append(scene.alerts())
    assert kinds == [["success"], ["failure"], ["success", "recovered"], ["success"]]


# --- the next DAG -----------------------------------------------------------------------------------------------------
def test_a_success_leaves_the_wish_for_the_next_dag_until_it_is_answered() -> None:
    scene = Scene(Task(id="a"), then=("embed", "report"))
    scene.machine.add_graph(2, Graph("embed", [Task(id="x")]))
    scene.request(1, 7.0)
    commands = scene.end("a")
    assert commands == [RequestRun(1, "embed", 7.0, 1), RequestRun(2, "report", 7.0, 1)]
    assert set(scene.store.intents) == {1, 2}
    assert set(scene.restart()) == set(commands)
    scene.machine.add_graph(2, Graph("embed", [Task(id="x")]))
    scene.request(2, 7.0, kind="dag", version=2, intent=1)
    scene.tell(IntentDropped(2))
    assert scene.store.intents == {}


def test_a_failure_leaves_none_and_the_current_version_says_who_is_next() -> None:
    scene = Scene(Task(id="a"), then=("embed",))
    scene.request(1)
    assert scene.fail("a") == []
    scene.request(2, 1.0)
    scene.machine.add_graph(9, Graph("etl", [Task(id="a")], then=("other",)))
    assert [one.dag_id for one in scene.end("a", run=2)] == ["other"]


def test_a_run_in_line_costs_no_instances() -> None:
    scene = Scene(*(Task(id=f"t{n}") for n in range(100)))
    requests = [
        RunRequested(
            run=run, version=1, kind="backfill", logical_date=run, data_interval_start=run, data_interval_end=run + 1
        )
        for run in range(1, 1001)
    ]
    scene.tell(*requests)
    assert sum(len(run.nodes) for run in scene.machine.runs.values()) == 100
    assert not any(isinstance(one, LoadRun) for one in scene.commands)
