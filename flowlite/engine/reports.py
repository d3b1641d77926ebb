"""What a running attempt tells about itself, as rows for the store: progress, and nodes below the task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowlite.execution.work import AttemptKey
from flowlite.store.rows import ProgressRow, ReportRow


def report_row(key: AttemptKey, report: Mapping[str, Any], at: float) -> ReportRow | ProgressRow | None:
    """None for what can't be read: a report comes from an author's code and must not stop the engine."""
    try:
        return _progress(key, report, at) if report.get("kind") == "progress" else _node(key, report, at)
    except (KeyError, TypeError, ValueError):
        return None


def _progress(key: AttemptKey, report: Mapping[str, Any], at: float) -> ProgressRow:
    total = report.get("total")
    return ProgressRow(
        key.run, key.task, key.index, key.attempt, float(report["done"]), None if total is None else float(total),
        str(report.get("note") or "")[:500], at,
    )  # fmt: skip


def _node(key: AttemptKey, report: Mapping[str, Any], at: float) -> ReportRow:
    rows, message = report.get("rows"), report.get("message")
    return ReportRow(
        key.run, key.task, key.index, key.attempt, str(report["id"]), str(report["state"]),
        _time(report.get("started_at")), _time(report.get("ended_at")), None if rows is None else int(rows),
        None if message is None else str(message)[:4000], at,
    )  # fmt: skip


def _time(value: Any) -> float | None:
    """Seconds since the epoch, or a datetime."""
    if value is None:
        return None
    return float(value.timestamp()) if hasattr(value, "timestamp") else float(value)
