"""One DAG as the scheduler knows it: its fire times, what is decided of them, its assets, whether it is paused."""

from __future__ import annotations

from collections.abc import Sequence

from flowlite.authoring.assets import AssetExpression
from flowlite.authoring.dag import Dag
from flowlite.authoring.schedules import AnyOfTimes
from flowlite.authoring.schedules.moments import Moments
from flowlite.core.intervals import NEVER, TICK_S, Decided, NextAfter, Rhythm, begin, decide
from flowlite.core.planned import ScheduleRow
from flowlite.engine.plans import Plan
from flowlite.store.schedules import KnownSchedule

ALWAYS = float("inf")
REMEMBERED = 8


class Scheduled:
    """Made anew when its DAG has changed."""

    def __init__(self, plan: Plan, known: KnownSchedule, *, now: float, last_update: int) -> None:
        self.plan, self.dag = plan, plan.dag
        dag = plan.dag
        self.times, self.assets = times_of(dag), assets_of(dag)
        self.rule = rule_of(self.times)
        self.is_paused = dag.settings.paused if known.is_paused is None else known.is_paused
        self.paused_until = paused_until(known, is_paused=self.is_paused, now=now)
        self.changed_until = now if known.rule not in (None, self.rule) else NEVER
        self.seen_update = last_update if known.rule is None else known.seen_update
        self.rhythm = None if self.times is None else rhythm_of(dag, self.times)
        self.until = None if self.times is None else self._beginning(self.times, known, now)
        self.next_at = self._look_ahead()

    def _beginning(self, times: Moments, known: KnownSchedule, now: float) -> float:
        assert self.rhythm is not None
        if known.decided_until is not None:
            return max(known.decided_until, self.rhythm.first)
        return begin(self.rhythm, times.previous_before_s(now + TICK_S), now)

    @property
    def row(self) -> ScheduleRow:
        """As the store has it."""
        return ScheduleRow(self.dag.id, self.until, self.rule, self.is_paused, self.seen_update, self.next_at)

    def due(self, now: float, most: int) -> Decided:
        """What follows now; nothing changes until `settle`."""
        assert self.rhythm is not None and self.until is not None
        until = ALWAYS if self.is_paused else self.paused_until
        return decide(
            self.rhythm, self.until, now, paused_until=until, changed_until=self.changed_until, most=most
        )  # fmt: skip

    def settle(self, decided: Decided) -> None:
        """It is on disk."""
        self.until = decided.until
        self.next_at = self._look_ahead()

    def _look_ahead(self) -> float | None:
        """Two fires: in the moment of the first, nothing is left to work out to know that it is the newest."""
        if self.rhythm is None or self.until is None:
            return None
        found = self.rhythm.fire_after(self.until)
        if found is not None:
            self.rhythm.fire_after(found)
        return found

    def pause(self, *, is_paused: bool, now: float) -> None:
        """From now on; what was due in a pause is not made up for."""
        if self.is_paused and not is_paused:
            self.paused_until = now
        self.is_paused = is_paused


def times_of(dag: Dag) -> Moments | None:
    """The fire times of a DAG."""
    return dag.schedule if isinstance(dag.schedule, Moments) else None


def assets_of(dag: Dag) -> AssetExpression | None:
    """The assets that a DAG waits for."""
    if isinstance(dag.schedule, AnyOfTimes):
        return dag.schedule.assets
    return dag.schedule if isinstance(dag.schedule, AssetExpression) else None


def rule_of(times: Moments | None) -> str:
    """The fire times as text: two schedules that differ in it fire at different times."""
    parts: Sequence[Moments] = times.items if isinstance(times, AnyOfTimes) else () if times is None else (times,)
    return ", ".join(map(repr, parts))


def rhythm_of(dag: Dag, times: Moments) -> Rhythm:
    """In seconds, as the core counts."""
    own = dag.settings
    return Rhythm(
        next_after=remembered(times.next_after_s),
        start=None if own.start is None else own.start.timestamp(),
        end=None if own.end is None else own.end.timestamp(),
        catchup=own.catchup,
    )


def remembered(next_after: NextAfter) -> NextAfter:
    """The same answers; the last few are not worked out again."""
    known: dict[float, float | None] = {}

    def answer(at: float) -> float | None:
        if at not in known:
            if len(known) >= REMEMBERED:
                known.clear()
            known[at] = next_after(at)
        return known[at]

    return answer


def paused_until(known: KnownSchedule, *, is_paused: bool, now: float) -> float:
    """Up to when fires fell into a pause that is over. A person's unpausing is known to the second; when a DAG file
    took its `paused=True` back, only that it did."""
    if is_paused:
        return NEVER
    by_hand = NEVER if known.unpaused_at is None or not known.is_by_hand else known.unpaused_at
    return now if known.was_paused and not known.is_by_hand else by_hand
