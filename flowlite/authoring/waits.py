"""Tasks that wait for somebody or something else: a person's answer, another DAG's run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from flowlite.authoring.bindings import binding
from flowlite.authoring.building import builder_here
from flowlite.authoring.handles import Handle
from flowlite.authoring.options import TaskOptions, options, text
from flowlite.authoring.problems import DeclarationError


def approve(question: str, *, approvers: Sequence[str] = (), **given: Unpack[TaskOptions]) -> Handle:
    """Wait for a person to answer. Holds no slot; the result says who answered what. `timeout` is of the whole wait."""
    builder = builder_here("approve()")
    refuse("approve()", given, "isolation", "memory", "slots")
    if isinstance(approvers, str) or not all(isinstance(one, str) for one in approvers):
        raise DeclarationError(f"approvers={approvers!r} is no list of names", 'write approvers=["ana", "data-team"]')
    more = {"question": text("question", question), "approvers": tuple(approvers)}
    return Handle(builder.add("approve", "approve", options("approve()", given), kind="approval", more=more))


def trigger(
    dag: Any, *, params: Mapping[str, Any] | Handle | None = None, wait: bool = False, **given: Unpack[TaskOptions]
) -> Handle:
    """Start a run of another DAG (its id, or the Dag). With `wait`, go on when that run has succeeded.

    The result is the id of the run. Handles in `params` are results of this run.
    """
    builder = builder_here("trigger()")
    refuse("trigger()", given, "isolation", "memory")
    dag_id = text("dag", getattr(dag, "id", dag))
    if params is not None and not isinstance(params, Mapping | Handle):
        raise DeclarationError(f"params={params!r} is no JSON object", "give a dict")
    arguments = (
        {} if params is None else {"params": binding(params if isinstance(params, Handle) else dict(params), builder)}
    )
    more = {"trigger_dag_id": dag_id, "trigger_waits": wait}
    name = "trigger_" + dag_id.replace(".", "_")
    node = builder.add(
        ("trigger", dag_id), name, options("trigger()", given), kind="trigger", arguments=arguments, more=more
    )
    return Handle(node)


def refuse(what: str, given: Mapping[str, Any], *names: str) -> None:
    """Arguments that make no sense for something that runs no code."""
    for name in names:
        if name in given:
            raise DeclarationError(f"{what} takes no {name!r}", "it runs no code and holds no memory; leave it out")
