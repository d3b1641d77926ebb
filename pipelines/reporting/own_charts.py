"""The charts of the reports about flowlite's own work."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flowlite.integrations.report import AMBER, BLUE, GREY, RED, Chart, Picture
from flowlite.integrations.report.words import number
from reporting.charts import BAR, HALF, WHOLE, headroom, legend
from reporting.ops import Ops
from reporting.sla import Audit

SOURCE = "flowlite's own state"
HOUR = timedelta(hours=1)


def runs_by_hour(ops: Ops, zone: ZoneInfo) -> Picture:
    """When the work was done, and when it failed."""
    hours = max(1, round((ops.until - ops.since) / HOUR))
    at = range(hours)
    counts = {
        state: Counter(int((run.ended_at - ops.since) / HOUR) for run in ops.runs if (run.state == "failed") is failed)
        for state, failed in (("others", False), ("failed", True))
    }
    done, failed = ([counts[state][hour] for hour in at] for state in ("others", "failed"))
    every = max(1, hours // 8)
    starts = [(ops.since + hour * HOUR).astimezone(zone) for hour in at]
    with Chart(WHOLE, 4.4) as chart:
        chart.axes.bar(at, done, 0.8, color=BLUE, label="succeeded or cancelled")
        chart.axes.bar(at, failed, 0.8, bottom=done, color=RED, label="failed", hatch="////", edgecolor="white")
        chart.axes.set_xticks(at[::every], [f"{start:%H:%M}" for start in starts[::every]])
        whole_numbers(chart.axes)
        headroom(chart.axes, [one + other for one, other in zip(done, failed, strict=True)])
        legend(chart.axes)
    return chart.picture(title="Runs that ended", unit="an hour", source=SOURCE)


def kept_by_month(audit: Audit) -> Picture:
    """The trend."""
    first = next((at for at, month in enumerate(audit.months) if month.due), 0)
    months = audit.months[first:]
    known = [(at, month.share) for at, month in enumerate(months) if month.share is not None]
    places, shares = [at for at, _ in known], [share for _, share in known]
    room = max(2.0, 100 - min(shares, default=100.0))
    with Chart(HALF, 5.0) as chart:
        chart.axes.plot(places, shares, color=BLUE, marker="o", markersize=4)
        label = {"ha": "center", "va": "bottom", "fontsize": 7.5, "xytext": (0, 4), "textcoords": "offset points"}
        paper = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
        for at, share in known:
            chart.axes.annotate(f"{share:.1f}", (at, share), **label, bbox=paper)
        chart.axes.set_xticks(range(len(months)), [f"{month.since:%b}" for month in months])
        chart.axes.set_xlim(-0.5, len(months) - 0.5)
        chart.axes.set_ylim(max(0.0, 100 - 1.3 * room), 100 + 0.2 * room)
    return chart.picture(title="Deadlines kept, by month", unit="percent; does not begin at 0", source=SOURCE)


def missed_by_week(audit: Audit) -> Picture:
    """Within the month."""
    at, missed = range(len(audit.weeks)), [week.due - week.met for week in audit.weeks]
    with Chart(HALF, 5.0) as chart:
        bars = chart.axes.bar(at, missed, BAR, color=AMBER)
        chart.axes.bar_label(bars, list(map(number, missed)), padding=2, fontsize=7.5)
        chart.axes.set_xticks(at, [f"{week.since.day} {week.since:%b}" for week in audit.weeks])
        whole_numbers(chart.axes)
        headroom(chart.axes, missed)
    return chart.picture(title="Deadlines missed, by week", unit="weeks by their first day", source=SOURCE)


def missed_by_dag(audit: Audit, *, most: int = 8) -> Picture:
    """Whose they were."""
    bad = sorted((one for one in audit.deadlines if one.due), key=lambda one: one.missed, reverse=True)[:most]
    with Chart(WHOLE, 0.9 + 0.62 * max(len(bad), 2)) as chart:
        at = range(len(bad))
        chart.axes.barh(at, [one.met for one in bad], 0.62, color=GREY, label="kept")
        chart.axes.barh(at, [one.missed for one in bad], 0.62, left=[one.met for one in bad], color=RED, label="missed")
        chart.axes.set_yticks(at, [one.of for one in bad])
        chart.axes.invert_yaxis()
        chart.axes.grid(visible=False, axis="y")
        chart.axes.legend(loc="lower right", ncols=2, borderaxespad=0.1, handlelength=1.4)
        chart.axes.set_xlim(0, 1.2 * max((one.due for one in bad), default=1))
    return chart.picture(title="Whose deadlines", unit="deadlines in the month", source=SOURCE)


def whole_numbers(axes: Any) -> None:
    """What is counted has no halves."""
    axes.yaxis.get_major_locator().set_params(integer=True)
