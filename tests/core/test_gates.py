"""Gates: conditions and branches, whatever the trigger rule."""

from itertools import permutations

import pytest
from core_scene import Scene

from flowlite.core.graph import Fact, Task
from flowlite.core.states import Outcome
from flowlite.core.trigger_rules import RULES


def gated(rule: str = "all_success") -> Scene:
    return Scene(Task(id="c"), Task(id="t", when=(Fact("truth", "c"),), rule=rule))


@pytest.mark.parametrize("rule", sorted(set(RULES) - {"all_failed", "all_skipped", "one_failed"}))
def test_a_condition_that_holds_lets_the_rule_decide(rule: str) -> None:
    scene = gated(rule)
    scene.request()
    assert scene.names(scene.end("c", facts={"truth:": True})) == ["t"]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    ("outcome", "facts", "state"),
    [
        (Outcome.SUCCESS, {"truth:": False}, "skipped"),
        (Outcome.SKIPPED, None, "skipped"),
        (Outcome.FAILED, None, "upstream_failed"),
        (Outcome.CANCELLED, None, "upstream_failed"),
    ],
)
def test_a_condition_that_does_not_hold_is_stronger_than_the_rule(
    rule: str, outcome: Outcome, facts: dict[str, bool] | None, state: str
) -> None:
    scene = gated(rule)
    scene.request()
    scene.end("c", outcome, facts=facts)
    assert scene.state("t") == state


def test_two_conditions_give_one_answer_in_every_order() -> None:
    ends = {
        "falsy": (Outcome.SUCCESS, {"truth:": False}),
        "bad": (Outcome.FAILED, None),
        "good": (Outcome.SUCCESS, {"truth:": True}),
    }
    for order in permutations(ends):
        scene = Scene(*(Task(id=name) for name in ends), Task(id="t", when=tuple(Fact("truth", name) for name in ends)))
        scene.request()
        for name in order:
            scene.end(name, ends[name][0], facts=ends[name][1])
        assert scene.state("t") == "upstream_failed"


def fork() -> Scene:
    """b chooses between x and y; y goes on to z; join takes both, and is directly downstream of b, too."""
    return Scene(
        Task(id="b", is_branch=True),
        Task(id="x", after=("b",)),
        Task(id="y", after=("b",)),
        Task(id="z", after=("y",)),
        Task(id="join", after=("x", "z", "b"), rule="none_failed_min_one_success"),
    )


def test_what_was_not_chosen_is_skipped_and_the_join_is_not() -> None:
    scene = fork()
    scene.request()
    assert scene.names(scene.end("b", facts={"chosen:": ["x"]})) == ["x"]
    scene.end("x")
    assert scene.states() == {"b": "success", "x": "success", "y": "skipped", "z": "skipped", "join": "running"}


def test_nothing_chosen_skips_everything_directly_downstream() -> None:
    scene = fork()
    scene.request()
    scene.end("b", facts={"chosen:": []})
    assert {scene.state(name) for name in ("x", "y", "z", "join")} == {"skipped"}
    assert scene.run_state() == "success"


def test_a_join_reachable_from_a_chosen_branch_is_not_skipped_by_the_branch() -> None:
    scene = fork()
    scene.request()
    scene.end("b", facts={"chosen:": ["y"]})
    assert scene.names(scene.end("y")) == ["z"]
    assert scene.names(scene.end("z")) == ["join"]


def test_a_branch_that_fails_leaves_the_answer_to_the_rule() -> None:
    scene = Scene(Task(id="b", is_branch=True), Task(id="x", after=("b",)), Task(id="y", after=("b",), rule="all_done"))
    scene.request()
    scene.fail("b")
    assert (scene.state("x"), scene.state("y")) == ("upstream_failed", "running")
