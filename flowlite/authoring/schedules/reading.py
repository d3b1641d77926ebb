"""From what an author may write as `schedule=` to one schedule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flowlite.authoring.assets import AnyOf, AssetExpression
from flowlite.authoring.problems import DeclarationError
from flowlite.authoring.schedules.cron import Cron, cron
from flowlite.authoring.schedules.every import Every
from flowlite.authoring.schedules.moments import Moments


@dataclass(frozen=True, slots=True)
class AnyOfTimes(Moments):
    """Several schedules as one: fires that coincide are one. Assets beside them start runs of their own."""

    items: tuple[Moments, ...]
    assets: AssetExpression | None = None

    def next_after(self, instant: datetime) -> datetime | None:
        """The earliest next fire of any of them."""
        return min((fire for item in self.items if (fire := item.next_after(instant))), default=None)

    def previous_before(self, instant: datetime) -> datetime | None:
        """The latest fire of any of them before an aware instant."""
        return max((fire for item in self.items if (fire := item.previous_before(instant))), default=None)

    def __str__(self) -> str:
        return ", ".join(str(item) for item in (*self.items, *((self.assets,) if self.assets is not None else ())))


Schedule = Cron | Every | AnyOfTimes | AssetExpression
ScheduleLike = Schedule | str | Sequence[Any] | None


def schedule_of(value: ScheduleLike) -> Schedule | None:
    """A schedule from a cron text, a preset, a span, an asset expression or a list of them."""
    if value is None or isinstance(value, Cron | Every | AnyOfTimes | AssetExpression):
        return value
    if isinstance(value, str):
        return cron(value)
    if isinstance(value, list | tuple) and value:
        return joined([schedule_of(item) for item in value])
    raise DeclarationError(
        f"schedule={value!r} is no schedule", 'write cron("0 6 * * *"), every(hours=1), "@daily" or an Asset'
    )


def joined(items: Sequence[Schedule | None]) -> Schedule:
    """One schedule from several."""
    times = tuple(item for item in items if isinstance(item, Moments))
    assets = tuple(item for item in items if isinstance(item, AssetExpression))
    by_assets = None if not assets else assets[0] if len(assets) == 1 else AnyOf(assets)
    if not times and by_assets is not None:
        return by_assets
    return AnyOfTimes(times, by_assets)


def zone_name(schedule: Schedule | None) -> str | None:
    """The time zone that a schedule speaks of, if it does."""
    if isinstance(schedule, Cron):
        return schedule.timezone
    if isinstance(schedule, AnyOfTimes):
        return next((name for item in schedule.items if isinstance(item, Cron) and (name := item.timezone)), None)
    return None
