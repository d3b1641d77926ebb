"""The weekly summary as pages: figures, words and charts put into the template."""

from __future__ import annotations

from pathlib import Path
from statistics import fmean
from typing import Any

from flowlite.integrations import report
from flowlite.integrations.report.words import change as said_change
from flowlite.integrations.report.words import days, number, percent
from reporting import charts, week_words
from reporting.week import Day, Week

TEMPLATE = Path(__file__).parent / "weekly.html"


def write(week: Week, path: Path, *, dag_id: str, run_id: str) -> report.Pdf:
    """Render it."""
    values = {
        "period": f"{days(week.first, week.last)} · calendar week {week.last.isocalendar().week}",
        "headline": week_words.headline(week),
        "points": week_words.points(week),
        "watch": week_words.watch(week),
        "remarks": week_words.notes(week),
        "key_figures": key_figures(week),
        "charts": drawn(week),
        "days": [row_of(week, one) for one in week.days],
        "total": total_of(week),
        "rides": week.rides,
        "short": week_words.short_of_vehicles(week),
        "dag_id": dag_id,
        "run_id": run_id,
    }
    return report.write_pdf(TEMPLATE, path, values)


def drawn(week: Week) -> dict[str, report.Picture]:
    """All charts by name."""
    return {
        "days": charts.rentals_by_day(week),
        "weeks": charts.rentals_by_week(week),
        "riders": charts.who_rides(week),
        "hours": charts.by_hour(week),
        "stations": charts.stations(week),
        "charge": charts.charge(week),
        "sky": charts.skies(week),
    }


def key_figures(week: Week) -> list[tuple[str, str, list[tuple[str, str, bool | None]]]]:
    """The tiles: what it is, how much, and beside what."""
    now, before = week.days, week.back(1) if len(week.back(1)) == len(week.days) == 7 else []
    usual = week_words.usual(week)
    rentals = [against("on the week before", week_words.compared(week))] if before else []
    weeks = len(week_words.earlier(week))
    if usual and weeks > 1 and len(now) == 7:
        rentals.append(against(f"on the mean of {weeks} weeks", week_words.change(week_words.total(now), usual)))
    return [
        ("Rentals", number(week_words.total(now)), rentals),
        ("Members' share", percent(members_of(now)), points_on(members_of(now), members_of(before))),
        ("Rentals a vehicle and day", number(worked(now), 1), moved_on(worked(now), worked(before))),
        ("Vehicles in use", number(used(now)), moved_on(used(now), used(before))),
    ]


def against(what: str, by: float | None) -> tuple[str, str, bool | None]:
    """A change, good if it is more."""
    return what, said_change(by), None if by is None or abs(by) < 1 else by > 0


def moved_on(now: float | None, before: float | None) -> list[tuple[str, str, bool | None]]:
    """A change that is neither good nor bad."""
    return [("on the week before", said_change(week_words.change(now, before)), None)] if now and before else []


def points_on(now: float | None, before: float | None) -> list[tuple[str, str, bool | None]]:
    """Of a share, in points."""
    from flowlite.integrations.report.words import signed

    if now is None or before is None:
        return []
    return [("points on the week before", signed(now - before, 1), None)]


def members_of(found: list[Day]) -> float | None:
    """In percent."""
    rentals = week_words.total(found)
    return 100 * sum(one.registered for one in found) / rentals if rentals else None


def worked(found: list[Day]) -> float | None:
    """Rentals a vehicle and day."""
    return (
        fmean(one.rentals / one.vehicles for one in found if one.vehicles)
        if any(one.vehicles for one in found)
        else None
    )


def used(found: list[Day]) -> float | None:
    """Vehicles on an average day."""
    return fmean(one.vehicles for one in found) if found else None


def row_of(week: Week, one: Day) -> dict[str, Any]:
    """A day in the table."""
    before = next((other for other in week.back(1) if other.ds.weekday() == one.ds.weekday()), None)
    by = week_words.change(one.rentals, before.rentals) if before and before.rentals else None
    named = ("ds", "rentals", "peak_hour", "peak_rentals", "vehicles", "temperature", "rain_hours")
    return {**{name: getattr(one, name) for name in named}, "members": members_of([one]), "change": by}


def total_of(week: Week) -> dict[str, Any]:
    """The table's last row."""
    known = [one.temperature for one in week.days if one.temperature is not None]
    return {
        "rentals": week_words.total(week.days),
        "change": week_words.compared(week),
        "members": members_of(week.days),
        "temperature": fmean(known) if known else None,
        "rain_hours": sum(one.rain_hours for one in week.days),
    }
