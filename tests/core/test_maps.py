"""Maps: of nothing, one and many; zipped; element by element; and what takes their results."""

import json

import pytest
from core_scene import Scene

from flowlite.core.graph import Each, Fact, Task
from flowlite.core.messages import ClearAsked
from flowlite.core.retry import Backoff
from flowlite.core.states import Outcome


def sums(**more: object) -> Scene:
    return Scene(
        Task(id="xs"),
        Task(id="m", over=(Fact("length", "xs"),), **more),  # type: ignore[arg-type]
        Task(id="sum", after=("m",)),
    )


@pytest.mark.parametrize("width", [0, 1, 10_000])
def test_a_map_has_as_many_instances_as_its_list_has_elements(width: int) -> None:
    scene = sums()
    scene.request()
    scene.end("xs", facts={"length:": width})
    assert scene.play() == width + 1
    assert scene.run_state() == "success"
    assert len(scene.states()) == width + 3
    assert set(scene.states().values()) == {"success"}


def test_downstream_of_a_map_starts_when_the_last_element_has_ended() -> None:
    scene = sums()
    scene.request()
    scene.end("xs", facts={"length:": 2})
    assert scene.names(scene.end("m", index=1)) == []
    assert scene.names(scene.end("m", index=0)) == ["sum"]


def test_a_list_given_at_declaration_is_mapped_over_at_once() -> None:
    scene = Scene(Task(id="m", over=(3,)))
    assert scene.names(scene.request()) == ["m[0]", "m[1]", "m[2]"]


def test_lists_of_different_lengths_fail_the_expansion_and_say_so() -> None:
    scene = Scene(
        Task(id="rows"),
        Task(id="units"),
        Task(id="total", over=(Fact("length", "rows"), Fact("length", "units"), 3)),
        Task(id="after", after=("total",)),
    )
    scene.request()
    scene.end("rows", facts={"length:": 3})
    scene.end("units", facts={"length:": 2})
    assert scene.states() == {"rows": "success", "units": "success", "total": "failed", "after": "upstream_failed"}
    (attempt,) = [row for row in scene.changes.attempts if row.outcome == "failed"]
    assert json.loads(attempt.evidence.error) == {
        "type": "ExpansionError",
        "class": "expansion",
        "message": "cannot map 'total': rows has 3 elements, units has 2, the given list has 3; make them equally long",
    }
    assert attempt.number == 1


def test_a_failed_expansion_can_be_cleared_and_has_a_second_attempt() -> None:
    scene = Scene(Task(id="rows"), Task(id="total", over=(Fact("length", "rows"), 2)), Task(id="hold"))
    scene.request()
    scene.end("rows", facts={"length:": 3})
    scene.tell(ClearAsked(1, ("total",)))
    assert scene.outcomes("total") == ["failed", "failed"]
    scene.tell(ClearAsked(1, ("rows",)))
    assert scene.names(scene.end("rows", facts={"length:": 2})) == ["total[0]", "total[1]"]


def test_a_map_over_a_map_goes_on_element_by_element() -> None:
    scene = Scene(Task(id="a", over=(3,)), Task(id="b", over=(Each("a"),)), Task(id="sum", after=("b",)))
    scene.request()
    assert scene.names(scene.end("a", index=2)) == ["b[2]"]
    scene.fail("a", index=0)
    assert scene.state("b", index=0) == "upstream_failed"
    scene.end("b", index=2)
    scene.end("a", index=1)
    scene.end("b", index=1)
    assert scene.state("sum") == "upstream_failed"


def test_a_mapped_task_that_takes_a_whole_map_waits_for_all_of_it() -> None:
    scene = Scene(Task(id="a", over=(2,)), Task(id="b", over=(2,), after=("a",)))
    scene.request()
    assert scene.names(scene.end("a", index=0)) == []
    assert scene.names(scene.end("a", index=1)) == ["b[0]", "b[1]"]


def test_a_map_whose_source_fails_or_is_skipped_ends_as_one() -> None:
    for outcome, state in ((Outcome.FAILED, "upstream_failed"), (Outcome.SKIPPED, "skipped")):
        scene = sums(rule="all_done")
        scene.request()
        scene.end("xs", outcome)
        assert scene.state("m") == state
        assert len(scene.states()) == 3


def test_a_rule_is_not_judged_before_the_expansion() -> None:
    scene = Scene(
        Task(id="xs"), Task(id="m", over=(Fact("length", "xs"),)), Task(id="one", after=("m",), rule="one_success")
    )
    scene.request()
    assert scene.names(scene.end("xs", facts={"length:": 2})) == ["m[0]", "m[1]"]
    assert scene.state("one") == "pending"
    assert scene.names(scene.end("m", index=0)) == ["one"]


def test_elements_have_attempts_of_their_own() -> None:
    scene = sums(retry=Backoff(max_retries=1, delay_s=0))
    scene.request()
    scene.end("xs", facts={"length:": 2})
    scene.fail("m", index=0)
    scene.end("m", index=1)
    scene.wait(0)
    scene.end("m", index=0)
    assert scene.outcomes("m", index=0) == ["failed", "success"]
    assert scene.outcomes("m", index=1) == ["success"]


def test_a_list_that_is_made_anew_may_be_shorter_and_longer() -> None:
    scene = sums()
    scene.request()
    scene.end("xs", facts={"length:": 3})
    for width in (1, 3):
        scene.tell(ClearAsked(1, ("xs",)))
        for index in range(3):  # those that were running are gone now
            if scene.state("m", index=index) == "running":
                scene.end("m", Outcome.CANCELLED, index=index)
        scene.end("xs", facts={"length:": width})
        running = [name for name, state in scene.states().items() if state == "running"]
        assert running == [f"m[{index}]" for index in range(width)]
    for index in range(3):
        scene.end("m", index=index)
    scene.end("sum")
    assert scene.run_state() == "success"


def test_an_asset_is_updated_by_each_element_and_once_by_an_empty_map() -> None:
    scene = sums(outlets=("lake",))
    scene.request()
    scene.end("xs", facts={"length:": 0})
    assert [row[0:1] + row[2:] for row in scene.changes.assets] == [("lake", 1, 1, -1)]
    scene = sums(outlets=("lake",))
    scene.request()
    scene.end("xs", facts={"length:": 2})
    assert scene.changes.assets == []
    scene.end("m", index=1)
    assert [row.index for row in scene.changes.assets] == [1]
