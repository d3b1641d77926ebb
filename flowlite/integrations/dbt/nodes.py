"""What became of one node of a dbt project, and how dbt's structured events tell it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

GREEN = frozenset({"success", "warn"})
FINISHED = frozenset({"success", "warn", "failed", "skipped"})
STATES = {
    "success": "success", "pass": "success", "no-op": "success", "reused": "success", "warn": "warn",
    "skipped": "skipped", "started": "running", "compiling": "running", "executing": "running",
}  # fmt: skip
# Everything else (error, fail, runtime error, partial success) is failed: what we do not know is not green.
STATE_OF_EVENT = {"NodeStart": "running", "SkippingDetails": "skipped"}
TOLD_BY = frozenset({*STATE_OF_EVENT, "NodeFinished"})
MESSAGE_CHARS = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """Times are seconds since the epoch. `rows`: written by a model, found by a test."""

    id: str  # dbt's unique_id
    name: str
    kind: str  # model, test, seed, snapshot, unit_test, operation
    state: str  # queued, running, success, warn, failed, skipped
    started_at: float | None = None
    ended_at: float | None = None
    rows: int | None = None
    message: str = ""


def node_of(event: str, data: Mapping[str, Any]) -> Node | None:
    """The node that an event is about, as it stands now; None if it is about no node."""
    info = data.get("node_info") or {}
    if event not in TOLD_BY or not info.get("unique_id"):
        return None
    result = data.get("run_result") or {}
    state = STATE_OF_EVENT.get(event) or STATES.get(result.get("status") or info.get("node_status", ""), "failed")
    return Node(
        id=info["unique_id"],
        name=info.get("node_name") or name_of(info["unique_id"]),
        kind=info.get("resource_type") or info["unique_id"].split(".")[0],
        state=state,
        started_at=instant(info.get("node_started_at")),
        ended_at=instant(info.get("node_finished_at")),
        rows=rows_of(result) if state != "running" else None,
        message=str(result.get("message") or "")[:MESSAGE_CHARS],
    )


def rows_of(result: Mapping[str, Any]) -> int | None:
    """How many rows, if the adapter or the test says so."""
    failures = result.get("num_failures", result.get("failures"))
    if failures:
        return int(failures)
    rows = (result.get("adapter_response") or {}).get("rows_affected")
    return int(rows) if rows is not None and int(rows) >= 0 else None


def name_of(unique_id: str) -> str:
    """`model.shop.orders` -> orders, `test.shop.no_gaps.1a2b3c` -> no_gaps."""
    parts = unique_id.split(".")
    return parts[2] if len(parts) > 2 else unique_id


def instant(text: str | None) -> float | None:
    """dbt writes UTC, with or without saying so."""
    if not text:
        return None
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
