"""The twelve trigger rules: the whole truth table, in every order in which upstream can end."""

from itertools import product

import pytest
from core_words import in_words

from flowlite.core.states import BUCKET, FINISHED, State
from flowlite.core.trigger_rules import RULES, Verdict, judge


def verdicts(rule: str, order: tuple[State, ...]) -> list[Verdict]:
    """What the rule says at the beginning and after each end."""
    tally = [len(order), 0, 0, 0, 0]
    said = [judge(rule, tally)]
    for state in order:
        tally[0] -= 1
        tally[BUCKET[state]] += 1
        said.append(judge(rule, tally))
    return said


def test_there_are_twelve_rules() -> None:
    assert sorted(RULES) == [
        "all_done", "all_done_min_one_success", "all_failed", "all_skipped", "all_success", "always", "none_failed",
        "none_failed_min_one_success", "none_skipped", "one_done", "one_failed", "one_success",
    ]  # fmt: skip


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_every_mix_of_upstream_gets_the_verdict_of_the_table_in_every_order(rule: str, count: int) -> None:
    for order in product(sorted(FINISHED), repeat=count):
        assert verdicts(rule, order)[-1].value == in_words(rule, order), order


@pytest.mark.parametrize("rule", RULES)
def test_a_verdict_is_never_taken_back(rule: str) -> None:
    for order in product(sorted(FINISHED), repeat=4):
        said = [verdict for verdict in verdicts(rule, order) if verdict is not Verdict.WAIT]
        assert len(set(said)) == 1, order


@pytest.mark.parametrize("rule", RULES)
def test_a_verdict_after_a_part_of_upstream_agrees_with_the_words(rule: str) -> None:
    for order in product(sorted(FINISHED), repeat=3):
        for ended in range(4):
            states = [*order[:ended], *[State.RUNNING] * (3 - ended)]
            assert verdicts(rule, order)[ended].value == in_words(rule, states), states


@pytest.mark.parametrize("rule", RULES)
def test_a_task_without_upstream_runs_under_every_rule(rule: str) -> None:
    assert judge(rule, [0, 0, 0, 0, 0]) is Verdict.RUN


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule != "one_done"])
def test_cancelled_counts_as_failed(rule: str) -> None:
    for other in sorted(FINISHED):
        assert verdicts(rule, (State.CANCELLED, other)) == verdicts(rule, (State.FAILED, other))


def test_all_success_waits_with_a_skip_until_no_failure_can_overrule_it() -> None:
    assert verdicts("all_success", (State.SKIPPED, State.FAILED)) == [Verdict.WAIT, Verdict.WAIT, Verdict.BLOCK]
    assert verdicts("all_success", (State.SKIPPED, State.SUCCESS)) == [Verdict.WAIT, Verdict.WAIT, Verdict.SKIP]
