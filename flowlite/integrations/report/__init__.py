"""Reports: a Jinja2 template and values become a PDF that people like to receive; charts that go with it.

Needs `pip install 'flowlite[report]'` (WeasyPrint, Matplotlib) and the Pango library of the operating system. Tested
against WeasyPrint 70 and Matplotlib 3.11 on Debian 12.

    from flowlite.integrations import report

    @task(isolation="process", memory="768MiB", timeout=120)
    def render(week: Week, ctx: Context) -> str:
        with report.Chart(17, 6) as chart:
            chart.axes.bar(week.days, week.rentals, color=report.BLUE)
        rentals = chart.picture(title="Rentals a day", unit="rentals", source="Gold kpi_summary")
        return str(report.write_pdf(TEMPLATE, "weekly.pdf", {"week": week, "rentals": rentals}))

Give a task that renders a process of its own and a limit: a long table can cost gigabytes, and what a library has
taken once it does not give back. `MOST_ROWS` is where a table is refused before that.

The template begins with `{% extends "report.html" %}`: cover line, page numbers, typeface, tables that keep their heads
and never break inside a row. Values are text in it, never markup; pictures and style sheets come from the template's
own folder and from nowhere else.
"""

from __future__ import annotations

from flowlite.integrations.report.charts import AMBER, BLUE, GREEN, GREY, RED, SKY, Chart, Picture
from flowlite.integrations.report.pdf import MOST_ROWS, Pdf, ReportFailed, check_installed, write_pdf

__all__ = [
    "AMBER", "BLUE", "GREEN", "GREY", "MOST_ROWS", "RED", "SKY", "Chart", "Pdf", "Picture", "ReportFailed",
    "check_installed", "write_pdf",
]  # fmt: skip
