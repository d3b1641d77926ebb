"""What of a large DAG is shown first: its groups and families, a neighbourhood, what a failure holds up."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from flowlite.tui.layout.folds import folded_at_first, folds_of
from flowlite.tui.layout.layers import in_order
from flowlite.tui.layout.partial import around, of_failure
from flowlite.tui.layout.task_graph import TaskGraph
from flowlite.tui.layout.view import View, whole
from tests.tui.layout.shapes import Sketch, chain, fan, shop


def edges(view: View) -> set[tuple[str, str]]:
    return {(view.boxes[up].key, box.key) for number, box in enumerate(view.boxes) for up in view.up[number]}


def states_of(graph: TaskGraph, default: str, **others: str) -> list[str]:
    return [others.get(id_.replace(".", "_"), default) for id_ in graph.ids]


# --- groups and families ----------------------------------------------------------------------------------------------
def test_a_large_dag_is_shown_by_its_groups_at_first():
    graph = shop()
    folds = folds_of(graph)
    view = whole(graph, folds, folded_at_first(graph, folds))
    assert [(box.label, len(box.tasks)) for box in view.boxes] == [
        ("extract", 12), ("transform", 16), ("validate", 5), ("load", 4), ("snapshot", 6), ("publish", 1),
        ("notify", 1),
    ]  # fmt: skip
    assert ("group:extract", "group:snapshot") in edges(view)


def test_a_small_dag_is_shown_whole():
    graph = fan()
    assert folded_at_first(graph, folds_of(graph)) == frozenset()


def test_tasks_of_one_depth_that_differ_in_a_number_are_a_family():
    s = Sketch()
    s.task("merge", *s.tasks(" ".join(f"part_{index}_of_60" for index in range(60)), s.task("plan")))
    graph = s.done()
    folds = folds_of(graph)
    view = whole(graph, folds, folded_at_first(graph, folds))
    assert [(box.label, box.kind, len(box.tasks)) for box in view.boxes] == [
        ("plan", "task", 1), ("part_*_of_*", "fold", 60), ("merge", "task", 1),
    ]  # fmt: skip


def test_a_group_that_is_unfolded_shows_its_tasks_and_what_is_folded_inside():
    graph = shop()
    folds = folds_of(graph)
    view = whole(graph, folds, set(folds) - {"group:load"})
    labels = [box.label for box in view.boxes]
    assert "load" not in labels and {"load_dedupe", "load_enrich", "transform"} <= set(labels)


def test_a_group_around_everything_is_no_fold_and_its_name_is_not_said_again():
    s = Sketch()
    s.task("load", *s.tasks("a b", group="shop.extract"), group="shop")
    folds = folds_of(s.done())
    assert [(fold.key, fold.label) for fold in folds.values()] == [("group:shop.extract", "extract")]


def test_groups_within_groups_are_folds_within_folds():
    s = Sketch()
    s.tasks("a b", *s.tasks("c d", group="outer.inner"), group="outer")
    s.task("end")
    inner = folds_of(s.done())["group:outer.inner"]
    assert (inner.label, inner.inside) == ("inner", "group:outer")


# --- no loops ---------------------------------------------------------------------------------------------------------
def test_a_group_that_another_task_lies_in_the_middle_of_is_shown_in_pieces():
    s = Sketch()
    first = s.tasks("a b", group="g")
    between = s.task("between", *first)
    s.tasks("c d", between, group="g")
    view = whole(s.done(), folds_of(s.done()), {"group:g"})
    assert [box.label for box in view.boxes] == ["g 1/2", "between", "g 2/2"]
    assert edges(view) == {("group:g#1", "between"), ("between", "group:g#2")}


def test_two_groups_that_wait_for_each_other_are_cut_once_and_not_into_crumbs():
    s = Sketch()
    s.tasks("x1 x2", group="x")
    s.tasks("y1 y2", group="y")
    s.task("y3", "x.x1", group="y")
    s.task("x3", "y.y2", group="x")
    graph = s.done()
    view = whole(graph, folds_of(graph), folds_of(graph))
    assert len(view.boxes) == 3


@st.composite
def grouped(draw: st.DrawFn) -> TaskGraph:
    count = draw(st.integers(1, 20))
    up = [tuple(draw(st.lists(st.integers(0, n - 1), max_size=3, unique=True))) if n else () for n in range(count)]
    groups = [draw(st.sampled_from([None, "a", "b", "a.x", "c"])) for _ in range(count)]
    ids = [f"{group}.t{n}" if group else f"t{n}" for n, group in enumerate(groups)]
    return TaskGraph(tuple(ids), tuple(up))


@given(grouped(), st.data())
@settings(max_examples=80, deadline=None)
def test_whatever_is_folded_nothing_is_lost_and_there_is_no_loop(graph, data):
    folds = folds_of(graph)
    folded = data.draw(st.sets(st.sampled_from(sorted(folds)))) if folds else set()
    view = whole(graph, folds, folded)
    assert sorted(task for box in view.boxes for task in box.tasks) == list(range(len(graph.ids)))
    assert len(in_order(view.up, view.down)) == len(view.boxes)
    seen = {(start, end) for end, starts in enumerate(view.up) for start in starts}
    for task, ups in enumerate(graph.upstream):
        for up in ups:
            start, end = view.box_of_task[up], view.box_of_task[task]
            assert start == end or (start, end) in seen
    assert len({box.key for box in view.boxes}) == len(view.boxes)


# --- parts ------------------------------------------------------------------------------------------------------------
def test_around_a_task_two_hops_are_shown_and_the_rest_is_counted():
    graph = chain()
    view = around(graph, {}, [4], 2)
    assert [box.label for box in view.boxes] == [
        "step_2", "step_3", "step_4", "step_5", "step_6", "2 upstream", "1 downstream",
    ]  # fmt: skip


def test_neighbours_to_the_side_that_are_not_shown_are_counted_at_the_box():
    graph = shop()
    view = around(graph, folds_of(graph), [graph.number["transform.dedupe"]], 2)
    gate = view.boxes[view.number["validate.gate"]]
    assert (gate.more_up, gate.more_down) == (3, 0)
    assert view.boxes[view.number["extract.orders"]].more_down == 1


def test_a_crowd_around_a_task_is_folded_into_families():
    s = Sketch()
    s.task("merge", *s.tasks(" ".join(f"part_{index}" for index in range(60)), s.task("plan")))
    graph = s.done()
    view = around(graph, folds_of(graph), [0], 2)
    assert [box.label for box in view.boxes] == ["plan", "part_*", "merge"]


def test_of_a_failure_its_inputs_are_shown_and_what_it_holds_up_is_folded():
    graph = shop()
    view = of_failure(graph, folds_of(graph), states_of(graph, "success", transform_clean_items="failed"))
    assert view is not None
    labels = [box.label for box in view.boxes]
    assert labels[:3] == ["items", "clean_items", "join_sales"]
    assert {"validate", "load"} <= set(labels) and "snap_items" not in labels


def test_where_nothing_failed_there_is_no_failed_path():
    graph = chain()
    assert of_failure(graph, {}, states_of(graph, "success")) is None
