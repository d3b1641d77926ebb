"""Pipeline 5: reports that people like to receive, as PDF by mail, and in S3.

    week_figures -> week_pdf -> upload -> send      weekly_summary   Mondays at 06:00: Gold's last seven days
    ops_pdf      -> upload -> send                  daily_ops        every day at 06:30: what flowlite did, what failed
    audit_pdf    -> upload -> send                  sla_audit        on the 1st at 07:00: the month's deadlines

Words are computed from figures (reporting/*_words.py, ops.py, sla.py), charts are drawn from them, and a template puts
both on pages. Pages are set in processes of their own, with a limit on their memory.

What happens when things are not as they should be:

    a day of Gold is missing      the report says so, and leaves comparisons out that would be wrong
    a week of Gold is missing     fails: there is nothing to tell
    too little memory             tried again with twice as much
    S3 is down                    tried again for a while; the report waits on this disk, and nothing is mailed twice
    the mail server says not now  tried again for a while; a mail that comes twice has the same Message-ID
    the mail server says never    fails at once and says what it said
    no Pango on this machine      fails at once and names the Debian packages
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from etl import LAKE, TIMEZONE, patient
from reporting import ops, own_pages, sla, week, week_pages, week_words

import flowlite
from flowlite import Context, Retry, cron, dag, task
from flowlite.integrations import mail, s3
from flowlite.integrations.report.words import days

ZONE = ZoneInfo(TIMEZONE)
# A long table can cost gigabytes: in a process of its own it costs nobody else anything.
in_its_own_memory = {
    "isolation": "process", "memory": "768MiB", "timeout": timedelta(minutes=5), "retries": Retry(2, memory_factor=2),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Report:
    """A report that is ready to go out."""

    path: str
    key: str  # in S3
    subject: str
    lead: str
    points: list[str]


def window(ctx: Context, usually: timedelta) -> tuple[datetime, datetime]:
    """What a run is about: its data interval. Started by hand without a date, it is the time up to now."""
    since, until = ctx.data_interval_start, ctx.data_interval_end
    return (since, until) if since < until else (until - usually, until)


def place(ctx: Context, name: str) -> Path:
    """Where a report is put: one file for each run."""
    return LAKE / "reports" / ctx.dag_id / f"run={ctx.run_id}" / name


# --- to the people ----------------------------------------------------------------------------------------------------
@task(retries=patient, pool="s3")
def upload(ready: Report) -> str:
    """Put the PDF into S3, and return an address by which it can be read for a week."""
    s3.upload("lake", ready.path, ready.key)
    return s3.link("lake", ready.key)


@task(retries=patient)
def send(ready: Report, link: str, channel: str, ctx: Context) -> str:
    """Mail the PDF to the people of a channel; what it says in short is the text of the mail."""
    to = flowlite.channel(channel)
    text = "\n\n".join([ready.lead, *(f"- {point}" for point in ready.points), f"In S3 for a week: {link}"])
    return mail.send_mail(to.connection, to.to, ready.subject, text, attachments=[ready.path], key=ctx.idempotency_key)


# --- the week ---------------------------------------------------------------------------------------------------------
@task
def week_figures(ctx: Context) -> week.Week:
    """The seven days before the one on which the run's interval ends."""
    _, until = window(ctx, timedelta(days=7))
    return week.figures(LAKE, until.astimezone(ZONE).date() - timedelta(days=1))


@task(**in_its_own_memory)
def week_pdf(found: week.Week, ctx: Context) -> Report:
    """Words, charts and pages."""
    year, number, _ = found.last.isocalendar()
    name = f"weekly-summary-{year}-W{number:02}.pdf"
    pdf = week_pages.write(found, place(ctx, name), dag_id=ctx.dag_id, run_id=ctx.run_id)
    ctx.log.info("%d pages: %s", pdf.pages, pdf)
    return Report(
        path=str(pdf), key=f"reports/weekly_summary/{name}",
        subject=f"Weekly executive summary, {days(found.first, found.last)}",
        lead=week_words.headline(found), points=[*week_words.points(found), *week_words.watch(found)],
    )  # fmt: skip


@dag(schedule=cron("0 6 * * 1", tz=TIMEZONE), sla=timedelta(hours=1), tags=["reports"], team="data")
def weekly_summary():
    """What the week was like, for those who decide."""
    ready = week_pdf(week_figures())
    send(ready, upload(ready), "executives")


# --- flowlite's own work ----------------------------------------------------------------------------------------------
@task(**in_its_own_memory)
def ops_pdf(ctx: Context) -> Report:
    """Ask flowlite about the time, and set it on pages."""
    since, until = window(ctx, timedelta(days=1))
    found = ops.figures(since, until, newest_gold())
    day = until.astimezone(ZONE).date()
    name = f"operations-{day}.pdf"
    pdf = own_pages.write_ops(found, place(ctx, name), zone=ZONE, dag_id=ctx.dag_id, run_id=ctx.run_id)
    lines = [f"Run {one.run_id} of {one.dag_id} failed: {one.task}, {one.said}" for one in found.failures]
    lines += [f"Missed: {ops.missed_words(one)}" for one in found.misses]
    return Report(
        path=str(pdf), key=f"reports/daily_ops/{name}", subject=f"Daily operations, {days(day, day)}",
        lead=ops.lead(found), points=[*ops.points(found, day), *lines],
    )  # fmt: skip


def newest_gold() -> date | None:
    """The latest day that Gold has figures of."""
    days = [path.parent.name.removeprefix("ds=") for path in LAKE.glob("gold/kpi_summary/ds=*/data.parquet")]
    return date.fromisoformat(max(days)) if days else None


@dag(schedule=cron("30 6 * * *", tz=TIMEZONE), tags=["reports"], team="data")
def daily_ops():
    """What ran, what failed and why, what was late."""
    ready = ops_pdf()
    send(ready, upload(ready), "operations")


@task(**in_its_own_memory)
def audit_pdf(ctx: Context) -> Report:
    """The calendar month in which the run's interval begins, on the clock of the people here."""
    begins = ctx.data_interval_start.astimezone(ZONE).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    found = sla.figures(begins, sla.starts(begins, -1))
    name = f"sla-{begins:%Y-%m}.pdf"
    pdf = own_pages.write_audit(found, place(ctx, name), zone=ZONE, dag_id=ctx.dag_id, run_id=ctx.run_id)
    return Report(
        path=str(pdf), key=f"reports/sla_audit/{name}", subject=f"SLA audit, {begins:%B %Y}",
        lead=sla.lead(found), points=sla.points(found),
    )  # fmt: skip


@dag(schedule=cron("0 7 1 * *", tz=TIMEZONE), tags=["reports"], team="data")
def sla_audit():
    """How many deadlines were kept, whose were missed, and whether that gets better."""
    ready = audit_pdf()
    send(ready, upload(ready), "operations")
