"""The fingerprint of a DAG: which tasks, edges and rules it has, in one short text."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from flowlite.authoring.spec import TaskSpec

if TYPE_CHECKING:
    from flowlite.authoring.dag import Dag


def fingerprint(dag: Dag) -> str:
    """Made of what the machine works with and of how tasks are carried out; not of the functions' code, so that a
    corrected line in a task is no new version."""
    whole = hashlib.sha256()
    own = dag.settings
    for part in (own.id, own.max_active_runs, own.priority, own.sla_s, own.timeout_s, sorted(dag.downstream_dags)):
        whole.update(f"{part!r}\n".encode())
    for name, backoff in sorted(dag.retrying_groups.items()):
        whole.update(f"{name} {backoff!r}\n".encode())
    for spec in dag.specs.values():
        whole.update(f"{spec.task!r} {way(spec)!r}\n".encode())
    return whole.hexdigest()[:16]


def way(spec: TaskSpec) -> tuple[object, ...]:
    """How a task is carried out."""
    return (
        spec.kind, spec.isolation, sorted(spec.arguments), spec.timeout_s, spec.memory_bytes, spec.memory_factor,
        spec.poke_every_s, spec.command, sorted(spec.env.items()), spec.cwd, spec.question, spec.approvers,
        spec.trigger_dag_id, spec.trigger_waits,
    )  # fmt: skip
