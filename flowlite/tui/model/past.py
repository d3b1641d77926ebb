"""The past of a DAG as the daemon tells it, for charts of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowlite.tui.layout.history import Past, Ran, Spread, TaskPast

Told = Mapping[str, Any]


def past_of(told: Told) -> Past:
    """From the answer of `trends`."""
    return Past(
        dag_id=told["dag_id"],
        runs=[
            Ran(int(one["run_id"]), one["started_at"], one["ended_at"] - one["started_at"], one["state"] == "success")
            for one in told["past"]
        ],
        tasks=[task_past(one) for one in told["tasks"]],
        sla_s=told["sla_s"],
        tasks_from=told["tasks_from"],
    )


def task_past(one: Told) -> TaskPast:
    """Of one task."""
    found = None
    if one["quantiles_s"]:
        least, p25, p50, p75, p95, most = one["quantiles_s"]
        found = Spread(n=one["succeeded"], least=least, p25=p25, p50=p50, p75=p75, p95=p95, most=most)
    return TaskPast(
        id=one["task_id"], spread=found, recent=one["recent_s"], share=one["share"], retries=one["retries"],
        failed=one["failed"], queued_p95_s=one["queued_p95_s"], pool=one["pool"],
    )  # fmt: skip
