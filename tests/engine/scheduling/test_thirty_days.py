"""A scheduler over thirty days, against the table of `thirty_days`."""

from __future__ import annotations

from flowlite import cron, every
from tests.engine.scheduling.thirty_days import DOWN, END, TABLES, check


def dags(dag_named):
    more = {"catchup": True, "start": "2024-03-14", "max_active_runs": 2}
    nightly = cron("30 2 * * *", tz="Europe/Berlin")
    return [
        dag_named("hourly", schedule="@hourly"),
        dag_named("quarters", schedule=every(minutes=15)),
        dag_named("quarters_caught_up", schedule="*/15 * * * *", **more),
        dag_named("nightly", schedule=nightly),
        dag_named("nightly_caught_up", schedule=nightly, **more),
        dag_named("listed", schedule=[cron("0 6 * * *", "Europe/Berlin"), cron("0 6,18 * * 1-5", "Europe/Berlin")]),
    ]


async def live(scene) -> None:
    """Through the thirty days."""
    for down, up, why in DOWN:
        await scene.clock.advance(seconds=(down - scene.clock.time).total_seconds())
        if why == "kill":
            await scene.kill()
        scene.clock.set_to(up)
        if why == "kill":
            await scene.up()
    await scene.clock.advance(seconds=(END - scene.clock.time).total_seconds())


async def test_what_ran_when_is_what_the_table_says(scene_at, dag_named):
    scene = scene_at("2024-03-15T00:07")
    await scene.up(*dags(dag_named))
    await live(scene)
    for name in TABLES:
        check(name, await scene.rows(name), await scene.runs(name))
