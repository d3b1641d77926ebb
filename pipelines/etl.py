"""Pipeline 1: what the source systems deliver becomes figures that people and models can trust.

Every hour, on the hour:

    arrived -> download -> silver -> silver_tests -> gold -> publish_metrics        gold_kpis
                                                                 |
                                                                 +-> embed_days     embedding_pipeline, same date

Bronze is what the sources say, Silver is clean, Gold answers questions. The tests in the middle stop the line when a
day is too dirty: Gold then keeps what it had, and `flowlite why` names the test, the model and the number of rows.

`gold_daily` does the same for a whole day in one go; it is what a backfill runs.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import flowlite
from flowlite import Asset, Context, Fail, Retry, cron, dag, task
from flowlite.integrations import dbt, metrics, s3, sql

TIMEZONE = "America/New_York"  # the sources write Washington's time, so a "day" is a day there
SOURCES = ("hourly_counts", "weather", "bookings", "vehicle_telemetry")
PROJECT = Path(__file__).parent / "dbt"
LAKE = Path(flowlite.connection("warehouse").root)

kpi_summary = Asset("gold.kpi_summary")

# S3 and the gateway have bad minutes; waiting a little longer each time gets over most of them.
patient = Retry(4, backoff="exponential", delay=2, max_delay=300, jitter=0.2)
# dbt runs again only what failed or was skipped. A bad test is no bad luck: trying again would not change the data.
once_more = Retry(1, delay=5, never_on=(dbt.DataQualityFailed,))
# A day with a big event may not fit into the usual memory: the next attempt gets twice as much.
with_more_memory = {
    "memory": "1GiB",
    "retries": Retry(2, delay=5, memory_factor=2, never_on=(dbt.DataQualityFailed,)),
}

for_this_date = {"vars": {"run_date": "{{ ds }}"}, "env": {"LAKE_ROOT": str(LAKE)}, "pool": "dbt"}


def this_hour(ctx: Context) -> list[str]:
    """Where each source puts its object for the hour that this run is about."""
    hour = ctx.logical_date.astimezone(ZoneInfo(TIMEZONE)).hour
    return [f"bronze/{source}/ds={ctx.ds}/hr={hour:02}." for source in SOURCES]


@task(retries=patient, pool="s3", timeout=timedelta(minutes=10))
def download(ctx: Context) -> int:
    """Bring the date's objects to the lake: all hours so far, as far as they are not there yet."""
    fetched = 0
    for done, source in enumerate(SOURCES, start=1):
        fetched += len(s3.mirror("lake", f"bronze/{source}/ds={ctx.ds}/", LAKE))
        ctx.progress(done, len(SOURCES), source)
    return fetched


@task(retries=patient, pool="s3", timeout=timedelta(minutes=10))
def whole_day(ctx: Context) -> int:
    """Bring a date that is over to the lake; without a single object there is nothing to compute."""
    if not s3.keys_below("lake", f"bronze/hourly_counts/ds={ctx.ds}/"):
        raise Fail(f"no Bronze objects of {ctx.ds} in connection 'lake'; was this date ever published?")
    return sum(len(s3.mirror("lake", f"bronze/{source}/ds={ctx.ds}/", LAKE)) for source in SOURCES)


@task(retries=patient)
def publish_metrics(ctx: Context) -> dict[str, float]:
    """Show the day's figures to Prometheus. `mobilitycorp_kpi_date` says which day they are about."""
    [day] = sql.query(
        "warehouse",
        "select rentals, coalesce(casual_share_pct, 0) as casual, vehicles_used, epoch(ds) as day from read_parquet(?)",
        [str(LAKE / "gold" / "kpi_summary" / f"ds={ctx.ds}" / "data.parquet")],
    )
    gauges = [
        metrics.gauge("mobilitycorp_rentals", day["rentals"], "Rentals of the day so far."),
        metrics.gauge("mobilitycorp_casual_share_percent", day["casual"], "Rentals without a membership."),
        metrics.gauge("mobilitycorp_vehicles_used", day["vehicles_used"], "Vehicles with at least one ride."),
        metrics.gauge("mobilitycorp_kpi_date", day["day"], "The day in question, in seconds since 1970."),
    ]
    metrics.push("metrics", gauges, job=ctx.dag_id)
    return {gauge.name: gauge.value for gauge in gauges}


@dag(schedule=cron("0 * * * *", tz=TIMEZONE), sla=timedelta(minutes=45), tags=["etl"], team="data")
def gold_kpis():
    """Bronze to Silver to Gold, every hour, for the date so far."""
    arrived = s3.new_objects("lake", this_hour, id="arrived", timeout=timedelta(minutes=50), retries=patient)
    silver = dbt.run(PROJECT, id="silver", select="tag:silver", **for_this_date, **with_more_memory)
    silver_tests = dbt.test(PROJECT, id="silver_tests", select="tag:silver", **for_this_date, retries=once_more)
    gold = dbt.build(PROJECT, id="gold", select="tag:gold", **for_this_date, retries=once_more, outlets=[kpi_summary])
    arrived >> download() >> silver >> silver_tests >> gold >> publish_metrics()


@dag(schedule=cron("0 3 * * *", tz=TIMEZONE), tags=["etl"], team="data")
def gold_daily():
    """The whole of a day in one dbt process: for the night, and for `flowlite backfill gold_daily START END`."""
    build = dbt.build(
        PROJECT, id="build", select="tag:silver tag:gold", **for_this_date, retries=once_more, outlets=[kpi_summary]
    )
    whole_day() >> build
