"""The small ones that fill a real list."""

from __future__ import annotations

from acting import past, places, play, pressed, retry, shop

from flowlite import dag, shell

SHOPS = ("adler", "berg", "cedar", "dune", "elm", "fjord", "grove", "harbor", "isle", "juniper", "kelp", "lagoon")


@dag(schedule="*/15 * * * *", tags=["crawl"], owner="pricing", **past(24, minutes=15))
def crawl_prices():
    """What others ask for the same."""
    prices = shop.options(id="fetch", pool="http", retries=retry(5, 30)).partial(took=14.0).map(list(SHOPS))
    prices >> play.options(id="store", pool="db")(9, rows=21_000)


@dag(schedule="*/30 * * * *", tags=["quality"], owner="data", **past(20, minutes=30))
def dq_checks():
    """Looks at the warehouse as it is."""
    for name in ("freshness", "volume", "keys", "ranges"):
        play.options(id=name, pool="dq")(35)


@dag(schedule="*/15 * * * *", tags=["sync"], owner="sales", **past(24, minutes=15))
def sync_crm():
    """Pushes what sales wants to see."""
    play.options(id="push", pool="db", retries=retry(2, 10))(21, rows=900)


@dag(schedule="0 6 * * *", tags=["finance"], owner="finance", sla=pressed(hours=1), **past(30, days=1))
def export_finance():
    """The ledger for the bank."""
    ledger = play.options(id="ledger", pool="db")(310, rows=52_000)
    signed = play.options(id="sign")(12)
    sent = play.options(id="send", pool="http", retries=retry(3, 60))(48)
    ledger >> signed >> sent


@dag(schedule="0 4 * * *", tags=["legacy"], owner="finance", paused=True)
def legacy_billing():
    """Nobody dares to remove it."""
    play.options(id="bill", pool="db")(540, rows=8_000)


@dag(schedule="*/15 * * * *", tags=["weather"], owner="fleet", max_active_runs=2, **past(16, minutes=15))
def weather():
    """Forecasts of fifty cities."""
    cities = places.options(id="cities")()
    fetched = shop.options(id="forecast", pool="http", retries=retry(4, 20)).partial(took=6.0).map(cities)
    fetched >> play.options(id="load", pool="db")(11, rows=4_800)


@dag(schedule="0 6 * * 1", tags=["report"], owner="data", **past(12, weeks=1))
def weekly_report():
    """For those who decide."""
    charts = play.options(id="charts", pool="mem")(90)
    pdf = play.options(id="pdf")(40)
    mail = play.options(id="mail", retries=retry(3, 60))(5)
    charts >> pdf >> mail


@dag(schedule="*/10 * * * *", tags=["ops"], owner="ops", **past(20, minutes=10))
def disk_watch():
    """How full the disks are."""
    shell("df -h / | tail -1", id="df")


@dag(schedule="0 1 * * *", tags=["ops"], owner="ops", **past(20, days=1))
def prune_files():
    """Old files go."""
    play.options(id="find")(25, rows=12_000) >> play.options(id="remove")(70, rows=3_100)


@dag(tags=["ops"], owner="ops")
def by_hand():
    """Started by people only; nothing has ever run."""
    play.options(id="look")(10)
