"""Schedules of assets: which updates start a run, and how many."""

from __future__ import annotations

from flowlite import Asset, Dag, cron, task
from flowlite.core.intervals import WAS_PAUSED
from flowlite.engine.requests import Request

A, B = Asset("a"), Asset("b")


def maker(asset: Asset, **settings) -> Dag:
    """A DAG whose run updates an asset."""

    @task(outlets=[asset])
    async def make():
        return None

    with Dag(f"make_{asset.name}", **settings) as dag:
        make()
    return dag


async def make(scene, asset: Asset) -> None:
    await scene.engine.request(Request(dag=scene.dags[f"make_{asset.name}"]))
    await scene.settled()


async def test_any_of_them_starts_a_run_and_all_of_them_another(scene_at, dag_named):
    scene = scene_at("2024-01-01T00:30")
    await scene.up(maker(A), maker(B), dag_named("either", schedule=A | B), dag_named("both", schedule=A & B))
    await make(scene, A)
    assert (len(await scene.runs("either")), len(await scene.runs("both"))) == (1, 0)
    await scene.clock.advance(minutes=1)
    await make(scene, B)
    assert (len(await scene.runs("either")), len(await scene.runs("both"))) == (2, 1)
    (run,) = await scene.runs("both")
    assert (run.kind, run.asked_by, run.logical_date) == ("asset", "update of a, b", scene.clock.now())


async def test_several_updates_before_a_run_are_answered_by_one(scene_at, dag_named):
    scene = scene_at("2024-01-01T00:30")
    await scene.up(maker(A), maker(B), dag_named("both", schedule=A & B))
    for asset in (A, A, A, B, B):
        await make(scene, asset)
    assert len(await scene.runs("both")) == 1
    await make(scene, A)
    assert len(await scene.runs("both")) == 2, "b was updated once more after the first run"


async def test_updates_from_before_a_dag_was_known_do_not_count(scene_at, dag_named):
    scene = scene_at("2024-01-01T00:30")
    await scene.up(maker(A))
    await make(scene, A)
    await scene.scheduler.dags_changed([dag_named("late", schedule=A)])
    await scene.settled()
    assert await scene.runs("late") == []
    await make(scene, A)
    assert len(await scene.runs("late")) == 1


async def test_an_update_by_a_person_counts_and_is_written_down(scene_at, dag_named):
    scene = scene_at("2024-01-01T00:30")
    await scene.up(dag_named("after", schedule=A))
    await scene.engine.update_asset("a", by="ana", why="the file came by mail")
    await scene.settled()
    assert [run.state for run in await scene.runs("after")] == ["success"]
    (update,) = await scene.store.views.asset_rows()
    assert (update.asset, update.run_id) == ("a", None)
    (row,) = await scene.store.views.audit_rows("asset a")
    assert (row.by, row.verb, row.why) == ("ana", "update", "the file came by mail")


async def test_an_update_that_was_committed_just_before_a_kill_still_starts_its_run_once(scene_at, dag_named):
    scene = scene_at("2024-01-01T00:30")
    await scene.up(maker(A), dag_named("after", schedule=A))
    await scene.scheduler.stop()
    await scene.engine.request(Request(dag=scene.dags["make_a"]))
    await scene.engine.settled()
    for _ in range(2):
        await scene.kill()
        await scene.up()
        assert len(await scene.runs("after")) == 1


async def test_what_becomes_due_in_a_pause_is_skipped_and_says_so(scene_at, dag_named):
    scene = scene_at("2024-01-01T00:30")
    await scene.up(maker(A), dag_named("after", schedule=A))
    await scene.scheduler.set_paused("after", is_paused=True, by="ana")
    await make(scene, A)
    await scene.scheduler.set_paused("after", is_paused=False, by="ana")
    await scene.settled()
    assert (await scene.runs("after"), await scene.reasons("after")) == ([], [WAS_PAUSED])
    await make(scene, A)
    assert len(await scene.runs("after")) == 1


async def test_a_chain_of_assets_runs_through(scene_at):
    scene = scene_at("2024-01-01T00:30")
    chain = [maker(Asset("0"), schedule=cron("0 * * * *"))]
    chain += [maker(Asset(str(n)), schedule=Asset(str(n - 1))) for n in range(1, 5)]
    await scene.up(*chain)
    await scene.clock.advance(minutes=30)
    assert [len(await scene.runs(dag.id)) for dag in chain] == [1] * 5


async def test_times_and_assets_in_one_list_both_start_runs(scene_at, dag_named):
    scene = scene_at("2024-01-01T00:30")
    await scene.up(maker(A), dag_named("mixed", schedule=["@hourly", A]))
    await make(scene, A)
    await scene.clock.advance(minutes=30)
    assert sorted(run.kind for run in await scene.runs("mixed")) == ["asset", "scheduled"]
