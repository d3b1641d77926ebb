"""The day's work of flowlite itself: figures, and what they mean."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median

from flowlite.integrations.report.words import day, duration, listed, moment, number, percent, plural
from reporting import state
from reporting.state import Deadline, Miss, Run, Update

MOST_CAUSES = 12
BEFORE = timedelta(days=7)  # what is usual comes from there
SLOW = 1.5  # times as long as usual, and
SLOW_S = 30.0  # so much longer, is worth a word
STALE = timedelta(hours=26)


@dataclass(frozen=True, slots=True)
class Failure:
    """A run that failed, with its root cause."""

    run_id: str
    dag_id: str
    ended_at: datetime
    task: str
    said: str


@dataclass(frozen=True, slots=True)
class DagDay:
    """What a DAG did in the time."""

    dag_id: str
    runs: int
    failed: int
    with_failures: int  # green at the end, but not all of it
    median_s: float
    longest_s: float
    usual_s: float | None

    @property
    def is_slow(self) -> bool:
        """Clearly slower than in the week before."""
        usual = self.usual_s
        return usual is not None and self.median_s > SLOW * usual and self.median_s - usual > SLOW_S


@dataclass(frozen=True, slots=True)
class Ops:
    """All that the daily summary tells."""

    since: datetime
    until: datetime
    runs: list[Run]
    dags: list[DagDay]
    failures: list[Failure]
    deadlines: list[Deadline]
    misses: list[Miss]
    updates: list[Update]
    newest_gold: date | None
    queued: int
    waiting_for_people: int
    problems: list[str]  # DAG files that do not load


def figures(since: datetime, until: datetime, newest_gold: date | None) -> Ops:
    """Ask flowlite about the time from `since` to `until`."""
    found = state.runs(since - BEFORE, until)
    now = [run for run in found if run.ended_at >= since]
    well = state.status()
    failed = [run for run in now if run.state == "failed"]
    return Ops(
        since, until, now,
        dags=dag_days(now, [run for run in found if run.ended_at < since]),
        failures=[failure_of(run) for run in failed[-MOST_CAUSES:]],
        deadlines=state.deadlines(since, until),
        misses=state.misses(since, until, found),
        updates=state.updates(),
        newest_gold=newest_gold,
        queued=well["queued"],
        waiting_for_people=well["waiting_for_people"],
        problems=[f"{one['file']}: {one['message']}" for one in well["problems"]],
    )  # fmt: skip


def failure_of(run: Run) -> Failure:
    """With its cause."""
    return Failure(run.run_id, run.dag_id, run.ended_at, *state.cause(run.run_id))


def dag_days(now: Sequence[Run], before: Sequence[Run]) -> list[DagDay]:
    """By DAG, those with failures first."""
    found = []
    for dag_id in sorted({run.dag_id for run in now}):
        runs = [run for run in now if run.dag_id == dag_id]
        usual = [run.duration_s for run in before if run.dag_id == dag_id and run.state == "success"]
        lengths = [run.duration_s for run in runs]
        found.append(
            DagDay(
                dag_id,
                len(runs),
                sum(run.state == "failed" for run in runs),
                sum(run.state == "success" and run.had_failures for run in runs),
                median(lengths),
                max(lengths),
                median(usual) if usual else None,
            )
        )
    return sorted(found, key=lambda one: (-one.failed, -one.with_failures, one.dag_id))


def lead(ops: Ops) -> str:
    """The one sentence."""
    failed = Counter(one.dag_id for one in ops.runs if one.state == "failed")
    if not ops.runs:
        return "Nothing has run in this time."
    if not failed:
        said = f"All {plural(len(ops.runs), 'run')} succeeded" if len(ops.runs) > 1 else "The one run succeeded"
    else:
        said = f"{failed.total()} of {plural(len(ops.runs), 'run')} failed, in {listed(list(failed))}"
    due, missed = sum(one.due for one in ops.deadlines), sum(one.missed for one in ops.deadlines)
    if not due:
        return f"{said}."
    if not missed:
        return (
            f"{said}{'; all' if failed else ', and all'} {plural(due, 'deadline')} {'were' if due > 1 else 'was'} kept."
        )
    return f"{said}; {missed} of {plural(due, 'deadline')} {'was' if missed == 1 else 'were'} missed."


def points(ops: Ops, zone_day: date) -> list[str]:
    """What else is worth knowing. `zone_day`: today, where the reader is."""
    said = []
    if partly := [one for one in ops.dags if one.with_failures]:
        named = [f"{one.dag_id} ({one.with_failures})" for one in partly]
        said.append(f"Green at the end, but not in all parts: {listed(named)}.")
    slow = [one for one in ops.dags if one.is_slow]
    said += [f"{one.dag_id} took {duration(one.median_s)}, usually {duration(one.usual_s)}." for one in slow]
    if ops.newest_gold is None:
        said.append("Gold holds no figures at all.")
    elif zone_day - ops.newest_gold > timedelta(days=1):
        said.append(f"The newest day in Gold is {day(ops.newest_gold)}.")
    if ops.queued:
        said.append(f"{plural(ops.queued, 'run')} {'waits' if ops.queued == 1 else 'wait'} in line.")
    if ops.waiting_for_people:
        said.append(f"{plural(ops.waiting_for_people, 'question')} for people: `flowlite approvals list`.")
    said += [f"Does not load: {problem}" for problem in ops.problems]
    return said


def key_figures(ops: Ops) -> list[tuple[str, str, list[tuple[str, str, bool | None]]]]:
    """The tiles."""
    failed, due = sum(run.state == "failed" for run in ops.runs), sum(one.due for one in ops.deadlines)
    met = sum(one.met for one in ops.deadlines)
    return [
        ("Runs", number(len(ops.runs)), [("DAGs", number(len(ops.dags)), None)]),
        (
            "Failed",
            number(failed),
            [("of all", percent(100 * failed / len(ops.runs)), failed == 0)] if ops.runs else [],
        ),
        ("Deadlines kept", percent(100 * met / due) if due else "–", [("due", number(due), None)]),
        ("Time at work", duration(sum(run.duration_s for run in ops.runs)), [("in all runs together", "", None)]),
    ]


def stale(ops: Ops) -> list[Update]:
    """Assets that nobody has renewed for more than a day."""
    return [one for one in ops.updates if ops.until - one.at > STALE]


def missed_words(one: Miss) -> str:
    """For the mail."""
    late = f", {duration(one.late_s)} late" if one.late_s else ""
    return f"{one.of}, run {one.run_id}, due {moment(one.due_at)}{late}"
