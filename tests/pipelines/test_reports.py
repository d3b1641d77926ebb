"""Pipeline 5: the figures are the real ones, the words follow from them, and the PDF gets to the people once."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pipelines_gold import put_gold, put_kpis
from pipelines_life import live
from pipelines_victims import running_in

from flowlite import Dag, Fail
from flowlite.demo.history import History, history
from flowlite.demo.publisher import DATA
from flowlite.demo.stage import Stage
from flowlite.integrations import s3
from flowlite.integrations.report.words import THIN
from flowlite.loading.files import load_file
from flowlite.testing import TestEngine, engine

pytest.importorskip("weasyprint", reason="pip install 'flowlite[report]'")

FIRST, LAST = date(2024, 6, 24), date(2024, 6, 30)
MONDAY = "2024-06-24T06:00"  # the logical date of the run that fires on 1 July
NEW_YORK = ZoneInfo("America/New_York")


@pytest.fixture(scope="module")
def gold(ready: Stage) -> Path:
    put_kpis(ready.project, ready.lake, date(2024, 6, 3), LAST)
    put_gold(ready.project, ready.lake, FIRST, LAST)
    return ready.lake


@pytest.fixture
def source(ready: Stage) -> History:
    return history(ready.project / DATA)


@pytest.fixture(scope="module")
def parts(dags: dict[str, Dag]) -> Any:
    """The package that the reports are made by."""
    import reporting.ops
    import reporting.own_pages
    import reporting.sla
    import reporting.week
    import reporting.week_pages
    import reporting.week_words

    return reporting


@pytest.fixture
async def fl(ready: Stage, dags: dict[str, Dag]) -> AsyncIterator[TestEngine]:
    """An engine whose clock runs by itself: the waits between tries cost nothing."""
    reports = [dags[name] for name in ("weekly_summary", "daily_ops", "sla_audit")]
    async with engine(*reports, pools=ready.settings.pools, start=datetime(2024, 7, 1, 10, tzinfo=UTC)) as opened:
        yield opened


@pytest.fixture
def post(ready: Stage) -> Iterator[Any]:
    ready.mail.mails.clear()
    yield ready.mail
    ready.mail.refusing = ""


def rentals(source: History, first: date, days: int = 7) -> int:
    """What the source itself counted."""
    return sum(hour.cnt for number in range(days) for hour in source.hours(first + timedelta(number)))


# --- the week ---------------------------------------------------------------------------------------------------------
def test_the_week_is_that_of_the_source(parts: Any, gold: Path, source: History) -> None:
    week = parts.week.figures(gold, LAST)
    assert [day.ds for day in week.days] == [FIRST + timedelta(number) for number in range(7)]
    assert [day.rentals for day in week.days] == [rentals(source, day.ds, 1) for day in week.days]
    assert week.whole_weeks == [
        (monday, rentals(source, monday)) for monday in (FIRST - timedelta(7 * back) for back in (3, 2, 1, 0))
    ]


def test_words_follow_from_figures(parts: Any, gold: Path, source: History) -> None:
    words, week = parts.week_words, parts.week.figures(gold, LAST)
    this, before = rentals(source, FIRST), rentals(source, FIRST - timedelta(7))
    assert words.headline(week) == f"Rentals rose by {100 * (this / before - 1):.1f}{THIN}% to {this:,}."
    mean = sum(rentals(source, FIRST - timedelta(7 * back)) for back in (1, 2, 3)) / 3
    below, best, members, busiest, fleet = words.points(week)
    assert f"{100 * (1 - this / mean):.1f}{THIN}% below the mean of the 3 weeks before ({mean:,.0f})" in below
    by_day = {day: rentals(source, day, 1) for day in (FIRST + timedelta(number) for number in range(7))}
    top, low = max(by_day, key=by_day.get), min(by_day, key=by_day.get)
    assert best.startswith(
        f"{top:%A} was the busiest day ({by_day[top]:,} rentals), {low:%A} the quietest ({by_day[low]:,}"
    )
    hours = [hour for day in by_day for hour in source.hours(day)]
    share = 100 * sum(hour.registered for hour in hours) / this
    assert members.startswith(f"Members made {share:.1f}{THIN}% of the rentals; theirs rose by ")
    peak = max(hours, key=lambda hour: hour.cnt)
    assert f"{peak.day:%A} {peak.hour}:00 to {peak.hour + 1}:00, with {peak.cnt} rentals" in busiest
    assert fleet.startswith("900 vehicles were in use on an average day")


def test_what_needs_somebody_is_named(parts: Any, gold: Path) -> None:
    short, charge = parts.week_words.watch(parts.week.figures(gold, LAST))
    assert short == "1 station lacks vehicles at the end of an average day: st-007 (−12)."
    assert charge == f"80 vehicles (8.9{THIN}%) ended Sun 30 Jun below 15 % charge."


def test_a_day_that_is_missing_is_told_and_spoils_no_comparison(
    parts: Any, gold: Path, source: History, tmp_path: Path
) -> None:
    lake = tmp_path / "lake"
    shutil.copytree(gold, lake)
    shutil.rmtree(lake / "gold" / "kpi_summary" / "ds=2024-06-26")
    week = parts.week.figures(lake, LAST)
    there = rentals(source, FIRST) - rentals(source, date(2024, 6, 26), 1)
    assert parts.week_words.headline(week) == f"{there:,} rentals; 1 day of the week is missing."
    assert "Gold has no figures for Wed 26 Jun: the totals are without them." in parts.week_words.watch(week)
    assert not any("week" in point for point in parts.week_words.points(week))


@pytest.mark.slow
def test_the_very_first_day_makes_a_report(parts: Any, gold: Path, tmp_path: Path) -> None:
    """Nothing to compare with, one bar, no trend."""
    for table in ("kpi_summary", "station_balance"):
        shutil.copytree(gold / "gold" / table / f"ds={LAST}", tmp_path / "lake" / "gold" / table / f"ds={LAST}")
    week = parts.week.figures(tmp_path / "lake", LAST)
    assert parts.week_pages.write(week, tmp_path / "x.pdf", dag_id="d", run_id="1").pages == 3


def test_a_week_that_gold_does_not_have_is_no_report(parts: Any, gold: Path) -> None:
    with pytest.raises(Fail, match="Gold has no kpi_summary from 2024-07-08 to 2024-07-14"):
        parts.week.figures(gold, date(2024, 7, 14))


# --- to the people ----------------------------------------------------------------------------------------------------
async def test_on_monday_the_board_has_the_week_in_its_mail_and_in_s3(
    fl: TestEngine, ready: Stage, gold: Path, source: History, post: Any
) -> None:
    run = await fl.run("weekly_summary", logical_date=MONDAY)
    assert run.state == "success", run.root_cause
    [message] = post.mails
    assert (message["To"], message["Subject"]) == (
        "board@mobilitycorp.example", "Weekly executive summary, 24 – 30 June 2024",
    )  # fmt: skip
    assert f"to {rentals(source, FIRST):,}." in message.get_body(("plain",)).get_content()
    [attached] = message.iter_attachments()
    assert (attached.get_filename(), attached.get_content_type()) == ("weekly-summary-2024-W26.pdf", "application/pdf")
    assert attached.get_content() == s3.read("lake", "reports/weekly_summary/weekly-summary-2024-W26.pdf")
    [attempt] = run.tasks["week_pdf"][0].attempts
    assert 50 << 20 < attempt.peak_rss_bytes < 500 << 20
    assert "3 pages" in attempt.log


async def test_a_mail_server_that_is_not_ready_is_asked_again_and_the_mail_comes_once(
    fl: TestEngine, gold: Path, post: Any
) -> None:
    post.refusing = "451 come back later"
    run = await fl.trigger_unsettled("weekly_summary", logical_date=MONDAY)
    while not (sent := await fl.task(run, "send")).attempts:
        await fl.inner.settled()
    assert "451" in str(sent.attempts[0].error)
    post.refusing = ""
    await fl.clock.advance(minutes=5)
    assert (await fl.result(run)).state == "success"
    [message] = post.mails
    made = await fl.task(run, "week_pdf")
    assert len(made.attempts) == 1  # nothing is drawn again for it
    assert message["Message-ID"].endswith("@flowlite>")


@pytest.mark.slow
async def test_a_mail_server_that_never_will_is_not_asked_again(fl: TestEngine, gold: Path, post: Any) -> None:
    post.refusing = "550 no such user"
    run = await fl.run("weekly_summary", logical_date=MONDAY)
    assert (run.state, run.root_cause.task_id) == ("failed", "send")
    [attempt] = run.tasks["send"][0].attempts
    assert "550 no such user" in str(attempt.error)
    assert s3.exists("lake", "reports/weekly_summary/weekly-summary-2024-W26.pdf")  # and there it is, all the same


@pytest.mark.slow
async def test_killed_while_it_draws_the_report_is_made_again_and_mailed_once(
    fl: TestEngine, ready: Stage, gold: Path, post: Any
) -> None:
    run = await fl.trigger_unsettled("weekly_summary", logical_date=MONDAY)
    victim = await asyncio.to_thread(running_in, fl._place.folder)
    os.kill(victim, signal.SIGKILL)
    await fl.inner.settled()
    await fl.clock.advance(minutes=1)
    assert (await fl.result(run)).state == "success"
    killed, made = (await fl.task(run, "week_pdf")).attempts
    assert (killed.outcome, killed.exit_code, made.outcome) == ("failed", -9, "success")
    assert len(post.mails) == 1


@pytest.mark.slow
async def test_a_report_that_takes_too_much_memory_is_ended_for_it_and_tried_with_more(
    ready: Stage, gold: Path, tmp_path: Path
) -> None:
    (tmp_path / "big.py").write_text(TOO_BIG.format(lake=str(gold), out=str(tmp_path / "week.pdf")))
    [big] = load_file(tmp_path / "big.py", [ready.project / "pipelines"]).dags
    async with engine(big) as fl:
        run = await fl.run(big)
    assert run.state == "success", run.root_cause
    first, second = run.tasks["draw"][0].attempts
    assert (first.outcome, second.outcome) == ("out_of_memory", "success")
    assert first.peak_rss_bytes > 60 << 20
    assert (tmp_path / "week.pdf").read_bytes()[:5] == b"%PDF-"


TOO_BIG = """
from datetime import date
from pathlib import Path
from flowlite import Retry, dag, task
from reporting import week, week_pages

@task(isolation="process", memory="60MiB", retries=Retry(1, memory_factor=10, delay=0))
def draw():
    found = week.figures(Path({lake!r}), date(2024, 6, 30))
    week_pages.write(found, Path({out!r}), dag_id="big", run_id="1")

@dag
def big():
    draw()
"""


# --- flowlite's own work ----------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two months of an engine's life; see pipelines_life.py for what is late and what fails."""
    state = tmp_path_factory.mktemp("life") / "state"
    live(state)
    return state


@pytest.fixture
def of_life(life: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a task of that engine."""
    monkeypatch.setenv("FLOWLITE_STATE_DIR", str(life))


def test_the_audit_counts_every_deadline_of_the_month(parts: Any, of_life: None, tmp_path: Path) -> None:
    audit = parts.sla.figures(datetime(2024, 6, 1, tzinfo=UTC), datetime(2024, 7, 1, tzinfo=UTC))
    found = {one.of: (one.due, one.missed, one.worst_s) for one in audit.deadlines}
    # Due at 3:00 of each day of June, and four times a day; the Sundays of June are 2, 9, 16, 23 and 30.
    assert found == {"sales": (30, 3, 7200), "stock": (120, 5, 1500)}
    assert [(month.since.month, month.due, month.due - month.met) for month in audit.months if month.due] == [
        (5, 154, 5), (6, 150, 8),
    ]  # fmt: skip
    assert sum(week.due for week in audit.weeks) == 150
    assert {(one.of, one.due_at.day, one.late_s) for one in audit.misses} == {
        *(("sales", day, 7200) for day in (2, 12, 22)), *(("stock", day, 1500) for day in (2, 9, 16, 23, 30)),
    }  # fmt: skip
    assert parts.sla.lead(audit) == f"94.7{THIN}% of 150 deadlines were kept, 2.1 points fewer than in May."
    assert parts.sla.points(audit) == [
        f"stock missed 5 deadlines, 62{THIN}% of all that were missed.",
        "sales: 3 missed, after 1 in the month before.",
    ]
    assert [(one.dag_id, one.runs, one.failed) for one in audit.dags] == [("sales", 30, 1), ("stock", 120, 0)]
    pdf = parts.own_pages.write_audit(audit, tmp_path / "sla.pdf", zone=NEW_YORK, dag_id="sla_audit", run_id="1")
    assert pdf.pages == 2


def test_the_day_tells_what_failed_and_why_and_what_was_late(parts: Any, of_life: None, tmp_path: Path) -> None:
    since = datetime(2024, 6, 16, 1, tzinfo=UTC)
    day = parts.ops.figures(since, since + timedelta(days=1), date(2024, 6, 15))
    assert parts.ops.lead(day) == "1 of 5 runs failed, in sales; 1 of 5 deadlines was missed."
    [failure] = day.failures
    assert (failure.dag_id, failure.task, failure.said) == ("sales", "work", "Fail: the source has sent nothing")
    [miss] = day.misses
    assert (miss.of, miss.due_at, miss.late_s) == ("stock", datetime(2024, 6, 16, 12, 15, tzinfo=UTC), 1500)
    stock = next(one for one in day.dags if one.dag_id == "stock")
    assert (stock.runs, stock.median_s, stock.usual_s, stock.longest_s) == (4, 660, 660, 2400)
    assert parts.ops.points(day, date(2024, 6, 16)) == []
    assert parts.ops.points(day, date(2024, 6, 20)) == ["The newest day in Gold is Sat 15 Jun."]
    pdf = parts.own_pages.write_ops(day, tmp_path / "ops.pdf", zone=NEW_YORK, dag_id="daily_ops", run_id="1")
    assert pdf.pages == 1


def test_a_quiet_day_says_so(parts: Any, of_life: None) -> None:
    since = datetime(2024, 6, 4, 1, tzinfo=UTC)
    day = parts.ops.figures(since, since + timedelta(days=1), date(2024, 6, 4))
    assert parts.ops.lead(day) == "All 5 runs succeeded, and all 5 deadlines were kept."
    assert parts.ops.lead(replace(day, runs=[])) == "Nothing has run in this time."


def test_the_months_are_calendar_months(parts: Any) -> None:
    june = datetime(2024, 6, 1, tzinfo=NEW_YORK)
    assert [parts.sla.starts(june, back).strftime("%Y-%m-%d %z") for back in (-1, 5, 6)] == [
        "2024-07-01 -0400", "2024-01-01 -0500", "2023-12-01 -0500",
    ]  # fmt: skip
