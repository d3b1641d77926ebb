"""Cron schedules under one rule for clock changes: where the hour is a wildcard or a step, every real instant counts;
where it is fixed, each wall time counts once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from flowlite.authoring import defaults
from flowlite.authoring.problems import DeclarationError, Place, here
from flowlite.authoring.schedules.crontab import BadCron, spelled_out
from flowlite.authoring.schedules.moments import Moments
from flowlite.authoring.schedules.zones import SECOND, change_between, first_instant, offset, wall, zone_named

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Cron(Moments):
    """Fires at the wall times of a cron text in a time zone. Build it with `cron(...)`."""

    text: str
    timezone: str
    plain: str = field(repr=False)
    counts_both_folds: bool = field(repr=False)

    @property
    def zone(self) -> ZoneInfo:
        """Where the wall clock hangs."""
        return zone_named(self.timezone)

    def next_after(self, instant: datetime) -> datetime | None:
        """The first fire after an aware instant, in UTC; None if there is none in the next decades."""
        start = aware(instant)
        return self._next_real(start) if self.counts_both_folds else self._next_of_wall(start)

    def _next_of_wall(self, start: datetime) -> datetime | None:
        fires = CronSim(self.plain, wall(start, self.zone))
        for naive in fires:
            fire = first_instant(naive, self.zone)
            if fire > start:  # what lies in the second fold has fired in the first
                return fire
        return None

    def _next_real(self, start: datetime) -> datetime | None:
        """Between two clock changes wall time runs straight: look in one such stretch after the other."""
        begin = wall(start, self.zone)
        while True:
            naive = next(CronSim(self.plain, begin), None)
            if naive is None:
                return None
            fire = (naive - offset(start, self.zone)).replace(tzinfo=UTC)
            change = change_between(start, fire, self.zone)
            if change is None:
                return fire
            start, begin = change, wall(change, self.zone) - SECOND

    def __str__(self) -> str:
        return f"{self.text} ({self.timezone})"


def cron(text: str, tz: str | ZoneInfo | None = None) -> Cron:
    """A schedule by crontab(5): `cron("0 6 * * 1", tz="Europe/Berlin")`. Without tz: that of flowlite.toml, or UTC."""
    place = here()
    zone = tz.key if isinstance(tz, ZoneInfo) else tz or defaults.timezone()
    zone_named(zone)
    if not isinstance(text, str):
        raise DeclarationError(f"cron({text!r}) is no cron text", 'write it like cron("0 6 * * 1")', place)
    try:
        plain, is_wild = spelled_out(text)
        found = Cron(text, zone, plain, is_wild)
        CronSim(plain, LONG_AGO.replace(tzinfo=None))
    except BadCron as bad:
        raise DeclarationError(bad.problem, bad.fix, place) from None
    except CronSimError:
        raise never_fires(text, place) from None
    if found.next_after(LONG_AGO) is None:
        raise never_fires(text, place)
    return found


def never_fires(text: str, place: Place) -> DeclarationError:
    """30 February and its kind."""
    return DeclarationError(f"cron text {text!r} never fires", "no such day exists; give another day or month", place)


def aware(instant: datetime) -> datetime:
    """To UTC, to the second below. A time without a zone has no place on the time line."""
    if instant.tzinfo is None:
        raise ValueError(f"{instant.isoformat()} has no time zone; give an aware datetime, such as datetime.now(UTC)")
    return instant.astimezone(UTC).replace(microsecond=0)
