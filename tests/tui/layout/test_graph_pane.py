"""A graph that is looked at: which part of it, with the cursor where it was, on a screen that is too small."""

from __future__ import annotations

import pytest

from flowlite.tui.layout.boxes import Now
from flowlite.tui.layout.graph_pane import GraphPane
from flowlite.tui.layout.task_graph import TaskGraph
from flowlite.tui.layout.viewport import Viewport
from tests.tui.layout.reading import texts
from tests.tui.layout.shapes import chain, fan, grown, shop

WIDTH, HEIGHT = 120, 30


def looked_at(graph: TaskGraph, **states: str) -> GraphPane:
    pane = GraphPane(graph)
    pane.show(Now(states=[states.get(id_.replace(".", "_"), "success") for id_ in graph.ids]))
    draw(pane)
    return pane


def draw(pane: GraphPane, width: int = WIDTH, height: int = HEIGHT) -> list[str]:
    pane.draw(width, height)
    while (job := pane.job()) is not None:
        pane.take(*job())
    return texts(pane.draw(width, height))


def test_until_it_is_laid_out_what_was_there_before_is_shown():
    pane = looked_at(shop())
    before = texts(pane.draw(WIDTH, HEIGHT))
    pane.show_whole(is_folded=False)
    assert texts(pane.draw(WIDTH, HEIGHT)) == before
    assert draw(pane) != before


def test_states_that_come_after_the_picture_put_the_cursor_on_what_failed_unless_somebody_has_moved_it():
    for has_moved in (False, True):
        pane = GraphPane(chain())
        draw(pane)
        if has_moved:
            pane.step("right")
        before = pane.box
        pane.show(Now(states=["success"] * 6 + ["failed", "upstream_failed"]))
        assert (pane.box == before) is has_moved
        if not has_moved:
            assert 6 in pane.box.tasks
            assert "✗" in "".join(draw(pane))


def test_nothing_is_laid_out_for_a_state_nor_again_for_what_was_seen_before():
    pane = looked_at(shop())
    pane.show_whole(is_folded=False)
    draw(pane)
    pane.show(Now(states=["running"] * 44))
    assert pane.job() is None
    pane.show_whole(is_folded=True)
    assert pane.job() is None


def test_the_cursor_stays_on_its_task_through_folds_and_parts():
    graph = shop()
    pane = looked_at(graph, transform_dedupe="failed")
    assert pane.box is not None and pane.box.key == "group:transform"
    pane.show_whole(is_folded=False)
    draw(pane)
    pane.go(pane.drawing.view.number["transform.dedupe"])
    pane.show_whole(is_folded=True)
    draw(pane)
    assert pane.box.key == "group:transform"
    pane.fold()
    draw(pane)
    assert pane.box.key == "transform.dedupe"  # of several what failed


def test_around_a_task_the_cursor_is_on_it_and_f_again_shows_everything():
    graph = shop()
    pane = looked_at(graph)
    pane.show_whole(is_folded=False)
    draw(pane)
    pane.go(pane.drawing.view.number["transform.dedupe"])
    pane.focus()
    draw(pane)
    assert pane.box.key == "transform.dedupe"
    assert pane.said() == "2 hops around transform.dedupe  9 of 45 tasks"
    pane.hops = 1
    draw(pane)
    assert pane.said() == "1 hop around transform.dedupe  4 of 45 tasks"
    pane.focus()
    draw(pane)
    assert pane.said() == "45 tasks"


def test_what_is_around_a_task_comes_along_the_edges_and_not_within_the_layer():
    pane = looked_at(chain())
    pane.go(3)
    pane.focus()
    draw(pane)
    pane.step("right")
    draw(pane)
    assert pane.said() == "2 hops around step_4  5 of 8 tasks" and pane.box.key == "step_4"
    pane.step("down")
    draw(pane)
    assert pane.said() == "2 hops around step_4  5 of 8 tasks"


def test_only_what_failed_and_what_it_holds_up():
    pane = looked_at(shop(), transform_clean_items="failed")
    pane.only_failed()
    draw(pane)
    assert pane.said() == "what failed and what it holds up  11 of 45 tasks"
    pane.only_failed()
    draw(pane)
    assert pane.said() == "45 tasks in 7 boxes"


def test_folds_are_drawn_narrower_on_a_narrow_screen():
    pane = looked_at(shop())
    assert pane.drawing.width <= 100
    draw(pane, width=200)
    assert 100 < pane.drawing.width <= 198


def test_a_task_is_folded_with_its_group():
    pane = looked_at(shop())
    pane.show_whole(is_folded=False)
    draw(pane)
    pane.go(pane.drawing.view.number["load.load_enrich"])
    pane.fold()
    draw(pane)
    assert pane.box.key == "group:load" and pane.said() == "45 tasks in 42 boxes"


def test_a_search_goes_round():
    graph = chain()
    pane = looked_at(graph)
    pane.go(0)
    assert [pane.find("STEP_", after_here=True)[0] for _ in range(9)] == [2, 3, 4, 5, 6, 7, 8, 1, 2]
    assert pane.find("step_", after_here=True, is_back=True) == (1, 8)
    assert pane.find("nothing", after_here=False) == (0, 0)


def test_the_critical_path_is_marked_only_if_asked_for():
    pane = looked_at(chain())
    pane.show(pane.now, critical=[0, 1, 2])
    assert not any(span.role == "edge-critical" for span in pane.draw(WIDTH, HEIGHT)[0])
    pane.mark_critical()
    pane.show(pane.now, critical=[0, 1, 2])
    assert any(span.role == "edge-critical" for span in pane.draw(WIDTH, HEIGHT)[0])


def test_of_a_large_graph_a_piece_is_seen_with_a_small_map():
    pane = looked_at(grown(400))
    pane.show_whole(is_folded=False)
    rows = draw(pane, 120, 30)
    assert len(rows) == 30 and max(map(len, rows)) <= 120
    assert any("⠀" < letter < "⣿" for row in rows[-6:] for letter in row[-20:])
    assert not any("⠀" < letter < "⣿" for row in draw(pane, 50, 10) for letter in row)


def test_walking_keeps_the_cursor_on_the_screen():
    graph = grown(400)
    pane = looked_at(graph)
    pane.show_whole(is_folded=False)
    draw(pane, 80, 20)
    for direction in ["right"] * 12 + ["down"] * 40 + ["left"] * 9 + ["up"] * 30:
        pane.step(direction)
        row = next(
            y for y, row in enumerate(pane.draw(80, 20)) if any(".cursor" in one.role and one.key for one in row)
        )
        assert 0 <= row < 20


@pytest.mark.parametrize("graph", [TaskGraph((), ()), TaskGraph(("only",), ((),))])
def test_the_smallest_graphs_are_graphs_too(graph):
    pane = looked_at(graph)
    for step in (pane.focus, pane.fold, pane.only_failed, pane.fit, lambda: pane.step("left")):
        step()
        draw(pane)
    assert pane.said() == f"{len(graph.ids)} task{'' if len(graph.ids) == 1 else 's'}"


def test_a_screen_shows_what_fits_and_never_scrolls_beyond_the_ends():
    port = Viewport()
    port.resize(20, 10, (50, 30))
    port.show((40, 25, 5, 1))
    assert port.left <= 40 and port.left + 20 >= 45 and port.top + 10 > 25
    port.scroll(1_000, 1_000)
    assert port.seen == (30, 20, 20, 10)
    port.scroll(-1_000, -1_000)
    assert port.seen == (0, 0, 20, 10) and not port.sees_all
    port.resize(60, 40, (50, 30))
    assert port.sees_all and port.seen == (0, 0, 50, 30)


def test_a_fan_is_seen_whole():
    assert draw(looked_at(fan()), 80, 20)[5] == "            ├── ✓ part_5 ───├── ✓ end"
