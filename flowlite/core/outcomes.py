"""Outcomes: what an ended attempt, an answer, a wake-up or a returned thread means for its instance."""

from __future__ import annotations

import json

from flowlite.core.alerts import alert
from flowlite.core.attempts import close_attempt, queue, update_assets
from flowlite.core.groups import group_to_try, start_over
from flowlite.core.instances import Instance
from flowlite.core.memory import Memory
from flowlite.core.messages import Answered, AttemptEnded, SlotReturned, Woken
from flowlite.core.pools import Held
from flowlite.core.progress import SPENT, facts_after, given_up, next_state, retry_delay
from flowlite.core.rows import Evidence
from flowlite.core.states import MARKED, Outcome, State, Wish
from flowlite.core.timing import set_resume


def attempt_ended(memory: Memory, ended: AttemptEnded) -> None:
    """Settle a live attempt; late and doubled outcomes are thrown away."""
    instance = live_instance(memory, ended)
    if instance is None:
        memory.thrown_away += 1
        return
    give_slots_back(memory, instance, ended)
    count_failure(instance, ended.outcome)
    to, resume_at = next_state(instance, ended, memory.now)
    instance.facts = facts_after(ended, to)
    if to is State.WAITING:
        instance.poke += 1
    else:
        close_attempt(
            memory, instance, outcome_told(ended.outcome, to), ended.evidence or wait_evidence(instance, ended)
        )
    if to is State.FAILED and instance.wish is None and not ended.is_final and is_tried_in_group(memory, instance):
        return
    leave_running(memory, instance, to, resume_at)
    if to is State.SUCCESS and ended.outcome is Outcome.SUCCESS:
        update_assets(memory, instance)


def live_instance(memory: Memory, ended: AttemptEnded) -> Instance | None:
    """The instance whose attempt this is, unless that is over."""
    run = memory.runs.get(ended.run)
    instance = run.find(ended.task, ended.index) if run else None
    if instance is None or instance.state is not State.RUNNING:
        return None
    return instance if instance.attempt == ended.attempt and instance.poke == ended.poke else None


def give_slots_back(memory: Memory, instance: Instance, ended: AttemptEnded) -> None:
    """The slots are free, unless the attempt's thread can't be stopped and still has them."""
    pool = memory.pool_of(instance.node)
    slots = pool.running.pop(instance)
    if ended.holds_slot:
        pool.held[instance.key] = Held(ended.attempt, slots, memory.now)


def outcome_told(outcome: Outcome, to: State) -> Outcome:
    """What the attempt's row says: a wait that does not go on was given up, or stopped."""
    if outcome is not Outcome.WAITING:
        return outcome
    return {State.FAILED: Outcome.TIMED_OUT, State.SKIPPED: Outcome.SKIPPED}.get(to, Outcome.CANCELLED)


def count_failure(instance: Instance, outcome: Outcome) -> None:
    """Use up the budget that this outcome is about."""
    if outcome in SPENT:
        instance.failures += 1
        instance.ooms += outcome is Outcome.OUT_OF_MEMORY
    elif outcome is Outcome.LOST:
        instance.losses += 1


def is_tried_in_group(memory: Memory, instance: Instance) -> bool:
    """A member would have failed for good: if a group around it has a try left, that is taken instead."""
    name = group_to_try(instance)
    if name is None:
        return False
    start_over(memory, instance, name)
    return True


def leave_running(memory: Memory, instance: Instance, to: State, resume_at: float | None) -> None:
    """On to the next state."""
    wish = instance.wish
    if wish is not None:
        if wish is Wish.CLEAR:
            instance.forgive()
        elif wish not in MARKED:
            instance.wish = None
    if to is State.QUEUED:
        queue(memory, instance)
        return
    memory.move(instance, to)
    if to is State.SUCCESS:
        return
    instance.resume_at = resume_at
    set_resume(memory, instance)
    if to is State.RETRYING:
        alert(memory, "retry", instance.node.run, instance.node.number, instance.index)


def slot_returned(memory: Memory, returned: SlotReturned) -> None:
    """The thread is gone at last: its slots are free, and a retry that waited for it begins its delay."""
    key = (returned.run, returned.task, returned.index)
    pool = next((pool for pool in memory.pools.values() if key in pool.held), None)
    if pool is None or pool.held[key].attempt != returned.attempt:
        memory.thrown_away += 1
        return
    del pool.held[key]
    run = memory.runs.get(returned.run)
    instance = run.find(returned.task, returned.index) if run else None
    if instance is None:
        return
    if instance.state is State.QUEUED:
        pool.push(instance)
    elif instance.state is State.RETRYING and instance.resume_at is None:
        instance.resume_at = memory.now + retry_delay(instance)
        memory.touch(instance)
        set_resume(memory, instance)


def woken(memory: Memory, event: Woken) -> None:
    """What it waited for has come: look again. An approval waits for a person and nothing else."""
    run = memory.runs.get(event.run)
    instance = run.find(event.task, event.index) if run else None
    if instance is not None and instance.state is State.WAITING and not instance.node.task.is_approval:
        queue(memory, instance)


def answered(memory: Memory, event: Answered) -> None:
    """A person has decided; there is nothing to try again."""
    run = memory.runs.get(event.run)
    instance = run.find(event.task, event.index) if run else None
    if instance is None or instance.state is not State.WAITING or not instance.node.task.is_approval:
        memory.thrown_away += 1
        return
    close_attempt(memory, instance, Outcome.SUCCESS if event.is_approved else Outcome.FAILED, event.evidence)
    memory.audit(event.by, "approve" if event.is_approved else "reject", target(instance))
    memory.move(instance, State.SUCCESS if event.is_approved else State.FAILED)
    if event.is_approved:
        update_assets(memory, instance)


def resume(memory: Memory, instance: Instance) -> None:
    """Its time has come: the next attempt, the next poke, or the end of the wait."""
    if instance.state is State.WAITING and instance.wait_until is not None and memory.now >= instance.wait_until:
        give_up(memory, instance)
    else:
        queue(memory, instance)


def give_up(memory: Memory, instance: Instance) -> None:
    """The wait took too long."""
    to = given_up(instance)
    close_attempt(memory, instance, outcome_told(Outcome.WAITING, to), Evidence(error=wait_error(instance)))
    instance.resume_at = None
    if to is State.FAILED and is_tried_in_group(memory, instance):
        return
    memory.move(instance, to)


def wait_evidence(instance: Instance, ended: AttemptEnded) -> Evidence | None:
    """Why a wait was given up; an attempt that ended otherwise brings its own evidence."""
    is_over = instance.wait_until is not None and instance.wish is None
    return Evidence(error=wait_error(instance)) if ended.outcome is Outcome.WAITING and is_over else None


def wait_error(instance: Instance) -> str:
    """What the attempt of a wait that took too long says, as JSON."""
    task = instance.node.task
    what = "nobody answered" if task.is_approval else "what it waits for did not come"
    message = f"{task.id!r} has waited {task.wait_timeout_s:g} s and {what}"
    return json.dumps({"type": "WaitTimeout", "message": message, "class": "timeout"})


def target(instance: Instance) -> str:
    """How the audit names an instance."""
    place = f"[{instance.index}]" if instance.index >= 0 else ""
    return f"run {instance.node.run.id} {instance.node.task.id}{place}"
