"""The deadlines of a month, kept and missed, out of flowlite's own state: figures, and what they mean."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from flowlite.integrations.report.words import change, listed, number, percent, plural, signed
from reporting import state
from reporting.state import Deadline, Miss, Run

MONTHS = 6
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Kept:
    """How many deadlines of a time were kept."""

    since: datetime
    due: int
    met: int

    @property
    def share(self) -> float | None:
        """In percent; None: nothing was due."""
        return 100 * self.met / self.due if self.due else None


@dataclass(frozen=True, slots=True)
class DagMonth:
    """The runs of a DAG, beside the month before."""

    dag_id: str
    runs: int
    failed: int
    median_s: float
    median_before_s: float | None

    @property
    def slower(self) -> float | None:
        """In percent."""
        before = self.median_before_s
        return 100 * (self.median_s / before - 1) if before else None


@dataclass(frozen=True, slots=True)
class Audit:
    """All that the monthly audit tells."""

    since: datetime
    until: datetime
    deadlines: list[Deadline]
    before: list[Deadline]
    months: list[Kept]  # the earliest first, this one last
    weeks: list[Kept]
    misses: list[Miss]
    dags: list[DagMonth]

    @property
    def kept(self) -> Kept:
        """All of the month."""
        return added_up(self.since, self.deadlines)


def figures(since: datetime, until: datetime) -> Audit:
    """Ask flowlite about a month: from its first instant to the first of the next."""
    months = list(reversed([starts(since, back) for back in range(MONTHS)]))
    begins = starts(since, 1)
    found = state.runs(begins, until)
    return Audit(
        since, until,
        deadlines=state.deadlines(since, until),
        before=state.deadlines(begins, since),
        months=[kept(month, starts(month, -1)) for month in months],
        weeks=[kept(*span) for span in state.spans(since, until, WEEK)],
        misses=state.misses(since, until, found),
        dags=dag_months(
            [run for run in found if run.ended_at >= since], [run for run in found if run.ended_at < since]
        ),
    )  # fmt: skip


def starts(month: datetime, back: int) -> datetime:
    """The first instant of the month so many months before."""
    number = month.year * 12 + month.month - 1 - back
    return month.replace(year=number // 12, month=number % 12 + 1, day=1)


def kept(since: datetime, until: datetime) -> Kept:
    """Ask for the sum."""
    return added_up(since, state.deadlines(since, until))


def added_up(since: datetime, found: list[Deadline]) -> Kept:
    """All deadlines together."""
    return Kept(since, sum(one.due for one in found), sum(one.met for one in found))


def dag_months(now: list[Run], before: list[Run]) -> list[DagMonth]:
    """By DAG; backfills apart, for they have no deadlines and run when there is room."""
    now, before = ([run for run in runs if run.kind != "backfill"] for runs in (now, before))
    found = []
    for dag_id in sorted({run.dag_id for run in now}):
        runs = [run for run in now if run.dag_id == dag_id]
        earlier = [run.duration_s for run in before if run.dag_id == dag_id and run.state == "success"]
        done = [run.duration_s for run in runs if run.state == "success"] or [run.duration_s for run in runs]
        failed = sum(run.state == "failed" for run in runs)
        found.append(DagMonth(dag_id, len(runs), failed, median(done), median(earlier) if earlier else None))
    return sorted(found, key=lambda one: (-one.failed, one.dag_id))


def lead(audit: Audit) -> str:
    """The one sentence."""
    this, last = audit.kept, audit.months[-2] if len(audit.months) > 1 else None
    if this.share is None:
        return "No deadline was due."
    said = f"{percent(this.share)} of {plural(this.due, 'deadline')} were kept"
    if this.met == this.due:
        said = f"All {plural(this.due, 'deadline')} were kept" if this.due > 1 else "The one deadline was kept"
    if last is None or last.share is None:
        return f"{said}."
    by = this.share - last.share
    if abs(by) < 0.05:
        return f"{said}, as in {last.since:%B}."
    return f"{said}, {number(abs(by), 1)} points {'more' if by > 0 else 'fewer'} than in {last.since:%B}."


def worst(audit: Audit) -> list[Deadline]:
    """Those that were missed most often, the worst first."""
    return sorted((one for one in audit.deadlines if one.missed), key=lambda one: (-one.missed, one.of))


def points(audit: Audit) -> list[str]:
    """What to know beside the lead."""
    said, bad = [], worst(audit)
    if bad:
        share = 100 * bad[0].missed / sum(one.missed for one in bad)
        said.append(
            f"{bad[0].of} missed {plural(bad[0].missed, 'deadline')}, {percent(share, 0)} of all that were missed."
        )
    clean = [one.of for one in audit.deadlines if not one.missed]
    if clean:
        said.append(f"Without a miss: {listed(clean, 6)}.")
    before = {one.of: one.missed for one in audit.before}
    said += [
        f"{one.of}: {number(one.missed)} missed, after {number(before[one.of])} in the month before."
        for one in bad[1:4]
        if one.of in before
    ]
    slower = sorted(
        (one for one in audit.dags if one.slower and one.slower > 20), key=lambda one: one.slower or 0, reverse=True
    )
    if slower:
        named = [f"{one.dag_id} ({change(one.slower, 0)})" for one in slower]
        said.append(f"Slower than in the month before: {listed(named, 4)}.")
    return said


def key_figures(audit: Audit) -> list[tuple[str, str, list[tuple[str, str, bool | None]]]]:
    """The tiles."""
    this, last = audit.kept, audit.months[-2] if len(audit.months) > 1 else None
    compared: list[tuple[str, str, bool | None]] = []
    if last and last.share is not None and this.share is not None:
        by = round(this.share - last.share, 1)
        compared = [(f"points on {last.since:%B}", signed(by, 1), by > 0 if by else None)]
    runs, failed = sum(one.runs for one in audit.dags), sum(one.failed for one in audit.dags)
    bad = worst(audit)
    return [
        ("Deadlines kept", percent(this.share), compared),
        ("Missed", number(this.due - this.met), [("were due", number(this.due), None)]),
        ("Most often missed", bad[0].of if bad else "none", [("misses", number(bad[0].missed), False)] if bad else []),
        ("Runs that failed", number(failed), [("runs", number(runs), None)]),
    ]
