"""Clearing: what runs again, what stays, and the list of it beforehand."""

from core_scene import Scene

from flowlite.core.graph import Each, Fact, Graph, Task
from flowlite.core.messages import CancelAsked, ClearAsked
from flowlite.core.reach import clear_preview
from flowlite.core.retry import Backoff
from flowlite.core.states import Outcome


def line() -> Scene:
    scene = Scene(
        Task(id="a"), Task(id="g.b", after=("a",)), Task(id="g.c", after=("g.b",)), Task(id="d", after=("a",))
    )
    scene.request()
    scene.play()
    assert scene.run_state() == "success"
    return scene


def clear(scene: Scene, *names: str, **more: object) -> list[object]:
    asked = ClearAsked(1, names, row=scene.store.runs[1], by="ann", why="new rules", **more)  # type: ignore[arg-type]
    return list(scene.tell(asked))


def preview(scene: Scene, *names: str, **more: object) -> list[str]:
    found = clear_preview(scene.graph, scene.store.runs[1], scene.store.rows_of(1), names, **more)  # type: ignore[arg-type]
    return [scene.graph.tasks[number].id + (f"[{index}]" if index >= 0 else "") for number, index in found]


def test_a_finished_run_comes_back_with_everything_downstream_and_its_attempts_go_on() -> None:
    scene = line()
    assert preview(scene, "g.b") == ["g.b", "g.c"]
    assert scene.names(clear(scene, "g.b")) == ["g.b"]
    assert scene.states() == {"a": "success", "g.b": "running", "g.c": "pending", "d": "success"}
    assert scene.run_state() == "running"
    scene.end("g.b")
    scene.end("g.c")
    assert scene.outcomes("g.c") == ["success", "success"]
    assert scene.run_state() == "success"
    assert scene.store.runs[1].to_do is None


def test_a_clear_is_written_down() -> None:
    scene = line()
    scene.changes, _ = scene.machine.apply([ClearAsked(1, ("g",), row=scene.store.runs[1], by="ann", why="new")], 5.0)
    assert list(scene.changes.audit) == [(5.0, "ann", "clear", "run 1 g", "new")]


def test_a_group_a_task_alone_and_everything_can_be_named() -> None:
    scene = line()
    assert preview(scene, "g") == ["g.b", "g.c"]
    assert preview(scene, "a", with_downstream=False) == ["a"]
    assert preview(scene) == ["a", "g.b", "g.c", "d"]
    assert scene.names(clear(scene, "a", with_downstream=False)) == ["a"]
    assert scene.state("g.b") == "success"
    scene.end("a")
    assert scene.run_state() == "success"
    assert scene.names(clear(scene)) == ["a"]


def test_only_what_failed_and_what_follows_from_it() -> None:
    scene = Scene(Task(id="a"), Task(id="b"), Task(id="c", after=("b",)), Task(id="d", after=("a",)))
    scene.request()
    scene.end("a")
    scene.end("d")
    scene.fail("b")
    assert preview(scene, only_failed=True) == ["b", "c"]
    assert scene.names(clear(scene, only_failed=True)) == ["b"]


def test_budgets_are_fresh_and_numbers_go_on() -> None:
    scene = Scene(Task(id="a", retry=Backoff(max_retries=1, delay_s=0)), Task(id="hold"))
    scene.request()
    for number in (2, 3, 4):
        scene.fail("a")
        if scene.state("a") == "failed":
            clear(scene, "a")
        scene.wait(0)
        assert scene.started[1, 0, -1].attempt == number


def test_running_downstream_is_stopped_and_judged_anew_when_it_is_gone() -> None:
    scene = Scene(Task(id="a"), Task(id="b", after=("a",)))
    scene.request()
    scene.end("a")
    commands = clear(scene, "a")
    assert [type(one).__name__ for one in commands] == ["Stop", "Start"]
    scene.end("a")
    assert scene.state("b") == "running"
    scene.end("b", Outcome.SUCCESS)  # too late: what it had read is gone
    assert scene.state("b") == "running"
    assert scene.started[1, 1, -1].attempt == 2


def test_what_is_ready_but_not_begun_waits_for_a_cleared_upstream_even_without_downstream() -> None:
    scene = Scene(Task(id="a"), Task(id="b", after=("a",)), Task(id="hold"), pools={"default": 1})
    scene.request()
    scene.end("a")
    assert scene.state("b") == "running"
    scene = Scene(
        Task(id="a"), Task(id="hold", priority=1, after=("a",)), Task(id="b", after=("a",)), pools={"default": 1}
    )
    scene.request()
    scene.end("a")
    clear(scene, "a", with_downstream=False)
    assert scene.state("b") == "pending"


def test_one_element_and_its_line_downstream() -> None:
    scene = Scene(
        Task(id="xs"),
        Task(id="m", over=(Fact("length", "xs"),)),
        Task(id="n", over=(Each("m"),)),
        Task(id="sum", after=("n",)),
    )
    scene.request()
    scene.end("xs", facts={"length:": 2})
    scene.play()
    assert preview(scene, "m", index=1) == ["m[1]", "n[1]", "sum"]
    assert preview(scene, "m") == ["m[0]", "m[1]", "n[0]", "n[1]", "sum"]
    assert preview(scene, "xs") == ["xs", "m[0]", "m[1]", "n[0]", "n[1]", "sum"]
    assert scene.names(clear(scene, "m", index=1)) == ["m[1]"]
    scene.play()
    assert scene.run_state() == "success"


def test_several_asks_for_one_finished_run_are_carried_out_in_order() -> None:
    scene = line()
    row = scene.store.runs[1]
    scene.tell(ClearAsked(1, ("d",), row=row), ClearAsked(1, ("g.c",), row=row))
    assert scene.states() == {"a": "success", "g.b": "success", "g.c": "running", "d": "running"}


def test_a_clear_that_waits_for_its_lane_survives_a_restart() -> None:
    scene = line()
    scene.request(2, 1.0)
    scene.tell(ClearAsked(1, ("a",), row=scene.store.runs[1]))
    assert scene.run_state() == "queued"
    scene.restart()
    scene.tell(CancelAsked(2))
    scene.tell(scene.ended("a", Outcome.CANCELLED, run=2))
    assert scene.run_state(2) == "cancelled"
    assert scene.state("a") == "running"


def test_a_run_keeps_the_version_of_its_dag() -> None:
    scene = line()
    scene.machine.add_graph(2, Graph("etl", [Task(id="new")]))
    clear(scene, "a")
    assert scene.state("a") == "running"
    assert scene.machine.runs[1].graph is scene.graph
