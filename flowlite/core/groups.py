"""Groups that retry as a unit: when a member has failed for good, all of it is done again."""

from __future__ import annotations

from flowlite.core.alerts import alert
from flowlite.core.clearing import clear
from flowlite.core.instances import Instance, Run
from flowlite.core.memory import Memory
from flowlite.core.reach import affected
from flowlite.core.rows import GroupRow
from flowlite.core.states import State
from flowlite.core.timing import set_group


def group_to_try(instance: Instance) -> str | None:
    """The innermost group around it that has a try left; one without counts as failed for the next outer one."""
    run = instance.node.run
    for name in run.graph.chains[instance.node.number]:
        if tries(run, name) < run.graph.groups[name].max_retries:
            return name
    return None


def tries(run: Run, name: str) -> int:
    """How often the group has been tried again."""
    row = run.groups.get(name)
    return row.retries if row else 0


def start_over(memory: Memory, instance: Instance, name: str) -> None:
    """Everything in the group, and what has run downstream of it, is done again after the delay.

    `instance` is the member that failed; its attempt is closed. Groups inside start with a fresh count.
    """
    run = instance.node.run
    alert(memory, "retry", run, instance.node.number, instance.index)
    memory.touch(instance)
    instance.forgive()
    if instance.state is not State.PENDING:
        memory.move(instance, State.PENDING)
    forget_tries(memory, run, [inner for inner in run.groups if inner.startswith(f"{name}.")])
    retries = tries(run, name) + 1
    policy = run.graph.groups[name]
    delay_s = policy.spread(policy.delay_before(retries), f"{run.id}.{name}.{retries}")
    row = GroupRow(run.id, name, retries, memory.now + delay_s)
    memory.keep_group(run, row)
    set_group(memory, row)
    members = [one for number in run.graph.select(name) for one in run.nodes[number].everything()]
    clear(memory, affected(members))


def go_on(memory: Memory, run: Run, name: str) -> None:
    """The delay is over: the members may be judged again."""
    memory.keep_group(run, run.groups[name]._replace(resume_at=None))
    for number in run.graph.select(name):
        memory.agenda[run.nodes[number]] = None


def forget_tries(memory: Memory, run: Run, names: list[str]) -> None:
    """These groups have all their tries again."""
    for name in names:
        row = run.groups.get(name)
        if row is not None and (row.retries or row.resume_at is not None):
            memory.keep_group(run, row._replace(retries=0))
            go_on(memory, run, name)
