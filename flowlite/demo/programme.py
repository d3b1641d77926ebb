"""The programme: what is played, and when. A clock of the demo's own takes the place of the real one: it jumps from one
fire of the pipelines' schedules to the next, as soon as there is room. Everything else is as it always is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from flowlite import Dag
from flowlite.demo.history import TIMEZONE

ZONE = ZoneInfo(TIMEZONE)
LONGEST_INTERVAL = timedelta(days=32)  # of a schedule: a month

# What must be over before a DAG is started: at its real hour it would be. "gold_daily": the backfill, too.
AFTER: Mapping[str, frozenset[str]] = {
    "retraining": frozenset({"gold_daily", "gold_kpis"}),
    "watch_model": frozenset({"retraining"}),
    "weekly_summary": frozenset({"gold_daily", "gold_kpis"}),
}
# These are about flowlite's own work, which is done today whatever the demo's clock says: they end the play.
OWN_WORK = ("daily_ops", "sla_audit")
POLLED = "weather"


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """A month filled in, and the night from a Sunday to a Monday."""

    backfill: tuple[date, date] = (date(2024, 5, 30), date(2024, 6, 30))  # the last one is not part of it
    begins: datetime = datetime(2024, 6, 30, 22, 30, tzinfo=ZONE)
    ends: datetime = datetime(2024, 7, 1, 6, 15, tzinfo=ZONE)
    polls: int = 8  # of the weather; from the beginning, every quarter of an hour
    broken_poll: int = 5  # in this one, a city does not answer
    bad_day: date | None = date(2024, 10, 28)  # a hurricane, which must not get through
    on_spark: date | None = date(2024, 6, 29)  # trained once more, on Spark
    own_work: tuple[str, ...] = OWN_WORK
    concurrency: int = 10

    @property
    def backfill_days(self) -> list[date]:
        """Each of them."""
        first, end = self.backfill
        return [first + timedelta(days=number) for number in range((end - first).days)]


QUICK = Programme(
    backfill=(date(2024, 6, 28), date(2024, 6, 30)),
    begins=datetime(2024, 6, 30, 23, 30, tzinfo=ZONE),
    ends=datetime(2024, 7, 1, 0, 15, tzinfo=ZONE),
    polls=2,
    broken_poll=0,
    on_spark=None,
)


@dataclass(frozen=True, slots=True, order=True)
class Fire:
    """A schedule says that a run is due. Its logical date is that of the fire before."""

    at: datetime
    dag_id: str
    logical: datetime = field(compare=False)


def fires(programme: Programme, dags: Mapping[str, Dag]) -> list[Fire]:
    """All that are played, in order of time."""
    found = [fire for dag in dags.values() for fire in fires_of(dag, programme.begins, programme.ends)]
    polls = [fire for fire in found if fire.dag_id == POLLED][programme.polls :]
    return sorted(fire for fire in found if fire not in polls and fire.dag_id not in OWN_WORK)


def fires_of(dag: Dag, begins: datetime, ends: datetime) -> Iterator[Fire]:
    """Those of one DAG, by its own schedule; none if it waits for assets, or for people."""
    if dag.schedule is None:
        return
    before = dag.schedule.next_after(begins - LONGEST_INTERVAL)
    while before is not None and (at := dag.schedule.next_after(before)) is not None and at <= ends:
        if at > begins:
            yield Fire(at.astimezone(ZONE), dag.id, before.astimezone(ZONE))
        before = at


def delivered_until(at: datetime) -> Iterator[tuple[date, int]]:
    """The hours of its day that are over at an instant, and all hours of the day before if it is midnight."""
    local = (at - timedelta(hours=1)).astimezone(ZONE)
    yield from ((local.date(), hour) for hour in range(local.hour + 1))
