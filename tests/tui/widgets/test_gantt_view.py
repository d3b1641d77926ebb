"""A run over time on real runs: it grows, unfolds, zooms, and shows what the run had to wait for."""

from __future__ import annotations

import pytest

from flowlite.tui.acting.aims import tasks_aimed_at
from flowlite.tui.model.run import RunModel
from flowlite.tui.model.story import History


async def test_a_failed_run_is_told_with_its_tries_and_what_did_not_run(worlds, screen):
    async with worlds("failing") as world, screen(world, "dag/orders_nightly/gantt") as seen:
        await seen.shows("✗ transform.dedupe")
        row = next(row for row in seen.rows if "transform.dedupe" in row)
        assert row.count("✗") == 4 and row.endswith("52m24s 3 tries *")
        assert "⋯ 20m01s ⋯" in seen.rows[2]
        assert any(row.startswith(" ⊘ transform.mart_orders") and "⊘  not run" in row for row in seen.rows)
        assert seen.rows[-1].startswith(" █ ran  ╌ between tries  ░ queued")


async def test_orders_and_the_critical_path(worlds, screen):
    async with worlds("failing") as world, screen(world, "dag/orders_nightly/gantt") as seen:
        await seen.shows("✗ transform.dedupe")
        await seen.press("s", "s")
        await seen.shows("by length")
        assert "transform.dedupe" in seen.rows[3]
        await seen.press("c")
        await seen.shows("critical path  3 of 38 tasks")
        assert [row.split()[1] for row in seen.rows[3:6]] == [
            "transform.dedupe", "transform.clean_apac", "extract.payments_apac",
        ]  # fmt: skip
        await seen.press("g", "enter")
        await seen.until(lambda: str(seen.app.history.here).endswith("/transform.dedupe"))


@pytest.mark.slow
async def test_zoom_and_scroll(worlds, screen):
    async with worlds("failing") as world, screen(world, "dag/orders_nightly/gantt") as seen:
        await seen.shows("17 s a cell")
        await seen.press("z")
        assert "6.9 s a cell" in seen.rows[0]
        await seen.press("h", "h", "h")
        assert seen.pane.first == 0 and "0" in seen.rows[2].split()
        await seen.press("l")
        assert seen.pane.first > 0
        await seen.press("Z", "Z")
        assert "17 s a cell" in seen.rows[0] and seen.pane.first == 0


async def test_ten_thousand_elements_are_one_row_until_they_are_unfolded(worlds, screen):
    async with worlds("big") as world, screen(world, "dag/backtest/gantt") as seen:
        await seen.shows("+ judge")
        assert "184 tasks in 5 rows" in seen.rows[0]
        assert any("+ warm_up.cache_*" in row and "×180" in row for row in seen.rows)
        await seen.press("space")
        await seen.shows("✓ [0]")
        assert len(seen.pane.picking.keys) > 9_000
        await seen.press("G", "g", "space")
        await seen.shows("✓ cache_000")


async def test_what_is_acted_on_is_the_task_the_element_or_the_family(worlds, screen):
    async with worlds("big") as world, screen(world, "dag/backtest/gantt") as seen:
        await seen.shows("+ judge")
        assert [(aim.name, aim.index) for aim in tasks_aimed_at(seen.app)] == [("judge", -1)]
        await seen.press("space", "j", "j")
        assert [(aim.name, aim.index) for aim in tasks_aimed_at(seen.app)] == [("judge", 1)]
        await seen.press("g")
        assert len(tasks_aimed_at(seen.app)) == 180


async def test_a_live_run_grows(worlds, screen):
    async with worlds("busy") as world, screen(world, "dag/orders_nightly/gantt") as seen:
        await seen.shows("▸")
        ran = sum(row.count("█") for row in seen.rows)
        await world.advance(minutes=5)
        await seen.until(lambda: sum(row.count("█") for row in seen.rows) > ran + 5)


@pytest.mark.slow
async def test_what_has_not_run_says_so(worlds, screen):
    async with worlds("calm") as world, screen(world, "dag/by_hand/gantt") as seen:
        await seen.shows("✓ ") if seen.pane.run else await seen.shows("has not run yet")


@pytest.mark.parametrize(
    "dag_id",
    ["etl_orders", pytest.param("weather", marks=pytest.mark.slow), pytest.param("gold_kpis", marks=pytest.mark.slow)],
)
async def test_what_was_heard_since_is_what_the_daemon_would_tell(worlds, dag_id):
    """Attempts put together from a course of some minutes ago and the events since are those of a course of now."""
    async with worlds("busy") as world:
        run = int((await world.remote.raw("runs", dag_id=dag_id, states=["running"]))[0]["id"])
        model = RunModel(run)
        model.take(await world.remote.raw("run_snapshot", run=run))
        early = History(await world.remote.raw("run_course", run=run))
        seq = model.seq
        await world.advance(minutes=6)
        async for said in world.remote.raw_items("events", after=seq):
            for event in said["events"]:
                if event["run_id"] is not None and int(event["run_id"]) == run:
                    model.apply(event)
            if said["events"] and said["events"][-1]["seq"] >= (await world.remote.raw("run_snapshot", run=run))["seq"]:
                break
        late = History(await world.remote.raw("run_course", run=run))
        assert not late.lacks(model)
        if early.lacks(model):
            return
        old, new = (one.story(model, world.clock.now()) for one in (early, late))
        assert old is not None and new is not None
        for one, other in zip(old.courses, new.courses, strict=True):
            assert one.state == other.state
            assert [(a.number, round(a.started_at, 2)) for a in one.attempts] == [
                (a.number, round(a.started_at, 2)) for a in other.attempts
            ]
        assert [crowd.counts for crowd in old.crowds.values()] == [crowd.counts for crowd in new.crowds.values()]
        assert [len(crowd.starts) for crowd in old.crowds.values()] == [len(c.starts) for c in new.crowds.values()]
