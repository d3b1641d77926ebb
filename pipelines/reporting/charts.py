"""The charts of the weekly summary. What one should see is in the title; unit and source stand beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flowlite.integrations.report import AMBER, BLUE, GREEN, GREY, RED, Chart, Picture
from flowlite.integrations.report.words import day, number
from reporting.week import Week
from reporting.week_words import total

BAR = 0.62
WHOLE, HALF = 17.4, 8.4  # cm


def rentals_by_day(week: Week) -> Picture:
    """This week's days beside those of the week before."""
    before = {one.ds.weekday(): one.rentals for one in week.back(1)}
    at, rentals = [one.ds.weekday() for one in week.days], [one.rentals for one in week.days]
    with Chart(WHOLE, 5.6) as chart:
        bars = chart.axes.bar(at, rentals, BAR, color=BLUE, label="this week")
        chart.axes.bar_label(bars, list(map(number, rentals)), label_type="center", color="white", fontsize=8)
        for place, height in before.items():
            label = "the week before" if place == min(before) else None
            ends = [place - BAR / 2 - 0.08, place + BAR / 2 + 0.08]
            chart.axes.plot(ends, [height, height], color=AMBER, linewidth=2.4, label=label, solid_capstyle="butt")
        chart.axes.set_xticks(at, [day(one.ds) for one in week.days])
        headroom(chart.axes, rentals, list(before.values()))
        legend(chart.axes)
    says = f"{number(total(week.days))} rentals over {len(week.days)} days, beside the same days of the week before."
    return chart.picture(
        title="Day by day, beside the week before", unit="rentals", source="Gold kpi_summary", says=says
    )


def rentals_by_week(week: Week) -> Picture:
    """The trend."""
    weeks = week.whole_weeks
    at, heights = range(len(weeks)), [rentals / 1000 for _, rentals in weeks]
    every = max(1, -(-len(weeks) // 6))
    shown = [number for number in at if (len(weeks) - 1 - number) % every == 0]
    with Chart(HALF, 4.6) as chart:
        bars = chart.axes.bar(at, heights, BAR, color=[*[GREY] * (len(weeks) - 1), BLUE][-len(weeks) :])
        chart.axes.bar_label(bars, [f"{height:.1f}" for height in heights], padding=2, fontsize=7)
        chart.axes.set_xticks(shown, [f"{weeks[number][0].day} {weeks[number][0]:%b}" for number in shown])
        headroom(chart.axes, heights)
    return chart.picture(title="Rentals a week", unit="thousands; weeks by their Monday", source="Gold kpi_summary")


def who_rides(week: Week) -> Picture:
    """Members and everybody else, day by day."""
    at, registered = range(len(week.days)), [one.registered for one in week.days]
    with Chart(HALF, 4.6) as chart:
        chart.axes.bar(at, registered, BAR, color=BLUE, label="members")
        chart.axes.bar(at, [one.casual for one in week.days], BAR, bottom=registered, color=AMBER, label="others")
        chart.axes.set_xticks(at, [f"{one.ds:%a}" for one in week.days])
        headroom(chart.axes, [one.rentals for one in week.days])
        legend(chart.axes)
    return chart.picture(title="Who rides", unit="rentals a day", source="Gold kpi_summary")


def by_hour(week: Week) -> Picture:
    """The shape of the day."""
    lines = {"working": (BLUE, "-", "working days"), "free": (AMBER, "--", "weekend and holidays")}
    with Chart(WHOLE, 5.4) as chart:
        for name, (color, style, label) in lines.items():
            values = [getattr(one, name) for one in week.hours]
            if any(value is not None for value in values):
                chart.axes.plot([one.hour for one in week.hours], values, style, color=color, label=label)
        chart.axes.set_xticks(range(0, 24, 3), [f"{hour}:00" for hour in range(0, 24, 3)])
        chart.axes.set_xlim(0, 23)
        headroom(chart.axes, [value for one in week.hours for value in (one.working, one.free) if value is not None])
        legend(chart.axes)
    return chart.picture(
        title="The shape of the day", unit="mean rentals an hour", source="Gold demand_features_hourly"
    )


def stations(week: Week, *, most: int = 6) -> Picture:
    """Where vehicles run out and where they pile up."""
    ranked = sorted(week.stations, key=lambda one: one.net)
    shown = ranked if len(ranked) <= 2 * most else [*ranked[:most], *ranked[-most:]]
    colors = [RED if one.net < 0 else BLUE for one in shown]
    with Chart(HALF, 6.4) as chart:
        chart.axes.barh(range(len(shown)), [one.net for one in shown], 0.66, color=colors)
        chart.axes.set_yticks(range(len(shown)), [one.station for one in shown])
        chart.axes.invert_yaxis()
        chart.axes.grid(visible=False, axis="y")
        chart.axes.grid(visible=True, axis="x")
        chart.axes.axvline(0, color=GREY, linewidth=0.8)
        chart.axes.spines["bottom"].set_visible(False)
    return chart.picture(
        title="Vehicles that are missing, or too many", unit="a day, by station", source="Gold station_balance"
    )


def charge(week: Week) -> Picture:
    """The state of the batteries at the end of each day."""
    at, below = range(len(week.charge)), [0] * len(week.charge)
    with Chart(HALF, 6.4) as chart:
        for name, color in (("now", RED), ("soon", AMBER)):
            values = [getattr(one, name) for one in week.charge]
            chart.axes.bar(at, values, BAR, bottom=below, color=color, label=name)
            below = [one + value for one, value in zip(below, values, strict=True)]
        chart.axes.set_xticks(at, [f"{one.ds:%a}" for one in week.charge])
        headroom(chart.axes, below)
        legend(chart.axes)
    return chart.picture(title="Vehicles to be charged", unit="at the end of the day", source="Gold fleet_health")


def skies(week: Week) -> Picture:
    """What the weather did to demand."""
    at, heights = range(len(week.sky)), [one.rentals_an_hour for one in week.sky]
    colors = [{"Clear": BLUE, "Mist": GREY, "unknown": GREY}.get(one.condition, GREEN) for one in week.sky]
    with Chart(HALF, 4.6) as chart:
        bars = chart.axes.bar(at, heights, BAR, color=colors)
        chart.axes.bar_label(bars, list(map(number, heights)), padding=2, fontsize=7.5)
        chart.axes.set_xticks(at, [f"{one.condition}\n{one.hours} h" for one in week.sky])
        headroom(chart.axes, heights)
    return chart.picture(title="Rentals by weather", unit="mean an hour", source="Gold demand_by_weather")


def headroom(axes: Any, *values: Sequence[float]) -> None:
    """From 0 to a little above the highest: room for labels and the legend."""
    highest = max((value for some in values for value in some), default=0)
    axes.set_ylim(0, 1.24 * highest if highest > 0 else 1)


def legend(axes: Any) -> None:
    """Above the drawing, in a row; where nothing is drawn there is none."""
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="upper left", ncols=4, borderaxespad=0.1, handlelength=1.4, columnspacing=1.4)
