"""What makes a graph impossible, said when it is built: each error names the task, the place and the way out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

from flowlite.core.edges import loop_in
from flowlite.core.retry import BACKOFFS, Backoff
from flowlite.core.tasks import BadGraph, Each, Fact, Task, facts_asked, pair_upstream, shared_upstream
from flowlite.core.trigger_rules import RULES

if TYPE_CHECKING:
    from flowlite.core.graph import Graph


def check_tasks(dag_id: str, tasks: Sequence[Task], groups: Mapping[str, Backoff]) -> None:
    """Raise BadGraph for the first task that can't be."""
    by_id: dict[str, Task] = {}
    for task in tasks:
        if task.id in by_id:
            raise BadGraph(f"{dag_id}: two tasks have the id {task.id!r}; give one another with id=...", task.id)
        by_id[task.id] = task
    for name, policy in groups.items():
        check_backoff(f"{dag_id}: group {name!r}", policy, None)
    for task in tasks:
        check_upstream(dag_id, task, by_id)
        check_rule(dag_id, task)
        check_kind(dag_id, task)
        check_numbers(dag_id, task)
        if task.group is not None and task.group not in groups:
            raise BadGraph(f"{dag_id}.{task.id}: group {task.group!r} has no retries; name a group that has", task.id)


def check_upstream(dag_id: str, task: Task, by_id: Mapping[str, Task]) -> None:
    """Everything it waits for is there and of the right kind."""
    where = f"{dag_id}.{task.id}"
    for id_ in (*shared_upstream(task), *pair_upstream(task)):
        if id_ not in by_id:
            raise BadGraph(f"{where}: waits for {id_!r}, which is not in the DAG{nearest(id_, by_id)}", task.id)
    for id_ in pair_upstream(task):
        if by_id[id_].over is None:
            raise BadGraph(f"{where}: {id_!r} is not mapped; map over its result instead", task.id)
    for fact in facts_asked(task):
        if by_id[fact.task].over is not None:
            raise BadGraph(f"{where}: {fact.task!r} is mapped; gather its results in a task first", task.id)


def check_rule(dag_id: str, task: Task) -> None:
    """The trigger rule exists, and fits what the task takes."""
    where = f"{dag_id}.{task.id}"
    if task.rule not in RULES:
        raise BadGraph(f"{where}: no trigger rule {task.rule!r}{nearest(task.rule, RULES)}", task.id)
    if task.rule == "always" and any(isinstance(source, Fact | Each) for source in task.over or ()):
        raise BadGraph(f"{where}: 'always' can't wait for the list it is mapped over; use 'all_done'", task.id)


def check_kind(dag_id: str, task: Task) -> None:
    """Branches, approvals and maps that exclude each other."""
    where = f"{dag_id}.{task.id}"
    if task.is_branch and task.over is not None:
        raise BadGraph(f"{where}: a branch can't be mapped; map the tasks after it", task.id)
    if task.is_branch and task.is_approval:
        raise BadGraph(f"{where}: an approval can't be a branch; let a branch take its answer", task.id)
    if task.over is not None and not task.over:
        raise BadGraph(f"{where}: is mapped over nothing; give map() a list", task.id)


def check_numbers(dag_id: str, task: Task) -> None:
    """Slots, budgets and times are possible."""
    where = f"{dag_id}.{task.id}"
    if task.slots < 1:
        raise BadGraph(f"{where}: slots={task.slots}; a task takes at least 1 slot", task.id)
    check_backoff(where, task.retry, task.id)
    for name, value in (("sla", task.sla_s), ("timeout", task.wait_timeout_s)):
        if value is not None and value <= 0:
            raise BadGraph(f"{where}: {name} of {value:g} s; give it a time above 0", task.id)


def check_backoff(where: str, policy: Backoff, task_id: str | None) -> None:
    """The retry policy is possible."""
    if policy.backoff not in BACKOFFS:
        raise BadGraph(f"{where}: no backoff {policy.backoff!r}{nearest(policy.backoff, BACKOFFS)}", task_id)
    for name, value in (("retries", policy.max_retries), ("delay", policy.delay_s), ("max_delay", policy.max_delay_s)):
        if value < 0:
            raise BadGraph(f"{where}: {name}={value:g}; it can't be below 0", task_id)
    if not 0 <= policy.jitter <= 1:
        raise BadGraph(f"{where}: jitter={policy.jitter:g}; give a share from 0 to 1", task_id)


def check_no_loop(graph: Graph, order: Sequence[int]) -> None:
    """Raise BadGraph with the tasks of one loop in order."""
    if len(order) == len(graph.tasks):
        return
    loop = [graph.tasks[number].id for number in loop_in(graph.shared, graph.pairs, order)]
    told = " -> ".join([*loop, loop[0]])
    raise BadGraph(f"{graph.dag_id}: the tasks wait for each other: {told}; take one edge out", loop[0])


def nearest(name: str, known: Mapping[str, object] | Sequence[str]) -> str:
    """The ending of an error about an unknown name."""
    near = get_close_matches(name, list(known), n=1)
    if near:
        return f"; did you mean {near[0]!r}?"
    some = ", ".join(list(known)[:12])
    return f"; there is {some}" if some else ""
