"""The trends of real DAGs: a curve of their runs, figures of their tasks."""

from __future__ import annotations

import pytest


async def test_the_last_runs_and_their_tasks(worlds, screen):
    async with worlds("failing") as world, screen(world, "dag/orders_nightly/trends") as seen:
        await seen.shows("last 39 runs")
        assert "success 97.4 %" in seen.rows[0] and "p50 10m30s" in seen.rows[0]
        assert any(row.endswith("p50 10m30s") for row in seen.rows[2:])
        assert any("18 Oct 2026" in row and "25 Nov 2026" in row for row in seen.rows)
        assert any(row.startswith(" transform.dedupe") and row.endswith("12 %") for row in seen.rows)
        assert seen.rows[-1].startswith(" retries  transform.dedupe 2")


@pytest.mark.slow
async def test_orders_and_how_far_back(worlds, screen):
    async with worlds("failing") as world, screen(world, "dag/orders_nightly/trends") as seen:
        await seen.shows("tasks by share")
        await seen.press("s")
        await seen.shows("tasks by change")
        await seen.press("underscore")
        await seen.shows("last 30 runs")
        await seen.press("g", "j", "j")
        assert seen.pane.picking.at == 2


async def test_a_run_that_takes_longer_than_runs_do_says_so(worlds, screen):
    async with worlds("busy") as world, screen(world, "dag/retrain_model/trends") as seen:
        await seen.shows("Trends")
        world.clock.at += 3_600  # an hour goes by in which nothing is heard of it
        await seen.shows("its usual time")


@pytest.mark.slow
async def test_a_dag_without_runs_has_nothing_to_show(worlds, screen):
    async with worlds("calm") as world, screen(world, "dag/rebalancing/trends", 80, 24) as seen:
        await seen.shows("no run has ended yet")
