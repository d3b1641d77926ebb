"""Marks: a person says how something ended, and what was blocked by it is judged anew."""

import pytest
from core_scene import Scene

from flowlite.core.graph import Each, Fact, Task
from flowlite.core.messages import CancelAsked, ClearAsked, MarkAsked, Start, Stop
from flowlite.core.retry import Backoff
from flowlite.core.states import Outcome


def mark(scene: Scene, name: str, state: str, **more: object) -> list[object]:
    row = scene.store.runs[1]
    return list(scene.tell(MarkAsked(1, (name,), state, row=row, by="ann", why="seen it", **more)))  # type: ignore[arg-type]


def chain_of_three() -> Scene:
    scene = Scene(Task(id="a"), Task(id="b", after=("a",)), Task(id="c", after=("b",)), Task(id="hold"))
    scene.request()
    return scene


def test_a_failure_that_is_marked_a_success_lets_everything_behind_it_go_on() -> None:
    scene = chain_of_three()
    scene.fail("a")
    assert scene.states() == {"a": "failed", "b": "upstream_failed", "c": "upstream_failed", "hold": "running"}
    commands = mark(scene, "a", "success")
    assert scene.names(commands) == ["b"]
    assert [row[1:] for row in scene.changes.audit] == [("ann", "mark success", "run 1 a", "seen it")]
    scene.end("b")
    scene.end("c")
    scene.end("hold")
    assert scene.run_state() == "success"


def test_a_success_that_is_marked_failed_blocks_what_has_not_begun() -> None:
    scene = Scene(Task(id="a"), Task(id="b", after=("a",)), Task(id="c", after=("a",)), pools={"default": 1})
    scene.request()
    scene.end("a")
    assert (scene.state("b"), scene.state("c")) == ("running", "queued")
    mark(scene, "a", "failed")
    assert (scene.state("b"), scene.state("c")) == ("running", "upstream_failed")


def test_a_running_attempt_is_stopped_and_marked_when_it_is_gone() -> None:
    scene = chain_of_three()
    assert scene.names(mark(scene, "a", "skipped"), Stop) == ["a"]
    assert scene.state("a") == "running"
    scene.end("a", Outcome.CANCELLED)
    assert scene.states() == {"a": "skipped", "b": "skipped", "c": "skipped", "hold": "running"}
    assert scene.outcomes("a") == ["cancelled"]


def test_a_mark_of_what_is_so_already_changes_nothing() -> None:
    scene = chain_of_three()
    scene.fail("a")
    mark(scene, "a", "failed")
    assert scene.changes.instances == []


def test_what_a_person_has_marked_is_not_judged_anew() -> None:
    scene = chain_of_three()
    scene.fail("a")
    mark(scene, "c", "skipped")
    mark(scene, "a", "success")
    scene.end("b")
    assert scene.state("c") == "skipped"


def test_a_mark_is_gone_after_a_clear() -> None:
    scene = chain_of_three()
    scene.fail("a")
    mark(scene, "a", "success")
    assert scene.store.instances[1][0, -1].wish == "mark_success"
    scene.tell(ClearAsked(1, ("a",)))
    assert scene.store.instances[1][0, -1].wish is None
    assert scene.state("a") == "running"


def test_a_retry_that_is_marked_is_not_tried_again() -> None:
    scene = Scene(Task(id="a", retry=Backoff(max_retries=3)), Task(id="hold"))
    scene.request()
    scene.fail("a")
    mark(scene, "a", "failed")
    assert scene.wait(100) == []
    assert scene.state("a") == "failed"


def test_a_finished_run_is_read_back_and_ends_again() -> None:
    scene = Scene(Task(id="a"), Task(id="b", after=("a",)))
    scene.request()
    scene.fail("a")
    assert scene.run_state() == "failed"
    assert scene.names([one for one in mark(scene, "a", "success") if isinstance(one, Start)]) == ["b"]
    assert scene.run_state() == "running"
    scene.end("b")
    assert scene.run_state() == "success"
    mark(scene, "b", "failed")
    assert scene.run_state() == "failed"
    assert scene.store.runs[1].to_do is None


def test_a_success_without_facts_holds_chooses_all_and_has_an_empty_list() -> None:
    scene = Scene(
        Task(id="a", is_branch=True),
        Task(id="when", when=(Fact("truth", "a"),)),
        Task(id="chosen", after=("a",)),
        Task(id="m", over=(Fact("length", "a"),), rule="all_done"),
        Task(id="hold"),
    )
    scene.request()
    scene.fail("a")
    assert scene.names(mark(scene, "a", "success")) == ["when", "chosen"]
    assert scene.state("m") == "success"
    assert scene.store.instances[1][3, -1].width == 0


@pytest.mark.parametrize("state", ["success", "failed", "skipped"])
def test_a_map_that_waits_for_its_list_can_be_marked(state: str) -> None:
    scene = Scene(
        Task(id="xs"),
        Task(id="m", over=(Fact("length", "xs"),)),
        Task(id="n", over=(Each("m"),)),
        Task(id="sum", after=("n",)),
    )
    scene.request()
    mark(scene, "m", state)
    expected = {"success": "success", "failed": "upstream_failed", "skipped": "skipped"}[state]
    assert scene.state("n") == expected
    assert scene.state("sum") == ("running" if state == "success" else expected)


def test_one_element_or_all_of_them_can_be_marked() -> None:
    scene = Scene(Task(id="m", over=(3,)), Task(id="sum", after=("m",)))
    scene.request()
    for index in range(3):
        scene.fail("m", index=index)
    mark(scene, "m", "success", index=1)
    assert [scene.state("m", index=index) for index in range(3)] == ["failed", "success", "failed"]
    mark(scene, "m", "success")
    assert scene.state("sum") == "running"


def test_a_run_that_was_cancelled_in_line_can_be_marked() -> None:
    scene = Scene(Task(id="a"), Task(id="b", after=("a",)))
    scene.request(2, 0.0)
    scene.request(1, 1.0)
    scene.tell(CancelAsked(1))
    scene.end("a", run=2)
    scene.end("b", run=2)
    mark(scene, "a", "success")
    assert scene.states() == {"a": "success", "b": "running"}
