"""Progress: what the states of the others mean for one instance. Looks, and changes nothing."""

from __future__ import annotations

from typing import Any, NamedTuple

from flowlite.core.instances import Instance, Node
from flowlite.core.messages import AttemptEnded
from flowlite.core.retry import LOST_BUDGET, lost_delay
from flowlite.core.states import BUCKET, FAILURES, FINISHED, LEFT, MARKED, Outcome, State, Wish
from flowlite.core.tasks import CHOSEN, Each, Fact
from flowlite.core.trigger_rules import Verdict, judge

ENDS = {Verdict.SKIP: State.SKIPPED, Verdict.BLOCK: State.UPSTREAM_FAILED}
SPENT = frozenset({Outcome.FAILED, Outcome.TIMED_OUT, Outcome.OUT_OF_MEMORY})
"""The outcomes that use up a retry."""


class Uneven(NamedTuple):
    """The lists that a map goes over together are not equally long."""

    lengths: tuple[tuple[str, int], ...]  # what is mapped over, and how long it is


def verdict(instance: Instance) -> Verdict:
    """May a pending instance start? Gates are asked first, so that 'no' means skipped under every trigger rule."""
    node = instance.node
    opened = gate(node)
    if opened is not Verdict.RUN:
        return opened
    pairs = node.run.graph.pairs[node.number]
    if not pairs:
        return judge(node.task.rule, node.tally)
    tally = node.tally.copy()
    for up in pairs:
        tally[BUCKET[node.run.nodes[up].at(instance.index).state]] += 1
    return judge(node.task.rule, tally)


def gate(node: Node) -> Verdict:
    """Groups that wait to be tried again, `when` conditions, and branches directly upstream.

    A skip waits until no condition can block any more: the answer must not depend on which of them ends first.
    """
    graph, nodes, answer = node.run.graph, node.run.nodes, Verdict.RUN
    if not graph.is_gated[node.number]:
        return answer
    if is_held_by_group(node):
        return Verdict.WAIT
    answers = [condition(nodes[graph.number[fact.task]].own, fact) for fact in node.task.when]
    answers += [followed(nodes[number].own, node) for number in graph.branches[node.number]]
    for worst in (Verdict.BLOCK, Verdict.WAIT, Verdict.SKIP):
        if worst in answers:
            return worst
    return Verdict.RUN


def is_held_by_group(node: Node) -> bool:
    """A group around it waits for its next try."""
    groups = node.run.groups
    if not groups:
        return False
    rows = (groups.get(name) for name in node.run.graph.chains[node.number])
    return any(row is not None and row.resume_at is not None for row in rows)


def condition(up: Instance, fact: Fact) -> Verdict:
    """What a `when` condition says. A success without facts was marked by a person: it holds."""
    if up.state is State.SUCCESS:
        return Verdict.RUN if truth(up, fact.key) else Verdict.SKIP
    if up.state in FAILURES:
        return Verdict.BLOCK
    return Verdict.SKIP if up.state is State.SKIPPED else Verdict.WAIT


def followed(branch: Instance, node: Node) -> Verdict:
    """What a branch says of a task after it. One that failed or was skipped says nothing: the trigger rule does."""
    if branch.state not in FINISHED:
        return Verdict.WAIT
    if branch.state is not State.SUCCESS or branch.facts is None or CHOSEN not in branch.facts:
        return Verdict.RUN
    is_chosen = node.number in node.run.graph.followed(branch.node.number, branch.facts[CHOSEN])
    return Verdict.RUN if is_chosen else Verdict.SKIP


def truth(up: Instance, key: str) -> bool:
    """The fact, or yes if nobody reported it."""
    return up.facts is None or bool(up.facts.get(key, True))


def may_matter(node: Node) -> bool:
    """While what all elements share says wait, ten thousand of them need not be asked one by one."""
    opened = gate(node)
    if opened is not Verdict.RUN:
        return opened is not Verdict.WAIT
    return not node.tally[LEFT] or judge(node.task.rule, node.tally) is not Verdict.WAIT


def map_verdict(node: Node) -> Verdict | Uneven | int:
    """How many elements, or why there are none yet, or why there never will be any.

    A map is expanded only when its shared upstream no longer can say no: so it ends as one row or as n rows whatever
    the order of events, and n rows are never written only to be skipped.
    """
    opened = gate(node)
    if opened is not Verdict.RUN:
        return opened
    tally = node.tally.copy()
    tally[LEFT] += bool(node.run.graph.pairs[node.number])
    answer = judge(node.task.rule, tally)
    if answer in ENDS or (answer is Verdict.WAIT and node.tally[LEFT]):
        return answer
    return width(node)


def width(node: Node) -> Verdict | Uneven | int:
    """How long the lists are. A source that ended without a list ends the map, too; as with all_success, a skip waits
    until no failure can overrule it."""
    sources = node.task.over or ()
    ups = [source_node(node, source).own.state for source in sources if not isinstance(source, int)]
    if any(state in FAILURES for state in ups):
        return Verdict.BLOCK
    if any(state not in FINISHED for state in ups):
        return Verdict.WAIT
    if State.SKIPPED in ups:
        return Verdict.SKIP
    lengths = [length(node, source) for source in sources]
    if len(set(lengths)) == 1:
        return lengths[0]
    return Uneven(tuple((told(source), found) for source, found in zip(sources, lengths, strict=True)))


def source_node(node: Node, source: Fact | Each) -> Node:
    """The node whose result is mapped over."""
    return node.run.nodes[node.run.graph.number[source.task]]


def length(node: Node, source: int | Fact | Each) -> int:
    """How long one list is. A success that was marked by a person has none: it counts as empty."""
    if isinstance(source, int):
        return source
    up = source_node(node, source)
    if isinstance(source, Each):
        return up.width or 0
    return int((up.own.facts or {}).get(source.key, 0))


def told(source: int | Fact | Each) -> str:
    """The name of a list in an error."""
    if isinstance(source, int):
        return "the given list"
    return f"{source.task}{source.path}" if isinstance(source, Fact) else source.task


def next_state(instance: Instance, ended: AttemptEnded, now: float) -> tuple[State, float | None]:
    """Where an ended attempt leads, and when it goes on. A success stays one, even if a cancel was on its way."""
    outcome, wish = ended.outcome, instance.wish
    if wish is Wish.CLEAR:
        return State.PENDING, None
    if wish in MARKED:
        return MARKED[wish], None
    if outcome is Outcome.SUCCESS:
        return State.SUCCESS, None
    if outcome is Outcome.SKIPPED:
        return State.SKIPPED, None
    if wish or instance.node.run.wish or outcome is Outcome.CANCELLED:
        return State.CANCELLED, None
    if outcome is Outcome.WAITING:
        if instance.wait_until is not None and now >= instance.wait_until:
            return given_up(instance), None
        return State.WAITING, ended.resume_at
    if outcome is Outcome.INTERRUPTED:
        return State.QUEUED, None
    return after_failure(instance, ended, now)


def after_failure(instance: Instance, ended: AttemptEnded, now: float) -> tuple[State, float | None]:
    """Tried again, or failed for good. A machine that was lost has a budget of its own."""
    if ended.outcome is Outcome.LOST:
        if instance.losses >= LOST_BUDGET:
            return State.FAILED, None
        return State.RETRYING, now + lost_delay(instance.losses)
    if ended.is_final or instance.failures > instance.node.task.retry.max_retries:
        return State.FAILED, None
    if ended.holds_slot:
        return State.RETRYING, None  # its delay starts when the thread has returned
    # A Retry-After from outside may lengthen the wait, never shorten it.
    return State.RETRYING, max(now + retry_delay(instance), ended.resume_at or 0.0)


def retry_delay(instance: Instance) -> float:
    """Seconds before the next attempt; the same attempt always gets the same luck."""
    task = instance.node.task
    return task.retry.delay_after(
        instance.failures, run=instance.node.run.id, task_id=task.id, index=instance.index, attempt=instance.attempt
    )


def given_up(instance: Instance) -> State:
    """How a wait ends that took too long."""
    return State.SKIPPED if instance.node.task.is_soft else State.FAILED


def facts_after(ended: AttemptEnded, to: State) -> Any:
    """What is known of the result: nothing, unless it really succeeded."""
    return ended.facts if to is State.SUCCESS and ended.outcome is Outcome.SUCCESS else None
