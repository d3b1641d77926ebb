"""A DAG as a picture made of characters."""

import random

import pytest

from flowlite.cli.drawing import draw, listed
from flowlite.cli.layers import layers_of, layout


def drawn(after, **options):
    return "\n".join(draw(after, {task: task for task in after}, **options))


def test_a_chain_is_one_line():
    assert drawn({"a": [], "b": ["a"], "c": ["b"]}) == "a ─── b ─── c"


def test_a_diamond_splits_and_joins():
    assert drawn({"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"]}).splitlines() == [
        "a ─┬─ b ─╮",
        "   ╰─ c ─┴─ d",
    ]


def test_a_long_edge_passes_below_what_it_jumps_over():
    assert drawn({"a": [], "b": ["a"], "c": ["b", "a"]}).splitlines() == [
        "a ─┬─ b ─╮",
        "   ╰─────┴─ c",
    ]


def test_tasks_without_edges_stand_below_each_other():
    assert drawn({"a": [], "b": []}) == "a\nb"


def test_a_dag_without_tasks_says_so():
    assert drawn({}) == "(no tasks)"


def test_where_the_terminal_is_too_narrow_it_is_a_list():
    after = {"extract": [], "load": ["extract"]}
    assert draw(after, {"extract": "extract", "load": "load"}, width=10) == ["extract", "  load  ← extract"]
    assert listed(after, {"extract": "E", "load": "L"}) == ["E", "  L  ← extract"]


def test_wide_characters_keep_the_lines_in_place():
    lines = draw({"a": [], "b": ["a"], "c": ["a"]}, {"a": "数据", "b": "b", "c": "c"})
    assert lines == ["数据 ─┬─ b", "      ╰─ c"]


def test_a_root_stands_right_before_what_needs_it():
    assert layers_of({"a": [], "b": ["a"], "c": ["b"], "late": [], "d": ["c", "late"]})["late"] == 2


@pytest.mark.parametrize("seed", range(5))
def test_no_two_spots_share_a_row_of_a_layer(seed):
    luck = random.Random(seed)
    after = {}
    for layer in range(6):
        for number in range(8):
            above = [f"t{layer - 1}.{other}" for other in range(8)] if layer else []
            after[f"t{layer}.{number}"] = luck.sample(above, luck.randint(1, 3)) if above else []
    plan = layout(after)
    for layer in plan.layers:
        assert len({plan.rows[spot] for spot in layer}) == len(layer)
    assert {spot.task for layer in plan.layers for spot in layer} - {None} == set(after)
