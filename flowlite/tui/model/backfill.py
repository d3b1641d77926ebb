"""A backfill with its days, kept up to date by the events of its runs; days in rows of a calendar."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, TypeVar

from flowlite.tui.model.columns import seconds

Told = Mapping[str, Any]
DAY_S = 86_400.0
ENDED = ("success", "failed", "cancelled")
T = TypeVar("T")


@dataclass(slots=True)
class Day:
    """An interval: its run and how that is, or why there is none."""

    at: float
    end: float
    decision: str
    reason: str
    run_id: int | None
    state: str  # of its run; "skipped" without one
    started_at: float | None = None
    ended_at: float | None = None


class BackfillModel:
    """`take` what the daemon says of it, then `apply` events of runs."""

    def __init__(self, id_: int) -> None:
        self.id = id_
        self.told: Told = {}
        self.days: list[Day] = []
        self.by_run: dict[int, Day] = {}
        self.typical_s: float | None = None
        self.is_old = True
        self.trouble = ""
        self.version = 0

    @property
    def is_known(self) -> bool:
        """Whether it was told of."""
        return bool(self.told)

    def take(self, told: Told) -> None:
        """All of it."""
        self.told, self.typical_s = told["backfill"], told["typical_s"]
        self.days = [day_of(one) for one in told["days"]]
        self.by_run = {day.run_id: day for day in self.days if day.run_id is not None}
        self.is_old, self.trouble = False, ""
        self.version += 1

    def refuse(self, because: str) -> None:
        """There is no such backfill."""
        self.trouble, self.is_old = because, False

    def apply(self, event: Told) -> None:
        """An event of a run, or of a backfill."""
        if event["kind"] == "backfill" and event["name"] == str(self.id):
            self.is_old = True
        elif event["kind"] == "run" and (day := self.by_run.get(int(event["run_id"]))) is not None:
            day.state = event["state"]
            if day.state == "running":
                day.started_at, day.ended_at = event["at"], None
            elif day.state in ENDED:
                day.ended_at = event["at"]
            self.version += 1

    # --- figures ------------------------------------------------------------------------------------------------------
    @property
    def counts(self) -> Counter[str]:
        """State -> days; "skipped" are those without a run."""
        return Counter(day.state for day in self.days)

    @property
    def state(self) -> str:
        """As a list of backfills says it."""
        counts = self.counts
        if self.told["is_cancelled"]:
            return "cancelled"
        if counts["queued"] or counts["running"]:
            return "paused" if self.told["is_paused"] else "running"
        return "failed" if counts["failed"] else "success"

    def done(self) -> tuple[int, int]:
        """Runs that have ended, and of how many."""
        counts = self.counts
        total = sum(counts.values()) - counts["skipped"]
        return total - counts["queued"] - counts["running"], total

    def left_s(self, now: float) -> float | None:
        """How long what is left will take, at the pace that it has; None: nobody can say."""
        done, total = self.done()
        left = total - done
        if not left:
            return 0.0
        pace = self.pace(now)
        if pace:
            return left / pace
        if self.typical_s is None:
            return None
        rounds = math.ceil(left / max(1, int(self.told["concurrency"])))
        return rounds * self.typical_s

    def pace(self, now: float, last: int = 20) -> float | None:
        """Runs a second, of the last that ended; None: too few have."""
        ended = sorted(day.ended_at for day in self.days if day.ended_at is not None and day.state in ENDED)[-last:]
        if len(ended) < 3 or now <= ended[0]:
            return None
        return (len(ended) - 1) / max(1e-3, max(ended[-1], now - 60.0) - ended[0])


def day_of(one: Told) -> Day:
    """From JSON."""
    run = one["run_id"]
    return Day(
        at=float(one["logical_date"]), end=float(one["data_interval_end"]), decision=one["decision"],
        reason=one["reason"], run_id=None if run is None else int(run),
        state=one["state"] or ("skipped" if run is None else "gone"),
        started_at=seconds(one["started_at"]), ended_at=seconds(one["ended_at"]),
    )  # fmt: skip


# --- a calendar -------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class CalendarLine:
    """A month with a place for each day, or a day with one for each hour: `first` is the place of the first of its
    cells."""

    title: str
    first: int
    start: int  # which of the days is its first
    number: int


def calendar(starts: Sequence[float], step_s: float, zone: tzinfo | None) -> list[CalendarLine]:
    """Months of days, days of hours, or years of months, by how far the days are apart."""
    title, place = ways(step_s)
    found: list[CalendarLine] = []
    for number, at in enumerate(starts):
        then = datetime.fromtimestamp(at, zone)
        name = title(then)
        if not found or found[-1].title != name:
            found.append(CalendarLine(name, place(then), number, 1))
        else:
            found[-1] = CalendarLine(name, found[-1].first, found[-1].start, found[-1].number + 1)
    return found


def ways(step_s: float) -> tuple[Callable[[datetime], str], Callable[[datetime], int]]:
    """The title of a line, and the place of its first cell."""
    if step_s >= 20 * DAY_S:
        return (lambda then: f"{then:%Y}"), (lambda then: then.month - 1)
    if step_s >= 0.8 * DAY_S:
        return (lambda then: f"{then:%b %Y}"), (lambda then: then.day - 1)
    if step_s >= 0.8 * 3600:
        return (lambda then: f"{then:%d %b %Y}"), (lambda then: then.hour)
    return (lambda then: f"{then:%d %b %H:00}"), (lambda then: 0)


def by_month(days: Iterable[Told], zone: tzinfo | None) -> dict[str, Counter[str]]:
    """Month -> decision -> how many, of planned days."""
    found: dict[str, Counter[str]] = {}
    for day in days:
        then = datetime.fromtimestamp(day["logical_date"], zone)
        found.setdefault(f"{then:%b %y}", Counter())[day["decision"]] += 1
    return found
