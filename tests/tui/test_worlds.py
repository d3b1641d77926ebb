"""The recorded worlds: every one of them answers in today's shapes, and what happened in it happens again."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest
from worlds.company import catalog_of
from worlds.unpacking import ARCHIVES, archive_of

from flowlite.client.remote_line import DaemonLeft
from flowlite.engine.lock import pid_of
from flowlite.service.api.shapes import REQUIRED
from flowlite.service.api.table import ROUTES, Role
from flowlite.service.presence import DAEMON_ROLE

ALIVE = [name for name in ARCHIVES if name != "gone"]


ASKED_ABOUT = ("orders_nightly", "gold_kpis", "crawl_prices", "monthly_close", "backtest", "gold_daily")
LOOKS = [route for route in ROUTES if route.role is Role.VIEWER and route.method == "GET" and not route.shape.is_stream]


@pytest.mark.parametrize("name", ALIVE)
async def test_every_look_is_answered_in_todays_shapes(worlds, name):
    async with worlds(name) as world:
        for known in [known async for known in things_in(world)]:
            for route in LOOKS:
                needed = {key for key, one in route.shape.arguments.items() if one.default is REQUIRED or key == "text"}
                if needed <= known.keys():  # the client builds the answer's records, or raises
                    await getattr(world.remote, route.verb)(**{key: known[key] for key in needed})


async def things_in(world):
    """What questions may be about: the latest runs of some DAGs with their first task, each backfill."""
    yield {"number": 3, "since": 0.0, "until": world.clock.now()}
    latest = {run.dag_id: run for run in reversed(await world.remote.runs(limit=200))}
    for run in (latest[dag_id] for dag_id in ASKED_ABOUT if dag_id in latest):
        task = (await world.remote.detail(run.id)).tasks[0]
        yield {"run": run.id, "dag_id": run.dag_id, "task_id": task.id, "text": "row", "number": 3, "line": 0}
    for backfill in await world.remote.backfills():
        yield {"backfill": backfill.id}


@pytest.mark.parametrize("name", [name for name in ALIVE if name != "empty"])
def test_lengths_in_recorded_plans_are_those_that_the_dag_files_declare(name):
    declared = catalog_of(name).dags
    with closing(sqlite3.connect(archive_of(name).folder / "flowlite.db")) as db:
        plans = [json.loads(graph) for (graph,) in db.execute("SELECT graph FROM dag_version")]
    assert len(plans) == len(declared)
    for plan in plans:
        dag = declared[plan["dag_id"]]
        assert plan["sla_s"] == dag.settings.sla_s
        for task in plan["tasks"]:
            delay_s = task.get("retry", {}).get("delay_s")
            assert delay_s is None or delay_s == pytest.approx(dag.specs[task["id"]].task.retry.delay_s)


async def test_a_world_looks_the_same_each_time(worlds, tmp_path):
    async with worlds("busy") as world:
        first = await world.remote.snapshot()
        assert first["at"] == world.clock.now()
        assert await world.remote.snapshot() == first
        assert {"running", "queued"} <= set(first["runs"]["state"])
    assert first["declared"]["file"][0].startswith("/srv/")


async def test_what_happened_in_a_world_happens_again(worlds):
    async with worlds("busy") as world:
        before = await world.remote.snapshot()
        stream = world.remote.events(after=before["seq"])
        assert (await anext(stream)).events == ()
        count = await world.advance(minutes=2)
        batch = await anext(stream)
        assert (len(batch.events), batch.seq) == (count, await world.last_event())
        assert max(event.at for event in batch.events) <= world.clock.now()
        await stream.aclose()
        await world.advance(minutes=20)
        after = await world.remote.snapshot()
    assert after["seq"] > batch.seq > before["seq"]
    assert dict(zip(after["runs"]["run_id"], after["runs"]["state"], strict=True)) != dict(
        zip(before["runs"]["run_id"], before["runs"]["state"], strict=True)
    )


async def test_a_state_that_was_played_to_its_end_is_the_one_that_was_recorded(worlds):
    import sqlite3

    async with worlds("busy") as world:
        for _ in range(30):
            await world.advance(minutes=1)
        await world.down()
        with sqlite3.connect(world.place.state / "flowlite.db") as db:
            db.execute("ATTACH ? AS later", (str(world.root / "later.db"),))
            for wanted in ("id, dag_id, state", ""):
                table = "run" if wanted else "task_instance"
                columns = wanted or "run_id, task_no, map_index, state, attempt"
                assert (
                    db.execute(
                        f"SELECT {columns} FROM main.{table} EXCEPT SELECT {columns} FROM later.{table}"
                    ).fetchall()
                    == []
                )


async def test_a_log_grows_with_its_world(worlds):
    async with worlds("busy") as world:
        running = next(run for run in await world.remote.runs("retrain_model", limit=1))
        before = await world.remote.log_page(running.id, "train")
        await world.advance(minutes=2)
        after = await world.remote.log_page(running.id, "train")
    assert 0 < before.total < after.total
    assert after.lines[: before.total] == before.lines


async def test_what_is_asked_of_the_desk_is_noted_and_done_and_starts_nothing(worlds):
    async with worlds("failing") as world:
        (run,) = await world.remote.runs("orders_nightly", limit=1)
        shown = await world.remote.preview(run.id, [], None, with_downstream=True, only_failed=True)
        assert world.asked == []
        await world.remote.clear(run.id, [], None, with_downstream=True, only_failed=True, why="", seen=shown.token)
        (asked,) = world.asked
        assert (asked.verb, asked.args["seen"]) == ("clear", shown.token)
        await world.settled()
        detail = await world.remote.detail(run.id)
        assert (detail.run.state, detail.counts["running"]) == ("running", 1)
        await world.end("transform.dedupe")
        detail = await world.remote.detail(run.id)
        assert detail.counts["running"] + detail.counts["queued"] == 6


async def test_a_daemon_that_is_gone_left_what_a_killed_one_leaves(worlds):
    async with worlds("gone") as world:
        assert pid_of(world.place.state, DAEMON_ROLE) is None
        with pytest.raises(DaemonLeft):
            await world.remote.health()
        await world.up()
        assert (await world.remote.health()).is_ok
        await world.down()


async def test_a_daemon_may_go_and_come_back(worlds):
    async with worlds("busy") as world:
        stream = world.remote.events()
        await anext(stream)
        await world.down()
        with pytest.raises(Exception, match=r"goes down|went away"):
            await anext(stream)
        await world.up()
        assert (await world.remote.snapshot())["runs"]["state"]
