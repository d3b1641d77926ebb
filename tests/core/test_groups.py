"""Groups that retry as a unit."""

from core_scene import Scene

from flowlite.core.graph import Task
from flowlite.core.messages import CancelAsked, ClearAsked
from flowlite.core.retry import Backoff
from flowlite.core.states import Outcome


def silver(**more: object) -> Scene:
    """A group of a chain and a loner, and something after it."""
    return Scene(
        Task(id="g.a", group="g"),
        Task(id="g.b", group="g", after=("g.a",), **more),  # type: ignore[arg-type]
        Task(id="g.c", group="g"),
        Task(id="after", after=("g.a",)),
        Task(id="last", after=("g.b", "g.c")),
        groups={"g": Backoff(max_retries=1, delay_s=10)},
    )


def test_a_member_that_fails_for_good_sends_the_whole_group_back() -> None:
    scene = silver()
    scene.request()
    scene.end("g.a")
    scene.end("after")
    commands = scene.fail("g.b")
    assert scene.names(commands, kind=type(commands[0])) == ["g.c"]  # it was running: it is stopped
    assert scene.alerts() == ["retry"]
    scene.end("g.c", Outcome.CANCELLED)
    assert set(scene.states().values()) == {"pending"}
    assert scene.names(scene.wait(9.9)) == []
    assert scene.names(scene.wait(0.1)) == ["g.a", "g.c"]
    assert scene.names(scene.end("g.a")) == ["g.b", "after"]
    assert scene.outcomes("g.a") == ["success", "success"]


def test_a_member_uses_up_its_own_retries_first() -> None:
    scene = silver(retry=Backoff(max_retries=1, delay_s=1))
    scene.request()
    scene.end("g.a")
    scene.fail("g.b")
    assert scene.state("g.b") == "retrying"
    scene.wait(1)
    scene.fail("g.b")
    assert scene.state("g.b") == "pending"
    assert scene.store.groups[1]["g"].retries == 1


def test_a_group_without_tries_left_has_failed() -> None:
    scene = silver()
    scene.request()
    for _ in range(2):
        scene.end("g.a")
        scene.fail("g.b")
        if scene.state("g.c") == "running":
            scene.end("g.c", Outcome.CANCELLED)
        scene.wait(10)
    assert scene.state("g.b") == "failed"
    assert scene.state("last") == "upstream_failed"


def test_a_final_failure_is_not_tried_again_by_the_group() -> None:
    scene = silver()
    scene.request()
    scene.fail("g.a", is_final=True)
    assert scene.state("g.a") == "failed"


def test_a_cancelled_member_is_no_reason_to_start_over() -> None:
    scene = silver()
    scene.request()
    scene.tell(CancelAsked(1, "g.a"))
    scene.end("g.a", Outcome.CANCELLED)
    assert scene.state("g.a") == "cancelled"


def test_the_innermost_group_goes_first_then_the_one_around_it_with_everything_fresh() -> None:
    scene = Scene(
        Task(id="g.h.a", group="g.h"),
        Task(id="g.b", group="g"),
        groups={"g": Backoff(max_retries=1, delay_s=0), "g.h": Backoff(max_retries=1, delay_s=0)},
    )
    scene.request()
    scene.end("g.b")
    scene.fail("g.h.a")
    assert scene.state("g.b") == "success"
    scene.wait(0)
    scene.fail("g.h.a")
    assert {name: row.retries for name, row in scene.store.groups[1].items()} == {"g.h": 0, "g": 1}
    scene.wait(0)
    assert scene.states() == {"g.h.a": "running", "g.b": "running"}
    for _ in range(2):
        scene.fail("g.h.a")
        scene.wait(0)
    assert scene.state("g.h.a") == "failed"


def test_a_clear_by_a_person_gives_the_group_its_tries_back() -> None:
    scene = silver()
    scene.request()
    scene.fail("g.a")
    scene.end("g.c", Outcome.CANCELLED)
    scene.wait(10)
    scene.fail("g.a")
    assert scene.state("g.a") == "failed"
    scene.tell(ClearAsked(1, ("g.a",)))
    assert scene.store.groups[1]["g"].retries == 0
    scene.fail("g.a")
    assert scene.state("g.a") == "pending"


def test_the_delay_of_a_group_survives_a_restart() -> None:
    scene = silver()
    scene.request()
    scene.end("g.c")
    scene.fail("g.a")
    scene.wait(4)
    scene.restart()
    assert scene.machine.next_wake == 10.0
    assert scene.names(scene.wait(6)) == ["g.a", "g.c"]
