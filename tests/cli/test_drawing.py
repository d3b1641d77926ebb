"""A DAG as a picture made of characters."""

from flowlite.cli.drawing import draw, listed


def drawn(after, **options):
    return "\n".join(draw(after, {task: task for task in after}, **options))


def test_a_chain_is_one_line():
    assert drawn({"a": [], "b": ["a"], "c": ["b"]}) == "a ─── b ─── c"


def test_a_diamond_splits_and_joins():
    assert drawn({"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"]}).splitlines() == [
        "a ──┬── b ──╭── d",
        "    ╰── c ──╯",
    ]


def test_a_long_edge_passes_below_what_it_jumps_over():
    assert drawn({"a": [], "b": ["a"], "c": ["b", "a"]}).splitlines() == [
        "a ──┬── b ──╭── c",
        "    ╰───────╯",
    ]


def test_tasks_without_edges_stand_side_by_side():
    assert drawn({"a": [], "b": []}) == "a   b"


def test_a_dag_without_tasks_says_so():
    assert drawn({}) == "(no tasks)"


def test_where_the_terminal_is_too_narrow_it_is_a_list():
    after = {"extract": [], "load": ["extract"]}
    assert draw(after, {"extract": "extract", "load": "load"}, width=10) == ["extract", "  load  ← extract"]
    assert listed(after, {"extract": "E", "load": "L"}) == ["E", "  L  ← extract"]


def test_wide_characters_keep_the_lines_in_place():
    lines = draw({"a": [], "b": ["a"], "c": ["a"]}, {"a": "数据", "b": "b", "c": "c"})
    assert lines == ["数据 ──┬── b", "       ╰── c"]
