"""What changes while one looks: states, the cursor, marked paths. Nothing of it lays anything out again."""

from __future__ import annotations

from itertools import pairwise

import pytest

from flowlite.tui.format import FILLER
from flowlite.tui.layout import drawing as drawing_module
from flowlite.tui.layout.boxes import Now
from flowlite.tui.layout.drawing import Drawing
from flowlite.tui.layout.folds import folds_of
from flowlite.tui.layout.minimap import minimap
from flowlite.tui.layout.task_graph import TaskGraph
from flowlite.tui.layout.view import whole
from flowlite.tui.layout.walking import Walk, first_box, found
from flowlite.tui.picture import Span
from tests.tui.layout.reading import texts
from tests.tui.layout.shapes import Sketch, chain, diamonds, fan, shop, training


def shown(graph: TaskGraph, *folded: str, **options: bool) -> Drawing:
    folds = folds_of(graph)
    return Drawing(whole(graph, folds, folds if folded == ("all",) else folded), **options)


def spans_of(drawing: Drawing, key: str) -> list[Span]:
    return [span for y in range(drawing.height) for span in drawing.row(y) if span.key == key]


def picture(drawing: Drawing) -> list[str]:
    return texts(drawing.row(y) for y in range(drawing.height))


def test_a_state_changes_its_own_row_and_nothing_is_laid_out_again(monkeypatch):
    graph = fan()
    drawing = shown(graph)
    drawing.show(Now(states=["success"] * 14))
    monkeypatch.setattr(drawing_module, "laid_out", pytest.fail)
    states = ["success"] * 14
    states[graph.number["part_3"]] = "running"
    before = picture(drawing)
    changed = drawing.show(Now(states=states))
    assert len(changed) == 1
    assert [y for y, (old, new) in enumerate(zip(before, picture(drawing), strict=True)) if old != new] == list(changed)
    assert [(span.text, span.role) for span in spans_of(drawing, "part_3")] == [
        ("▸ part_3", "state-running"),
    ]  # fmt: skip


def test_a_state_that_is_the_same_changes_nothing():
    drawing = shown(fan())
    drawing.show(Now(states=["success"] * 14))
    assert drawing.show(Now(states=["success"] * 14)) == set()


def test_the_rows_that_changed_are_all_that_changed():
    graph = training()
    drawing = shown(graph)
    steps = [
        lambda: drawing.show(Now(states=["success"] * 5 + ["failed"] + ["upstream_failed"] * 15)),
        lambda: drawing.select(3),
        lambda: drawing.mark_critical([0, 1, 5]),
        lambda: drawing.select(8),
        lambda: drawing.mark_critical([]),
        lambda: drawing.select(None),
    ]
    for step in steps:
        before = [drawing.row(y) for y in range(drawing.height)]
        changed = step()
        after = [drawing.row(y) for y in range(drawing.height)]
        assert {y for y in range(drawing.height) if before[y] != after[y]} <= changed


def test_the_edges_of_the_box_under_the_cursor_stand_out():
    graph = diamonds()
    drawing = shown(graph)
    drawing.select(graph.number["meet_0"])
    roles = {span.role: span.text for y in range(drawing.height) for span in drawing.row(y) if span.role != "dim"}
    assert "edge-focus" in roles
    assert [span.role for span in spans_of(drawing, "meet_0")] == ["dim.cursor"]


def test_a_failure_is_followed_by_the_edges_over_which_it_holds_things_up():
    graph = chain()
    drawing = shown(graph)
    drawing.show(Now(states=["success", "success", "failed", "upstream_failed", "upstream_failed"] + ["pending"] * 3))
    roles = [span.role for span in drawing.row(0) if span.role.startswith("edge")]
    assert roles == ["edge", "edge", "edge-failed", "edge-failed", "edge", "edge", "edge"]


def test_a_marked_line_lies_over_those_that_it_crosses():
    graph = shop()
    drawing = shown(graph)
    end = graph.number["transform.join_sales"]
    drawing.select(end)
    role_at = {
        (span.x + column, y): span.role
        for y in range(drawing.height) for span in drawing.row(y) for column in range(len(span.text))
    }  # fmt: skip
    for start in graph.upstream[end]:
        for (x, y), (end_x, end_y) in pairwise(drawing.placed.lines[start, end]):
            cells = {(column, row) for column in range(x, end_x + 1) for row in range(min(y, end_y), max(y, end_y) + 1)}
            assert {role_at[cell] for cell in cells} == {"edge-focus"}


def test_a_fold_tells_how_many_are_in_which_state():
    graph = shop()
    drawing = shown(graph, "all")
    states = ["success"] * 12 + ["success"] * 9 + ["running"] * 2 + ["failed"] + ["pending"] * 4
    drawing.show(Now(states=states + ["pending"] * 16))
    rows = picture(drawing)
    assert rows[0].startswith("+ extract  12 ───") and "── + transform  16 ──" in rows[0]
    assert "━━━━━━▸✗·· ✓9 ▸2 ✗1 ·4" in rows[1]


def test_a_narrow_picture_of_folds_is_narrower_and_says_the_same():
    graph = shop()
    wide, narrow = shown(graph, "all"), shown(graph, "all", is_narrow=True)
    states = ["success"] * 30 + ["pending"] * 14
    wide.show(Now(states=states)), narrow.show(Now(states=states))
    assert narrow.width <= 100 < wide.width
    assert "✓14" not in "".join(picture(narrow)) and "✓12" in "".join(picture(narrow))


def test_the_number_of_a_maps_elements_appears_without_a_new_layout():
    s = Sketch()
    s.task("after", s.task("each"))
    graph = TaskGraph(s.done().ids, s.done().upstream, maps=frozenset({0}))
    drawing = Drawing(whole(graph, {}, ()), maps=graph.maps)
    assert picture(drawing) == ["· each ───────── · after"]
    assert drawing.show(Now(states=["running", "pending"], elements={0: 250})) == {0}
    assert picture(drawing) == ["▸ each ×250 ──── · after"]


def test_spans_are_in_order_and_do_not_overlap():
    for drawing in (shown(shop()), shown(shop(), "all"), shown(training())):
        for y in range(drawing.height):
            end = 0
            for span in drawing.row(y):
                assert span.x >= end and span.text
                end = span.x + len(span.text)
            assert end <= drawing.width


def test_what_is_under_the_mouse_is_found():
    graph = training()
    drawing = shown(graph)
    for number in range(len(graph.ids)):
        x, y, width, _ = drawing.rectangle(number)
        assert drawing.box_at(x, y) == drawing.box_at(x + width - 1, y) == number
        assert drawing.box_at(x + width, y) != number
    assert drawing.box_at(0, 10_000) is None


def test_long_names_are_cut_in_the_middle_and_wide_characters_take_one_cell():
    s = Sketch()
    s.task("extract_customers_from_the_old_system_eu")
    s.task("抽出")
    assert picture(shown(s.done())) == [f"· extract_custo…_old_system_eu   · 抽{FILLER}出{FILLER}"]


def test_half_a_wide_character_at_the_end_of_the_screen_is_a_blank():
    s = Sketch()
    s.task("抽出")
    drawing = shown(s.done())
    assert texts([drawing.row(0, 0, 3)]) == ["·  "]
    assert texts([drawing.row(0, 3, 6)]) == [f"    出{FILLER}"]


def test_some_columns_of_a_row_are_those_of_the_whole_row():
    drawing = shown(training())
    for y in range(drawing.height):
        whole = "".join(texts([drawing.row(y)])).ljust(drawing.width)
        for start in (0, 7, 33, 90):
            part = "".join(texts([drawing.row(y, start, start + 25)]))
            assert part[start:].ljust(25) == whole[start : start + 25]


# --- walking ----------------------------------------------------------------------------------------------------------
def test_a_step_back_leads_to_where_the_last_step_left():
    graph = training()
    drawing = shown(graph)
    walk = Walk(drawing.view, drawing.placed)
    holidays = graph.number["holidays"]
    join = walk.right(holidays)
    assert (graph.ids[join], walk.left(join)) == ("join", holidays)


def test_steps_follow_edges_and_stay_in_the_layer():
    graph = fan()
    drawing = shown(graph)
    walk = Walk(drawing.view, drawing.placed)
    first = graph.number["part_0"]
    assert graph.ids[walk.down(first)] == "part_1"
    assert walk.up(first) == first
    assert graph.ids[walk.right(first)] == "end"
    assert walk.left(graph.number["start"]) == graph.number["start"]
    assert walk.right(graph.number["end"]) == graph.number["end"]


def test_the_cursor_begins_on_what_failed():
    graph = chain()
    view = whole(graph, {}, ())
    assert first_box(view, ["success", "running", "failed"] + ["pending"] * 5) == 2
    assert first_box(view, ["success", "running"] + ["pending"] * 6) == 1
    assert first_box(view, []) == 0


def test_a_search_finds_tasks_inside_of_folds():
    graph = shop()
    folds = folds_of(graph)
    view = whole(graph, folds, folds)
    assert [view.boxes[number].key for number in found(view, graph.ids, "DEDUPE")] == [
        "group:transform", "group:validate", "group:load",
    ]  # fmt: skip


# --- the small map ----------------------------------------------------------------------------------------------------
def test_the_minimap_shows_each_box_and_where_one_is():
    graph = shop()
    drawing = shown(graph)
    rows = minimap(drawing.placed, {graph.number["transform.dedupe"]}, (0, 0, 40, 8))
    assert len(rows) == 6 and all(sum(len(span.text) for span in row) == 20 for row in rows)
    roles = [span.role for row in rows for span in row]
    assert sum(role.startswith("state-failed") for role in roles) == 1
    assert rows[0][0].role.endswith(".cursor") and rows[-1][0].role == "faint"
