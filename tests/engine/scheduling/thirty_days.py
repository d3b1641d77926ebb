"""Thirty days over the spring change, with kills and a machine that sleeps, as a table that is worked out with a
calendar and a pencil: no schedule code of ours takes part in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from flowlite.core.planned import IntervalRow
from flowlite.store.views import RunView

BERLIN = ZoneInfo("Europe/Berlin")
BEGIN = datetime(2024, 3, 15, 0, 7, tzinfo=UTC)
END = BEGIN + timedelta(days=30)
SPRING = date(2024, 3, 31)  # 02:00 is followed by 03:00
DOWN = [  # nobody looks: killed, or the machine sleeps
    (datetime(2024, 3, 18, 10, 50, tzinfo=UTC), datetime(2024, 3, 18, 13, 20, tzinfo=UTC), "kill"),
    (datetime(2024, 3, 22, 6, 5, tzinfo=UTC), datetime(2024, 3, 22, 8, 5, tzinfo=UTC), "sleep"),
    (datetime(2024, 3, 30, 20, 0, tzinfo=UTC), datetime(2024, 3, 31, 9, 31, tzinfo=UTC), "kill"),
    (datetime(2024, 4, 6, 3, 1, tzinfo=UTC), datetime(2024, 4, 6, 3, 2, tzinfo=UTC), "kill"),
]
LATE = timedelta(seconds=5)  # after a sleep the wall clock is looked at again within that


def wall(day: date, hour: int, minute: int = 0) -> datetime:
    """A time on a Berlin wall; one that the spring change leaves out is read as the end of the gap."""
    if day == SPRING and hour == 2:
        hour, minute = 3, 0
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=BERLIN).astimezone(UTC)


def days() -> list[date]:
    return [date(2024, 3, 10) + timedelta(days=n) for n in range(40)]


def spaced(step: timedelta) -> list[datetime]:
    start = datetime(2024, 3, 10, tzinfo=UTC)
    return [start + n * step for n in range(int(timedelta(days=40) / step))]


TABLES = {
    "hourly": spaced(timedelta(hours=1)),
    "quarters": spaced(timedelta(minutes=15)),
    "quarters_caught_up": spaced(timedelta(minutes=15)),
    "nightly": [wall(day, 2, 30) for day in days()],
    "nightly_caught_up": [wall(day, 2, 30) for day in days()],
    "listed": sorted(
        {wall(day, 6) for day in days()} | {wall(day, hour) for day in days() if day.weekday() < 5 for hour in (6, 18)}
    ),
}


def oracle(name: str) -> list[tuple[datetime, datetime, str, datetime, datetime]]:
    """Begin and end of each interval, what becomes of it, and between when and when that is decided."""
    catchup = name.endswith("caught_up")
    found = []
    for start, end in pairwise(TABLES[name]):
        zone = BERLIN if name == "nightly_caught_up" else UTC
        began = start >= datetime(2024, 3, 14, tzinfo=zone) if catchup else end > BEGIN
        if not began or end > END:
            continue
        away = next(((down, up, why) for down, up, why in DOWN if down < end <= up), None)
        if catchup and end <= BEGIN:
            away = (start, BEGIN, "kill")
        seen_at = end if away is None else away[1]
        following = min(fire for fire in TABLES[name] if fire > end)
        is_missed = away is not None and following <= seen_at and not catchup
        late = LATE if away is not None and away[2] == "sleep" else timedelta()
        found.append((start, end, "skipped" if is_missed else "ran", seen_at, seen_at + late))
    return found


def check(name: str, rows: Sequence[IntervalRow], runs: Sequence[RunView]) -> None:
    """These are all decided intervals of a DAG, oldest first, and all its runs: as the table has them."""
    expected = oracle(name)
    assert [(row.starts_at, row.ends_at, row.decision) for row in rows] == [
        (start.timestamp(), end.timestamp(), what) for start, end, what, _, _ in expected
    ], name
    for row, (_, end, _, first, last) in zip(rows, expected, strict=True):
        assert first.timestamp() <= row.at <= last.timestamp(), (name, end)
    assert {row.run_id for row in rows} - {None} == {run.id for run in runs}, name
    assert {(run.state, run.kind) for run in runs} == {("success", "scheduled")}, name
