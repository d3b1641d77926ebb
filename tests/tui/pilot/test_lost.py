"""A daemon that goes away and comes back: told at once, nothing forgotten, live again at once."""

from __future__ import annotations

import time

from screens import screen_of

from flowlite.tui.widgets.listing import Listing


async def test_a_daemon_that_is_gone_is_told_and_everything_stays_where_it_was(tmp_path):
    async with screen_of("busy", tmp_path, place="dag/crawl_prices/runs") as screen:
        await screen.press("slash")
        await screen.type("state:success")
        await screen.press("enter", "j", "j", "space", "j", "j")
        listing = screen.app.focused
        assert isinstance(listing, Listing)
        before = (listing.picking.key, list(listing.picking.marks), listing.filter.text, list(listing.picking.keys))
        since = time.monotonic()
        await screen.world.down()
        await screen.until(lambda: "daemon gone since" in screen.lines[0], "nobody is told")
        assert time.monotonic() - since <= 1.0
        await screen.press("t")
        assert "no daemon is up to do it" in screen.lines[-1]
        await screen.press("j", "k")
        assert listing.picking.key == before[0]
        since = time.monotonic()
        await screen.world.up()
        await screen.until(lambda: "daemon gone" not in screen.lines[0], "it does not come back")
        assert time.monotonic() - since <= 2.0
        assert (
            listing.picking.key,
            list(listing.picking.marks),
            listing.filter.text,
            list(listing.picking.keys),
        ) == before


async def test_a_run_goes_on_where_it_was_looked_at(tmp_path):
    async with screen_of("busy", tmp_path, place="run/432") as screen:
        tree = screen.app.focused
        await screen.press("j")
        key = tree.picking.key
        await screen.world.down()
        await screen.until(lambda: "daemon gone" in screen.lines[0])
        assert screen.line("Tasks")
        await screen.world.up()
        await screen.until(lambda: "daemon gone" not in screen.lines[0])
        await screen.world.advance(seconds=60)
        await screen.settled()
        assert tree.picking.key == key


async def test_where_there_is_no_daemon_yet_it_is_waited_for(tmp_path):
    async with screen_of("gone", tmp_path) as screen:
        assert "daemon gone since" in screen.lines[0]
        assert screen.line("no daemon is up")
        await screen.world.up()
        await screen.until(lambda: "DAGs 22" in screen.text)


async def test_what_happens_is_seen_at_once(tmp_path):
    async with screen_of("busy", tmp_path, place="dag/dq_checks/grid") as screen:
        grid = screen.app.focused
        assert grid.run.run.state == "running"
        for _ in range(20):
            await screen.world.advance(seconds=20)
            await screen.settled()
            if grid.run.run.state != "running":
                break
        assert grid.run.run.state == "success"
        assert screen.app.world.dags["dq_checks"].last is not None


async def test_all_that_is_told_of_a_run_adds_up_to_what_the_daemon_has(tmp_path):
    """After minutes of events, each model is what a new snapshot says."""
    from flowlite.tui.model.grid import GridModel
    from flowlite.tui.model.run import RunModel
    from flowlite.tui.model.world import World

    async with screen_of("busy", tmp_path, place="dag/etl_orders/grid") as screen:
        grid = screen.app.reader.grid("etl_orders")
        for run in (506, 498, 432):
            screen.app.reader.run(run)
        await screen.settled()
        for _ in range(6):
            await screen.world.advance(seconds=30)
            await screen.settled()
        raw = screen.app.remote.raw
        for id_, model in screen.app.reader.runs.items():
            anew = RunModel(id_)
            anew.take(await raw("run_snapshot", run=id_))
            assert model.state == anew.state
            assert model.tally() == anew.tally()
            assert [
                (one.task.id, one.index, one.attempt) for one in model.in_state("running", "failed", "retrying")
            ] == [(one.task.id, one.index, one.attempt) for one in anew.in_state("running", "failed", "retrying")]
        again = GridModel("etl_orders")
        again.take(await raw("grid", dag_id="etl_orders", last=60))
        for run, cell in again.by_id.items():
            assert bytes(grid.by_id[run].cells) == bytes(cell.cells), run
        world = World()
        world.take(await raw("snapshot", last=30))
        ours = screen.app.world
        assert {id_: [(run.id, run.state) for run in dag.runs[:10]] for id_, dag in ours.dags.items()} == {
            id_: [(run.id, run.state) for run in dag.runs[:10]] for id_, dag in world.dags.items()
        }
        counts = {id_: {state: n for state, n in dag.counts.items() if n} for id_, dag in ours.dags.items()}
        assert counts == {id_: dict(dag.counts) for id_, dag in world.dags.items()}
        assert {name: (pool.used, pool.queued) for name, pool in ours.pools.items()} == {
            name: (pool.used, pool.queued) for name, pool in world.pools.items()
        }


async def test_news_that_comes_while_the_application_ends_is_not_drawn(tmp_path):
    beats = []
    async with screen_of("calm", tmp_path) as screen:
        app = screen.app
        ends = app._close_all

        async def ends_with_news():
            await ends()
            assert not app.screen_stack
            app.heard()
            beats.append(not app.pulse.is_quiet)

        app._close_all = ends_with_news
    assert beats == [False]
