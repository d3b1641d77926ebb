"""Who is told of what: rows for the outbox, written in the transaction of the change that caused them.

One row a channel and incident. A failure is told once for each task that is to blame, until the DAG has succeeded
again; a missed deadline once; good news after bad goes to those who heard the bad.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from flowlite.core.graph import Graph
from flowlite.core.machine import Machine
from flowlite.core.rows import AlertRow, Changes
from flowlite.engine.plans import Plan, Plans
from flowlite.engine.why import instance_name
from flowlite.store.rows import OutboxRow

Channels = Mapping[str, tuple[str, ...]]  # by kind of alert


class Alerting:
    """`given` are the channels where neither DAG nor task names any."""

    def __init__(self, machine: Machine, plans: Plans, given: Channels) -> None:
        self._machine, self._plans, self.given = machine, plans, given

    def rows(self, changes: Changes) -> list[OutboxRow]:
        """For the alerts of one commit."""
        return [row for alert in changes.alerts for row in self._rows(alert)]

    def _rows(self, alert: AlertRow) -> Iterator[OutboxRow]:
        graph, plan = self._machine.graphs[alert.version], self._plans.of(alert.version)
        payload, key = json.dumps(payload_of(alert, graph)), key_of(alert, graph)
        for channel in dict.fromkeys(self._channels(alert, plan)):
            yield OutboxRow(channel, alert.kind, key, payload, alert.at)

    def _channels(self, alert: AlertRow, plan: Plan | None) -> Iterator[str]:
        for number in alert.blamed or (alert.task,):
            yield from self._of_task(alert.kind, plan, number)

    def _of_task(self, kind: str, plan: Plan | None, number: int) -> tuple[str, ...]:
        if plan is None:  # its DAG is not loaded
            return self.given.get(kind, ())
        spec = plan.specs[number] if number >= 0 else None
        said = spec.notify if spec is not None and spec.notify is not None else plan.dag.settings.notify
        return (self.given if said is None else said).get(kind, ())


def key_of(alert: AlertRow, graph: Graph) -> str:
    """The same for what is the same trouble."""
    if alert.kind == "failure":
        tasks = "+".join(graph.tasks[number].id for number in alert.blamed)
        return f"{alert.dag_id}/failure/{alert.incident}/{tasks}"
    if alert.kind == "sla":
        return f"{alert.dag_id}/sla/{alert.run}/{alert.task}"
    if alert.kind == "retry":
        return f"{alert.dag_id}/retry/{alert.run}/{alert.task}/{alert.index}/{alert.at:.3f}"
    return f"{alert.dag_id}/{alert.kind}/{alert.run}/{alert.at:.3f}"


def payload_of(alert: AlertRow, graph: Graph) -> dict[str, object]:
    """What can't be looked up later."""
    number = alert.task if alert.task >= 0 else next(iter(alert.blamed), -1)
    task_id = graph.tasks[number].id if number >= 0 else None
    return {
        "dag_id": alert.dag_id,
        "run": alert.run,
        "task_id": task_id,
        "name": None if task_id is None else instance_name(task_id, alert.index),
        "map_index": alert.index,
        "logical_date": alert.logical_date,
        "base_at": alert.base_at,
        "incident": alert.incident,
        "at": alert.at,
    }
