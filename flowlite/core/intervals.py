"""Intervals: which data intervals of a DAG are due, and for each whether it runs, or why not. Pure; the schedule comes
in as a function that knows the next fire.

An interval begins where the one before it ended, so they cover time without gap or overlap, whatever the clock does.
What is decided is remembered as one instant: everything up to it is done with, and a clock that is set back decides
nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

NextAfter = Callable[[float], float | None]

NEVER = float("-inf")
TICK_S = 1e-6  # what a schedule can tell apart
CATCHUP_IS_OFF = "catchup is off"
WAS_PAUSED = "the DAG was paused"
WAS_CHANGED = "the schedule was changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """When a DAG fires. `start` and `end` bound the beginnings of its intervals; `end` is exclusive."""

    next_after: NextAfter
    start: float | None = None
    end: float | None = None
    catchup: bool = False

    def fire_after(self, until: float) -> float | None:
        """The end of the interval that begins at `until`; None: there is none any more."""
        if self.end is not None and until >= self.end:
            return None
        return self.next_after(until)

    @property
    def first(self) -> float:
        """Where the first interval begins: the first fire from `start` on."""
        if self.start is None:
            return NEVER
        found = self.next_after(self.start - TICK_S)
        return self.start if found is None else found


class Decision(NamedTuple):
    """One interval: it runs, or it is skipped because of the reason. Deadlines are for work that is on time."""

    starts_at: float
    ends_at: float
    reason: str = ""
    is_newest: bool = True

    @property
    def runs(self) -> bool:
        """Whether there is something to do."""
        return not self.reason


class Decided(NamedTuple):
    """What follows now, oldest first; `until` is where the undecided begins, `next_at` when it is due (which is past
    if there was more to decide than was asked for)."""

    decisions: list[Decision]
    until: float
    next_at: float | None


def begin(rhythm: Rhythm, last_fire: float | None, now: float) -> float:
    """Where the undecided begins for a DAG that nobody knows yet: with catchup at its start, else with the interval
    that is going on. `last_fire` is the newest fire up to now."""
    if rhythm.catchup and rhythm.start is not None:
        return rhythm.first
    return max(now if last_fire is None else last_fire, rhythm.first)


def decide(
    rhythm: Rhythm,
    until: float,
    now: float,
    *,
    paused_until: float = NEVER,
    changed_until: float = NEVER,
    most: int = 1_000,
) -> Decided:
    """What is due, at most so many. Fires up to `paused_until` fell into a pause, those up to `changed_until` belong to
    a schedule that the DAG did not have yet when they were due."""
    decisions: list[Decision] = []
    fire = rhythm.fire_after(until)
    while fire is not None and fire <= now and len(decisions) < most:
        following = rhythm.fire_after(fire)
        is_newest = following is None or following > now
        reason = why_not(rhythm, fire, is_newest, paused_until, changed_until)
        decisions.append(Decision(until, fire, reason, is_newest))
        until, fire = fire, following
    return Decided(decisions, until, fire)


def why_not(rhythm: Rhythm, fire: float, is_newest: bool, paused_until: float, changed_until: float) -> str:
    """Why an interval is skipped; "" if it is not."""
    if fire <= paused_until:
        return WAS_PAUSED
    if rhythm.catchup:
        return ""
    if fire <= changed_until:
        return WAS_CHANGED
    return "" if is_newest else CATCHUP_IS_OFF


def taken_by(run: int) -> str:
    """Why an interval is skipped whose date has a run already."""
    return f"run {run} has this date"
