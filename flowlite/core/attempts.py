"""Attempts: getting into line, starting, asking to stop, and the row that is written when one is over."""

from __future__ import annotations

from flowlite.core.instances import Instance
from flowlite.core.memory import Memory
from flowlite.core.messages import Start, Stop
from flowlite.core.planned import AssetRow
from flowlite.core.rows import AttemptRow, Evidence
from flowlite.core.states import Outcome, State, Wish


def queue(memory: Memory, instance: Instance) -> None:
    """Ready: it waits for a slot of its pool."""
    memory.move(instance, State.QUEUED)
    memory.pool_of(instance.node).push(instance)


def grant_slots(memory: Memory) -> None:
    """Start what fits, pool by pool."""
    if memory.is_draining:
        return
    for pool in memory.pools.values():
        for instance in pool.admit(memory.now):
            start(memory, instance)


def start(memory: Memory, instance: Instance) -> None:
    """The next poke of a sensor goes on with its attempt; everything else opens a new one."""
    memory.move(instance, State.RUNNING)
    instance.resume_at = None
    if not instance.poke:
        open_attempt(memory, instance)
    node = instance.node
    memory.commands.append(
        Start(node.run.id, node.number, instance.index, instance.attempt, instance.poke, instance.ooms)
    )


def open_attempt(memory: Memory, instance: Instance) -> None:
    """A new number. The time for a wait begins with the first attempt and is not given again to the next."""
    instance.attempt += 1
    instance.started_at = memory.now
    wait_s = instance.node.task.wait_timeout_s
    if wait_s is not None and instance.wait_until is None:
        instance.wait_until = memory.now + wait_s


def close_attempt(memory: Memory, instance: Instance, outcome: Outcome, evidence: Evidence | None = None) -> None:
    """The attempt is history."""
    node, started_at = instance.node, instance.started_at
    memory.changes.attempts.append(
        AttemptRow(
            node.run.id, node.number, instance.index, instance.attempt, instance.poke,
            memory.now if started_at is None else started_at, memory.now, outcome._value_, evidence,
        )
    )  # fmt: skip
    instance.poke = 0


def abandon_attempt(memory: Memory, instance: Instance, outcome: Outcome = Outcome.CANCELLED) -> None:
    """Close the attempt of an instance that is between two pokes or waits for an answer; others have none open."""
    if instance.has_open_attempt:
        close_attempt(memory, instance, outcome)


def stop(memory: Memory, instance: Instance, wish: Wish) -> None:
    """Ask the running attempt to go; what was wished for happens when it is gone."""
    instance.wish = wish
    memory.touch(instance)
    node = instance.node
    memory.commands.append(Stop(node.run.id, node.number, instance.index, instance.attempt, instance.poke))


def update_assets(memory: Memory, instance: Instance) -> None:
    """A success updates what the task says it makes."""
    for asset in instance.node.task.outlets:
        memory.changes.assets.append(AssetRow(asset, memory.now, *instance.key))
