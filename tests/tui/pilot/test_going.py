"""Going about: places, panes, history, filters, marks, the palette, the mouse."""

from __future__ import annotations

from screens import screen_of

from flowlite.tui.places import place_of
from flowlite.tui.themes import THEMES
from flowlite.tui.widgets.listing import Listing
from flowlite.tui.widgets.run_grid import RunGrid


async def test_who_has_never_seen_it_finds_what_failed_why_and_retries_it_with_three_keys(tmp_path):
    async with screen_of("failing", tmp_path) as screen:
        assert screen.line("failed  gold_kpis")
        await screen.press("f")
        assert "✗ tests  Fail: data test not_null_trips_duration failed" in screen.lines[1]
        assert "▌ ✗ tests" in screen.text
        assert "r retry" in screen.lines[-1]
        await screen.press("r")
        assert screen.line("will run again")
        await screen.press("right", "enter")
        assert [one.verb for one in screen.world.asked] == ["clear"]
        await screen.until(lambda: "✗ tests" not in screen.text, "the run does not go on")


async def test_home_begins_on_what_needs_a_person_most(tmp_path):
    async with screen_of("failing", tmp_path) as screen:
        assert screen.line("▌ gold_kpis")


async def test_places_are_gone_back_to_as_they_were(tmp_path):
    async with screen_of("failing", tmp_path) as screen:
        await screen.press("j", "j", "enter")
        assert "ml_features" in screen.lines[0]
        await screen.press("5", "j", "j", "enter")
        assert "run 108" in screen.lines[0]
        await screen.press("left_square_bracket")
        assert "108  2026" in screen.cursor and "5 Runs" in screen.text
        await screen.press("right_square_bracket")
        assert "run 108" in screen.lines[0]
        await screen.press("q", "q")
        assert screen.line("▌ ml_features")


async def test_escape_takes_back_marks_then_the_filter_then_the_place(tmp_path):
    async with screen_of("calm", tmp_path, place="dag/etl_orders/runs") as screen:
        await screen.press("slash")
        await screen.type("state:success")
        await screen.press("enter", "space", "space")
        listing = screen.app.focused
        assert isinstance(listing, Listing) and len(listing.picking.marks) == 2
        await screen.press("escape")
        assert not listing.picking.marks and listing.filter
        await screen.press("escape")
        assert not listing.filter
        await screen.press("escape")
        assert screen.app.history.here == place_of("home")


async def test_a_filter_is_heard_letter_by_letter_and_what_is_wrong_is_said(tmp_path):
    async with screen_of("failing", tmp_path) as screen:
        await screen.press("slash")
        await screen.type("state:failed")
        assert screen.line("DAGs 3 of 22")
        await screen.type(" -ml")
        assert screen.line("DAGs 2 of 22")
        await screen.type(" nothing:x")
        assert "there is no nothing: here" in screen.lines[-1]
        await screen.press("escape")
        assert screen.line("DAGs 22 ")


FILTERS = {
    "state:failed,running": "4 of 22", "took>10m": "3 of 22", "tag:ml": "4 of 22", "is:paused": "1 of 22",
    "etl": "2 of 22", "dag:etl_*": "2 of 22", "in_a_row>=4": "2 of 22", "gkp": "1 of 22", "-state:success": "9 of 22",
}  # fmt: skip


async def test_the_grammar_of_filters_on_home(tmp_path):
    async with screen_of("failing", tmp_path) as screen:
        for text, number in FILTERS.items():
            await screen.press("slash", "ctrl+u")
            await screen.type(text)
            await screen.press("enter")
            assert f"DAGs {number} " in screen.lines[1], (text, screen.lines[1])


async def test_lists_are_sorted_by_each_of_their_columns(tmp_path):
    async with screen_of("failing", tmp_path) as screen:
        await screen.press("s")
        assert screen.line("by state")
        names = [line.split()[0] for line in screen.lines[3:6]]
        assert names == ["gold_kpis", "ml_features", "orders_nightly"] or "▌" in names
        await screen.press("s", "s")
        assert screen.line("by took")
        assert "orders_nightly" in screen.lines[3]
        await screen.press("S")
        assert "orders_nightly" not in screen.lines[3]


async def test_events_from_before_one_looked_are_there_as_far_back_as_they_are_kept(tmp_path):
    async with screen_of("busy", tmp_path, place="events") as screen:
        await screen.until(lambda: "started" in screen.text)
        assert screen.line("retrying")


async def test_one_key_walks_through_all_that_fails(tmp_path):
    async with screen_of("failing", tmp_path) as screen:
        seen = []
        for _ in range(4):
            await screen.press("f")
            seen.append(screen.lines[0].split()[2])
        assert seen == ["gold_kpis", "orders_nightly", "ml_features", "gold_kpis"]


async def test_the_palette_finds_dags_runs_places_actions_and_themes(tmp_path):
    async with screen_of("failing", tmp_path) as screen:
        await screen.press("colon")
        await screen.type("dag nightly")
        await screen.press("enter")
        assert screen.app.history.here == place_of("dag/orders_nightly")
        await screen.press("ctrl+p")
        await screen.type("run 429")
        await screen.press("enter")
        assert screen.app.history.here == place_of("run/429")
        await screen.press("colon")
        await screen.type("go pools")
        await screen.press("enter")
        assert screen.app.history.here == place_of("pools")
        await screen.press("colon")
        await screen.type("theme light")
        await screen.press("enter")
        assert screen.app.painter.theme is THEMES["light"]


async def test_a_theme_is_worn_by_everything_that_is_seen(tmp_path):
    async with screen_of("calm", tmp_path) as screen:
        for theme in THEMES.values():
            screen.app.wear(theme.name)
            await screen.settled()
            grounds = {segment.style.bgcolor for strip in screen._strips() for segment in strip}
            if theme.palette.ground:
                wanted = {theme.palette.ground, theme.palette.cursor}
                assert {colour.name for colour in grounds} <= wanted


async def test_panes_are_reached_with_tab_and_a_need_leads_to_its_place(tmp_path):
    async with screen_of("failing", tmp_path, size=(120, 36)) as screen:
        await screen.press("tab", "j", "enter")
        assert screen.app.history.here == place_of("run/429")
        await screen.press("q", "j", "j", "j", "enter")
        assert "problems" in str(screen.app.history.here)
        await screen.press("shift+tab")


async def test_the_mouse_does_what_keys_do(tmp_path):
    async with screen_of("failing", tmp_path) as screen:
        row = next(y for y, line in enumerate(screen.lines) if "orders_nightly" in line)
        await screen.pilot.click(offset=(5, row))
        await screen.settled()
        assert screen.line("▌ orders_nightly")
        await screen.pilot.click(offset=(5, row), times=2)
        await screen.settled()
        assert screen.app.history.here == place_of("dag/orders_nightly")
        tab = screen.lines[1].index("Runs")
        await screen.pilot.click(offset=(tab, 1))
        await screen.settled()
        assert "51  2026" in screen.cursor
        await screen.pilot.click(offset=(screen.lines[-1].index("trigger"), 23))
        await screen.settled()
        assert screen.line("Trigger orders_nightly")
        await screen.press("escape")
        await screen.pilot.click(offset=(2, 0))
        await screen.settled()
        assert screen.app.history.here == place_of("home")


async def test_the_wheel_scrolls(tmp_path):
    async with screen_of("calm", tmp_path, place="dag/crawl_prices/runs") as screen:
        listing = screen.app.focused
        assert isinstance(listing, Listing)
        await screen.pilot._post_mouse_events([_wheel()], widget=listing)
        await screen.settled()
        assert listing.picking.top == 3


def _wheel():
    from textual import events

    return events.MouseScrollDown


async def test_marks_and_ranges_in_a_list(tmp_path):
    async with screen_of("calm", tmp_path, place="dag/crawl_prices/runs") as screen:
        await screen.press("space", "j", "v", "j", "j", "v")
        listing = screen.app.focused
        assert isinstance(listing, Listing)
        assert [listing.picking.keys.index(key) for key in listing.picking.marks] == [0, 2, 3, 4]
        await screen.press("asterisk")
        assert len(listing.picking.marks) == len(listing.picking.keys)
        await screen.press("ctrl+a")
        assert not listing.picking.marks


async def test_the_cross_of_the_grid_goes_both_ways_and_into_the_run(tmp_path):
    async with screen_of("failing", tmp_path, place="dag/ml_features/grid") as screen:
        grid = screen.app.focused
        assert isinstance(grid, RunGrid)
        assert grid.tasks.key == "load_labels" and grid.run.run.state == "failed"
        newest = grid.runs.key
        await screen.press("h", "h", "k")
        assert grid.run.run.id == newest - 2 and grid.tasks.key == "read_gold"
        await screen.press("home", "G")
        assert grid.runs.at == 0 and grid.tasks.key == "write"
        await screen.press("end", "g", "j", "enter")
        assert str(screen.app.history.here) == f"run/{newest}/load_labels"


async def test_the_grid_folds_groups_and_hides_what_is_well(tmp_path):
    async with screen_of("failing", tmp_path, place="dag/ml_features/grid") as screen:
        await screen.press("j", "z")
        assert screen.line("+ features") and "calendar" not in screen.text
        await screen.press("z")
        assert screen.line("calendar")
        await screen.press("F")
        assert "read_gold" not in screen.text and screen.line("load_labels")
        grid = screen.app.focused
        assert all(run in range(101, 111) for run in grid.runs.keys)


async def test_a_rectangle_of_the_grid_is_marked(tmp_path):
    async with screen_of("failing", tmp_path, place="dag/ml_features/grid") as screen:
        await screen.press("v", "h", "h", "j", "v")
        grid = screen.app.focused
        assert len(grid.marks) == 6
        await screen.press("r")
        assert screen.line("in 3 runs will run again")
        await screen.press("escape", "escape")
        assert not grid.marks


async def test_the_code_of_a_dag_is_shown_with_its_tasks(tmp_path):
    async with screen_of("calm", tmp_path, place="dag/ml_features/code") as screen:
        assert screen.line("1 ")


async def test_the_tree_of_a_run_folds_filters_and_is_gone_to_by_a_place(tmp_path):
    async with screen_of("failing", tmp_path, place="run/51/transform.dedupe") as screen:
        assert screen.line("▌   ✗ dedupe")
        await screen.press("slash")
        await screen.type("state:upstream")
        assert screen.line("Tasks 17 of 38")
        await screen.press("escape", "Z")
        assert screen.line("+ extract") and "dedupe" not in "\n".join(screen.lines[3:])
        await screen.press("Z")
        assert screen.line("dedupe")


async def test_ten_thousand_elements_are_a_list_like_any_other(tmp_path):
    async with screen_of("big", tmp_path, place="dag/backtest/grid") as screen:
        await screen.press("enter")
        tree = screen.app.focused
        wide = max((task for task in tree.model.tasks if task.width), key=lambda task: task.width)
        await screen.press("slash")
        await screen.type("state:failed,retrying")
        await screen.press("enter")
        assert 0 < len(tree.picking.keys) < tree.total
        await screen.press("escape")
        tree.reveal(tree.model.instance(wide.id, wide.width - 1))
        tree.renew_now()
        await screen.settled()
        assert f"[{wide.width - 1}]" in screen.line("▌")


async def test_a_list_leads_to_what_it_is_about(tmp_path):
    async with screen_of("busy", tmp_path) as screen:
        for place in ("sla", "events", "assets", "approvals", "backfills"):
            await screen.go(place)
            await screen.press("enter")
            assert str(screen.app.history.here) != place, screen.text


async def test_a_place_that_is_not_there_is_told(tmp_path):
    async with screen_of("calm", tmp_path) as screen:
        await screen.go("nowhere/17")
        assert "there is no place 'nowhere/17'" in screen.lines[-1]
        await screen.go("run/99999")
        assert screen.line("there is no run 99999")
