"""The graph of a DAG on a real run: states live on it, keys walk and fold it."""

from __future__ import annotations

import pytest

from flowlite.tui.acting.aims import Aim, tasks_aimed_at
from flowlite.tui.layout import drawing as drawing_module

FAILED = "dag/orders_nightly/graph"


async def test_it_opens_on_the_failure_and_says_what_is_under_the_cursor(worlds, screen):
    async with worlds("failing") as world, screen(world, FAILED) as seen:
        await seen.shows("✗ dedupe")
        assert seen.rows[0].startswith(" 38 tasks") and "✗ failed 54m03s" in seen.rows[0]
        assert seen.rows[-1].startswith(" ✗ transform.dedupe  failed 3m47s  attempt 3  pool mem  ‹ 4 up · 6 down ›")


async def test_keys_walk_along_edges_and_within_the_layer(worlds, screen):
    async with worlds("failing") as world, screen(world, FAILED) as seen:
        await seen.shows("✗ transform.dedupe")
        await seen.press("l")
        await seen.shows("⊘ transform.mart_")
        await seen.press("h")
        await seen.shows("✗ transform.dedupe")
        await seen.press("right", "down")
        assert "transform.mart_" in seen.rows[-1]


async def test_groups_all_and_one_fold(worlds, screen):
    async with worlds("failing") as world, screen(world, FAILED) as seen:
        await seen.shows("✗ dedupe")
        await seen.press("minus")
        await seen.shows("38 tasks in 5 boxes")
        assert "+ transform  11" in seen.rows[2] and "✓4 ✗1 ⊘6" in seen.rows[4]
        await seen.press("z")
        await seen.shows("38 tasks in 15 boxes")
        await seen.press("plus")
        await seen.until(lambda: seen.rows[0].startswith(" 38 tasks  "))


async def test_f_shows_what_is_around_and_a_digit_how_far(worlds, screen):
    async with worlds("failing") as world, screen(world, FAILED) as seen:
        await seen.shows("✗ transform.dedupe")
        await seen.press("f")
        await seen.shows("2 hops around transform.dedupe")
        await seen.press("1")
        await seen.shows("1 hop around transform.dedupe  11 of 38 tasks")
        assert sum("… 4 upstream ───" in row for row in seen.rows) == 4
        await seen.press("j")
        await seen.press("1")  # again the number of a tab
        await seen.until(lambda: type(seen.pane).__name__ == "RunGrid")


@pytest.mark.slow
async def test_only_the_failed_path(worlds, screen):
    async with worlds("failing") as world, screen(world, FAILED) as seen:
        await seen.shows("✗ transform.dedupe")
        await seen.press("F")
        await seen.shows("what failed and what it holds up")
        assert not any("extract" in row for row in seen.rows)
    async with worlds("calm") as world, screen(world, "dag/etl_orders/graph") as seen:
        await seen.until(lambda: seen.pane.pane is not None and seen.pane.pane.now.states)
        await seen.press("F")
        assert seen.app.message == ("no task of this run has failed", "warn")


async def test_the_critical_path_is_asked_for_and_marked(worlds, screen):
    async with worlds("failing") as world, screen(world, FAILED) as seen:
        await seen.shows("✗ transform.dedupe")
        await seen.press("c", "l")
        await seen.until(lambda: any(span.role == "edge-critical" for row in seen.pane.rows[1:] for span in row))


async def test_a_search_goes_to_the_task_with_every_letter(worlds, screen):
    async with worlds("failing") as world, screen(world, FAILED) as seen:
        await seen.shows("✗ transform.dedupe")
        graph = seen.pane
        await seen.press("slash", *"margin")
        await seen.until(lambda: "margin" in rows_of(graph)[-1])
        assert "/margin 1 of 3" in rows_of(graph)[0]
        await seen.press("enter", "n")
        assert "/margin 2 of 3" in seen.rows[0]
        await seen.press("N", "N")
        assert "/margin 3 of 3" in seen.rows[0]


async def test_enter_opens_the_run_at_the_task(worlds, screen):
    async with worlds("failing") as world, screen(world, FAILED) as seen:
        await seen.shows("✗ transform.dedupe")
        run = seen.pane.run
        await seen.press("enter")
        await seen.until(lambda: str(seen.app.history.here) == f"run/{run}/transform.dedupe")


async def test_what_is_acted_on_is_what_is_under_the_cursor(worlds, screen):
    async with worlds("failing") as world, screen(world, FAILED) as seen:
        await seen.shows("✗ transform.dedupe")
        run = seen.pane.run
        assert tasks_aimed_at(seen.app) == [Aim(run, "orders_nightly", "transform.dedupe")]
        await seen.press("minus")
        await seen.shows("38 tasks in 5 boxes")
        assert tasks_aimed_at(seen.app) == [Aim(run, "orders_nightly", "transform")]


@pytest.mark.slow
async def test_an_older_run_and_back_to_the_newest(worlds, screen):
    async with worlds("failing") as world, screen(world, FAILED) as seen:
        await seen.shows("✗ failed")
        newest = seen.pane.run
        await seen.press("comma")
        await seen.shows("✓ success")
        assert seen.pane.run < newest
        await seen.press("full_stop")
        await seen.shows("✗ failed")
        assert seen.pane.chosen is None


async def test_states_come_in_live_and_nothing_is_laid_out_for_them(worlds, screen, monkeypatch):
    async with worlds("busy") as world, screen(world, "dag/etl_orders/graph") as seen:
        await seen.until(lambda: seen.pane.pane is not None and seen.pane.pane.drawing is not None)
        before = seen.pane.pane.now.states
        monkeypatch.setattr(drawing_module, "laid_out", pytest.fail)
        await world.advance(minutes=3)
        await seen.until(lambda: seen.pane.pane.now.states != before)
        assert seen.pane.pane.drawing is not None


@pytest.mark.slow
async def test_a_dag_that_never_ran_has_a_graph_too(worlds, screen):
    async with worlds("calm") as world, screen(world, "dag/by_hand/graph") as seen:
        await seen.shows("1 task")


async def test_a_large_dag_is_laid_out_aside_and_a_click_moves_the_cursor(worlds, screen):
    async with worlds("big") as world, screen(world, "dag/backtest/graph", 80, 24) as seen:
        await seen.shows("184 tasks in 5 boxes")
        await seen.press("plus")
        await seen.shows("✓ cache_085")
        row = next(y for y, row in enumerate(seen.rows) if "cache_085" in row)
        await seen.pilot.click(seen.pane, offset=(8, row))
        await seen.shows("✓ warm_up.cache_085  success")


def rows_of(pane):
    """Of a pane that has not got the keys."""
    found = []
    for row in pane.rows:
        text = ""
        for span in row:
            text = text.ljust(span.x) + span.text
        found.append(text)
    return found
