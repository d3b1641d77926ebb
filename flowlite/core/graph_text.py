"""A graph as JSON text and back: only what differs from the defaults is written, so that old plans stay readable."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any

from flowlite.core.retry import Backoff
from flowlite.core.tasks import Each, Fact, Task

if TYPE_CHECKING:
    from flowlite.core.graph import Graph

OPTIONS = ("dag_id", "max_active_runs", "priority", "then", "sla_s", "timeout_s")


def write(graph: Graph) -> str:
    """The text of a graph; the same graph gives the same text."""
    plan: dict[str, Any] = {name: getattr(graph, name) for name in OPTIONS}
    plan["groups"] = {name: brief(policy) for name, policy in sorted(graph.groups.items())}
    plan["tasks"] = [task_plan(task) for task in graph.tasks]
    return json.dumps(plan, separators=(",", ":"), sort_keys=True, ensure_ascii=False)


def read(text: str) -> tuple[dict[str, Any], list[Task]]:
    """The arguments of Graph but for the tasks, and the tasks."""
    plan = json.loads(text)
    options = {name: plan[name] for name in OPTIONS}
    options["then"] = tuple(options["then"])
    options["groups"] = {name: Backoff(**policy) for name, policy in plan["groups"].items()}
    return options, [task_of(found) for found in plan["tasks"]]


def brief(thing: Task | Backoff | Fact) -> dict[str, Any]:
    """The fields that differ from their defaults."""
    out = {}
    for one in fields(thing):
        value = getattr(thing, one.name)
        default = one.default_factory() if one.default_factory is not MISSING else one.default
        if default is MISSING or value != default:
            out[one.name] = value
    return out


def task_plan(task: Task) -> dict[str, Any]:
    """A task as JSON has it."""
    plan = brief(task)
    if "retry" in plan:
        plan["retry"] = brief(task.retry)
    if "when" in plan:
        plan["when"] = [brief(fact) for fact in task.when]
    if "over" in plan:
        plan["over"] = [source_plan(source) for source in task.over or ()]
    return plan


def source_plan(source: int | Fact | Each) -> int | dict[str, Any]:
    """A list given at declaration is its length; a fact has a kind; what is left is an element."""
    if isinstance(source, int):
        return source
    return {"each": source.task} if isinstance(source, Each) else brief(source)


def task_of(plan: Mapping[str, Any]) -> Task:
    """The task that task_plan wrote."""
    known: dict[str, Any] = {**plan}
    if "retry" in known:
        known["retry"] = Backoff(**known["retry"])
    if "when" in known:
        known["when"] = tuple(Fact(**fact) for fact in known["when"])
    if "over" in known:
        known["over"] = tuple(source_of(source) for source in known["over"])
    for name in ("after", "outlets"):
        if name in known:
            known[name] = tuple(known[name])
    return Task(**known)


def source_of(plan: int | Mapping[str, Any]) -> int | Fact | Each:
    """The source that source_plan wrote."""
    if isinstance(plan, int):
        return plan
    return Each(plan["each"]) if "each" in plan else Fact(**plan)
