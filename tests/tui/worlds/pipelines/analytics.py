"""Gold tables, features, models, and what stands on them."""

from __future__ import annotations

from acting import STAGE, build, label, number_of, past, piece, play, pressed, retry, stage, train
from pydantic import BaseModel, Field

from flowlite import Asset, Context, approve, dag, group, sensor, trigger

rides = Asset("silver.rides")
kpis = Asset("gold.kpi_summary")

SILVER = ("stg_trips", "stg_stations", "clean_vehicle_telemetry", "aggregate_bookings", "weather_conditions")
TESTS = ("unique_trips_id", "not_null_trips_duration", "accepted_station_state")
GOLD = ("kpi_summary", "fleet_health", "demand_features_hourly", "revenue_by_zone")


@sensor(poke_every=pressed(seconds=30).total_seconds(), timeout=3600)
async def rides_are_there(ctx: Context) -> bool:
    """New objects in the bucket; they come late in the present."""
    return not (stage().is_live and stage().world == "busy")


@dag(
    schedule="0 * * * *", sla=pressed(minutes=45), tags=["dbt", "gold"], owner="data", max_active_runs=2,
    **past(36, hours=1),
)  # fmt: skip
def gold_kpis():
    """Bronze to gold, hour by hour."""
    bronze = play.options(id="bronze", pool="http")(20, rows=44_000)
    silver = build.options(id="silver", pool="mem", outlets=[rides])(80, models=SILVER)
    tests = build.options(id="tests", pool="mem")(24, models=TESTS)
    gold = build.options(id="gold", pool="mem", outlets=[kpis])(66, models=GOLD)
    metrics = play.options(id="metrics")(3)
    bronze >> silver >> tests >> gold >> metrics


@dag(tags=["ml"], owner="ml")
def embeddings():
    """Profiles of the day as vectors."""
    play.options(id="profiles", pool="mem")(40, rows=9_000) >> play.options(id="vectors", pool="mem")(75, rows=9_000)


gold_kpis >> embeddings


@dag(schedule="0 2 * * *", tags=["ml"], owner="ml", team="ml", sla=pressed(minutes=30), **past(30, days=1))
def ml_features():
    """Features of the last ninety days."""
    read = play.options(id="read_gold", pool="db")(95, rows=2_160)
    labels = label.options(id="load_labels", pool="mem", retries=retry(1, 60))(180)
    with group("features"):
        made = [play.options(id=name, pool="mem")(50, rows=2_160) for name in ("calendar", "weather", "lags", "events")]
    out = play.options(id="write", pool="db")(60, rows=2_160)
    read >> labels
    for one in made:
        labels >> one >> out


class Training(BaseModel):
    """What a training may be told."""

    days: int = Field(90, ge=7, le=730, description="how many days of history")
    trainer: str = Field("local", description="where it is trained", pattern="^(local|spark)$")
    is_champion_kept: bool = Field(True, description="keep the old model for a rollback")


@dag(
    schedule="0 3 * * *", params=Training, tags=["ml"], owner="ml", team="ml", timeout=pressed(hours=4),
    **past(20, days=1),
)  # fmt: skip
def retrain_model():
    """A new model, and whether it is better than the champion."""
    features = play.options(id="features", pool="db")(60, rows=2_160)
    fitted = train.options(id="train", pool="mem", retries=1)(420)
    judged = play.options(id="compare")(20)
    promoted = play.options(id="promote")(6)
    features >> fitted >> judged >> promoted


@dag(schedule="@monthly", tags=["finance"], owner="finance")
def monthly_close():
    """Books closed, after a person has looked."""
    collected = play.options(id="collect", pool="db")(240, rows=310_000)
    question = approve("close the month?", approvers=["finance"])
    collected >> question >> play.options(id="close", pool="db")(120)


@dag(schedule=rides & kpis, tags=["fleet"], owner="fleet", paused=bool(STAGE) and not stage().is_live)
def rebalancing():
    """Where vehicles should stand tomorrow."""
    play.options(id="demand", pool="mem")(30, rows=700) >> play.options(id="routes")(55, rows=120)


@dag(schedule="15 * * * *", tags=["fleet"], owner="fleet", **past(20, hours=1))
def ride_files():
    """Waits for the files of the hour."""
    rides_are_there() >> play.options(id="load", pool="db")(35, rows=44_000)


@dag(tags=["ml", "big"], owner="ml", max_active_runs=1)
def backtest():
    """Ten thousand pieces of history against the model."""
    pieces = number_of.options(id="split")(9_800, 20)
    judged = piece.options(id="judge", pool="wide").partial(took=60.0).map(pieces)
    with group("warm_up"):
        warm = [play.options(id=f"cache_{number:03}", pool="wide")(8) for number in range(180)]
    summary = play.options(id="summary", trigger_rule="all_done")(30)
    warm >> pieces
    judged >> summary
    summary >> trigger("embeddings")


@dag(schedule="0 5 * * *", tags=["gold"], owner="data", retries=1, **past(14, days=1))
def gold_daily():
    """A day of gold, for backfills."""
    first = build.options(id="silver", pool="mem")(30, models=SILVER[:3])
    last = build.options(id="gold", pool="mem")(24, models=GOLD[:3])
    first >> last
