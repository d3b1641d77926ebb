"""Orders: every hour a little, every night all of it."""

from __future__ import annotations

from acting import dedupe, past, play, pressed, retry

from flowlite import dag, group, shell

REGIONS = ("eu", "uk", "us", "apac")


@dag(
    schedule="0 * * * *", sla=pressed(minutes=15), priority=5, tags=["etl", "orders"], owner="data", max_active_runs=2,
    **past(48, hours=1),
)  # fmt: skip
def etl_orders():
    """The orders of the last hour, cleaned and loaded."""
    with group("extract"):
        api = play.options(id="orders_api", pool="http", retries=retry(3, 30))(42, rows=88_000)
        db = play.options(id="orders_db", pool="db")(18, rows=120_000)
        rates = play.options(id="fx_rates", pool="http")(2, rows=31)
    with group("transform"):
        clean = play.options(id="clean")(62, rows=205_000)
        enrich = play.options(id="enrich", pool="db")(48, rows=205_000)
        merged = dedupe.options(id="dedupe", pool="mem", retries=retry(2, 20))(61)
        joined = play.options(id="join_fx")(38, rows=204_000)
        [api, db] >> clean >> enrich >> merged >> joined
        rates >> joined
    with group("validate"):
        checks = [play.options(id=f"check_{name}", pool="dq")(9) for name in ("nulls", "totals", "dates")]
    with group("load"):
        orders = play.options(id="orders", pool="db")(150, rows=204_000)
        customers = play.options(id="customers", pool="db")(51, rows=18_000)
        audit = play.options(id="audit", trigger_rule="all_done")(4)
    joined >> checks
    for check in checks:
        check >> [orders, customers]
    [orders, customers] >> audit


@dag(schedule="0 2 * * *", sla=pressed(minutes=45), tags=["etl", "nightly"], owner="data", **past(40, days=1))
def orders_nightly():
    """All orders of the day anew, by region, with everything that hangs on them."""
    with group("extract"):
        sources = [play.options(id=f"{kind}_{region}", pool="db")(30, rows=1_400_000)
                   for kind in ("orders", "returns", "payments", "stock") for region in REGIONS]  # fmt: skip
    with group("transform"):
        cleaned = [play.options(id=f"clean_{region}")(45, rows=1_400_000) for region in REGIONS]
        merged = dedupe.options(id="dedupe", pool="mem", retries=retry(2, 60), memory=None)(182)
        marts = [play.options(id=f"mart_{name}", pool="db")(55, rows=1_200_000)
                 for name in ("orders", "returns", "margin", "customers", "products", "stock")]  # fmt: skip
        for place, source in enumerate(sources):
            source >> cleaned[place % len(REGIONS)]
        for one in cleaned:
            one >> merged
        merged >> marts
    with group("validate"):
        checks = [play.options(id=f"check_{name}", pool="dq")(12) for name in ("totals", "margin", "returns", "keys")]
        for check in checks:
            marts >> check
    with group("load"):
        loads = [play.options(id=f"load_{name}", pool="db")(70, rows=900_000)
                 for name in ("orders", "returns", "margin", "customers", "products")]  # fmt: skip
        for load in loads:
            checks >> load
    with group("publish"):
        report = play.options(id="report")(25)
        notice = shell("echo {{ ds }} is out", id="notice")
        loads >> report >> notice


@dag(schedule="30 * * * *", tags=["etl"], owner="data", **past(30, hours=1))
def etl_customers():
    """New and changed customers."""
    pulled = play.options(id="pull", pool="http", retries=retry(3, 30))(55, rows=18_000)
    merged = play.options(id="merge", pool="db")(95, rows=18_000)
    scored = play.options(id="score")(70, rows=18_000)
    pulled >> merged >> scored
