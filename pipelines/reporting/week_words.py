"""What a week's figures mean, in sentences. Each is computed: a sentence that would not be true is not written."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from flowlite.integrations.report.words import day, days, listed, moved, number, percent, plural, signed
from reporting.week import Day, Station, Week

RAIN_THAT_COUNTS, WARMTH_THAT_COUNTS = 6, 2.0  # hours in the week; degrees C in its mean
MANY_TO_CHARGE = 0.05  # of the vehicles
WEEKS_FOR_A_MEAN = 4
SHORT = -5.0  # vehicles that a station lacks at the end of an average day


def total(found: Sequence[Day]) -> int:
    """All rentals of some days."""
    return sum(one.rentals for one in found)


def change(now: float, before: float) -> float:
    """In percent."""
    return 100 * (now / before - 1)


def compared(week: Week) -> float | None:
    """The change of the rentals on the week before; None where a day of either is missing."""
    before = week.back(1)
    return change(total(week.days), total(before)) if len(week.days) == len(before) == 7 and total(before) else None


def earlier(week: Week) -> list[int]:
    """The rentals of the whole weeks among the four before this one."""
    return [total(found) for number in range(1, WEEKS_FOR_A_MEAN + 1) if len(found := week.back(number)) == 7]


def usual(week: Week) -> float | None:
    """Their mean."""
    known = earlier(week)
    return fmean(known) if known else None


def headline(week: Week) -> str:
    """The one sentence that everybody reads."""
    by = compared(week)
    if by is None:
        missing = 7 - len(week.days)
        ending = f"; {plural(missing, 'day')} of the week {'is' if missing == 1 else 'are'} missing" if missing else ""
        return f"{number(total(week.days))} rentals{ending}."
    if abs(by) < 1:
        return f"Rentals held steady at {number(total(week.days))}{weather_behind(week, by)}."
    return f"Rentals {moved(by)} to {number(total(week.days))}{weather_behind(week, by)}."


def weather_behind(week: Week, by: float) -> str:
    """What the weather has to do with it, where it points the same way."""
    said = []
    rain = sum(one.rain_hours for one in week.days) - sum(one.rain_hours for one in week.back(1))
    if abs(rain) >= RAIN_THAT_COUNTS and (rain > 0) == (by < 0):
        said.append(f"{plural(abs(rain), 'hour')} {'more' if rain > 0 else 'less'} of rain")
    warmth = warmer(week)
    if warmth is not None and abs(warmth) >= WARMTH_THAT_COUNTS and (warmth > 0) == (by > 0):
        said.append(f"{number(abs(warmth), 1)} °C {'more' if warmth > 0 else 'less'} in the mean")
    return f", with {' and '.join(said)}" if said else ""


def warmer(week: Week) -> float | None:
    """The mean temperature against the week before."""
    means = [[one.temperature for one in found if one.temperature is not None] for found in (week.days, week.back(1))]
    return fmean(means[0]) - fmean(means[1]) if all(means) else None


def points(week: Week) -> list[str]:
    """What else there is to know, the most important first."""
    return [
        said for said in (against_usual(week), best_and_worst(week), members(week), busiest(week), fleet(week)) if said
    ]


def against_usual(week: Week) -> str:
    """Is it a good week?"""
    mean = usual(week)
    if mean is None or len(week.days) < 7 or len(earlier(week)) < 2:
        return ""
    by = change(total(week.days), mean)
    weeks = plural(len(earlier(week)), "week")
    if abs(by) < 1:
        return f"That is what the {weeks} before had on average ({number(mean)})."
    side = "above" if by > 0 else "below"
    return f"That is {percent(abs(by))} {side} the mean of the {weeks} before ({number(mean)})."


def best_and_worst(week: Week) -> str:
    """The two days that stand out."""
    if len(week.days) < 2:
        return ""
    ranked = sorted(week.days, key=lambda one: one.rentals)
    worst, best = ranked[0], ranked[-1]
    rain = f", with rain in {plural(worst.rain_hours, 'hour')}" if worst.rain_hours >= 3 else ""
    return (
        f"{best.ds:%A} was the busiest day ({number(best.rentals)} rentals), "
        f"{worst.ds:%A} the quietest ({number(worst.rentals)}{rain})."
    )


def members(week: Week) -> str:
    """Who rides."""
    share = 100 * sum(one.registered for one in week.days) / max(total(week.days), 1)
    said = f"Members made {percent(share)} of the rentals"
    before = week.back(1)
    if len(before) < 7 or len(week.days) < 7:
        return f"{said}."
    theirs = change(sum(one.registered for one in week.days), sum(one.registered for one in before))
    others = change(sum(one.casual for one in week.days), sum(one.casual for one in before))
    return f"{said}; theirs {moved(theirs)}, those of everybody else {moved(others)}."


def busiest(week: Week) -> str:
    """The hour that the fleet has to be ready for."""
    known = [one for one in week.days if one.peak_hour is not None and one.peak_rentals]
    if not known:
        return ""
    top = max(known, key=lambda one: one.peak_rentals or 0)
    at = top.peak_hour or 0
    return f"The busiest hour was {top.ds:%A} {at}:00 to {at + 1}:00, with {number(top.peak_rentals)} rentals."


def fleet(week: Week) -> str:
    """How hard the vehicles worked."""
    used = [one for one in week.days if one.vehicles]
    if not used:
        return ""
    rides = fmean(one.rentals / one.vehicles for one in used)
    vehicles = fmean(one.vehicles for one in used)
    return f"{number(vehicles)} vehicles were in use on an average day, with {number(rides, 1)} rentals each."


def short_of_vehicles(week: Week) -> list[Station]:
    """The stations that run out, the worst first."""
    return sorted((one for one in week.stations if one.net <= SHORT), key=lambda one: one.net)


def watch(week: Week) -> list[str]:
    """What somebody should do something about."""
    said = []
    if short := short_of_vehicles(week):
        named = listed([f"{one.station} ({signed(one.net)})" for one in short], 4)
        lack = "station lacks" if len(short) == 1 else "stations lack"
        said.append(f"{len(short)} {lack} vehicles at the end of an average day: {named}.")
    if week.charge and week.charge[-1].now > MANY_TO_CHARGE * week.charge[-1].vehicles:
        end = week.charge[-1]
        share = 100 * end.now / end.vehicles
        said.append(f"{number(end.now)} vehicles ({percent(share)}) ended {day(end.ds)} below 15 % charge.")
    return said + gaps(week)


def gaps(week: Week) -> list[str]:
    """What is missing in the data itself."""
    said = []
    known = {one.ds for one in week.days}
    missing = [
        one for one in (week.first.fromordinal(week.first.toordinal() + n) for n in range(7)) if one not in known
    ]
    if missing:
        said.append(f"Gold has no figures for {listed([day(one) for one in missing], 7)}: the totals are without them.")
    empty = [(one.ds, one.empty_hours) for one in week.days if one.empty_hours]
    if empty:
        named = listed([f"{day(ds)} ({hours})" for ds, hours in empty], 7)
        said.append(f"The source left {plural(sum(hours for _, hours in empty), 'hour')} without a count: {named}.")
    return said


def notes(week: Week) -> list[str]:
    """How to read the figures."""
    said = [
        f"Period: {days(week.first, week.last)}, seven days in Washington's local time. Compared with the seven days "
        "before, day by day; the mean is that of the whole weeks among the four before.",
        "Rentals, members and weather are counted and measured at the source; a day's total is the source's own sum.",
        "A station's balance is its arrivals less its departures. To be charged now: below 15 %; soon: below 30 %.",
    ]
    if week.generated:
        fields = listed([name.replace("_", " ") for name in week.generated], 9)
        said.append(
            f"Generated for demonstration, not measured: {fields} of each booking, and all that follows from them "
            "(vehicles, stations, charge, length of rides)."
        )
    return said
