"""The reports about flowlite's own work as pages."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flowlite.integrations import report
from flowlite.integrations.report.words import moment
from reporting import ops as day
from reporting import own_charts, sla
from reporting.ops import Ops
from reporting.sla import Audit

FOLDER = Path(__file__).parent
MOST_MISSES = 40


def write_ops(ops: Ops, path: Path, *, zone: ZoneInfo, dag_id: str, run_id: str) -> report.Pdf:
    """The daily summary."""
    values = {
        "period": period_of_day(ops, zone),
        "lead": day.lead(ops),
        "points": day.points(ops, ops.until.astimezone(zone).date()),
        "key_figures": day.key_figures(ops),
        "runs_by_hour": own_charts.runs_by_hour(ops, zone),
        "ops": ops,
        "stale": day.stale(ops),
        **common(zone, dag_id, run_id),
    }
    return report.write_pdf(FOLDER / "ops.html", path, values)


def write_audit(audit: Audit, path: Path, *, zone: ZoneInfo, dag_id: str, run_id: str) -> report.Pdf:
    """The monthly audit."""
    latest_first = sorted(audit.misses, key=lambda one: (-(one.late_s or 0), one.due_at))
    values = {
        "period": period_of_month(audit, zone),
        "lead": sla.lead(audit),
        "points": sla.points(audit),
        "key_figures": sla.key_figures(audit),
        "by_month": own_charts.kept_by_month(audit),
        "by_week": own_charts.missed_by_week(audit),
        "by_dag": own_charts.missed_by_dag(audit),
        "audit": audit,
        "misses": latest_first[:MOST_MISSES],
        "more_misses": len(latest_first) - MOST_MISSES,
        **common(zone, dag_id, run_id),
    }
    return report.write_pdf(FOLDER / "sla.html", path, values)


def common(zone: ZoneInfo, dag_id: str, run_id: str) -> dict[str, Any]:
    """What both templates need."""
    return {"at": lambda instant: local(instant, zone), "zone": zone.key, "dag_id": dag_id, "run_id": run_id}


def local(instant: datetime, zone: ZoneInfo) -> str:
    """For the reader's clock."""
    return moment(instant.astimezone(zone))


def period_of_day(ops: Ops, zone: ZoneInfo) -> str:
    """`Sun 30 Jun, 06:30 to Mon 1 Jul 2024, 06:30`."""
    until = ops.until.astimezone(zone)
    return f"{local(ops.since, zone)} to {local(ops.until, zone)}, {until.year}"


def period_of_month(audit: Audit, zone: ZoneInfo) -> str:
    """`June 2024`."""
    return f"{(audit.since + timedelta(days=1)).astimezone(zone):%B %Y}"
