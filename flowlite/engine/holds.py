"""Why a task instance is not running yet. Pure: handed what the store knows, it says what it means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from flowlite.core.graph import Graph
from flowlite.core.states import FINISHED, State
from flowlite.engine.why import NAMED, span_text
from flowlite.store.views import InstanceView


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Why a task instance is not running, or what it is doing. `place` in the line of its pool counts from 1;
    `expected_at` is when it is likely to start."""

    task_id: str
    map_index: int
    state: str
    reason: str
    place: int | None = None
    expected_at: float | None = None


class PoolNow(NamedTuple):
    """A pool; `holders` are those who have its slots (`run 12 fetch[3]`), `head` is first in line."""

    size: int
    used: int
    holders: Sequence[str]
    head: str = ""


class Place(NamedTuple):
    """Where a task instance stands in line; the first is 1."""

    number: int
    expected_at: float | None


NOWHERE = Place(0, None)
ENDINGS = {1: "st", 2: "nd", 3: "rd"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What may keep a task instance from running. `halt`: why the engine starts nothing at all; `missing`: why the
    code of its DAG is not there; `is_engine_up`: somebody works on the state."""

    now: float
    counts: Mapping[str, Mapping[str, int]]  # task id -> state -> how many instances
    pools: Mapping[str, PoolNow]
    places: Mapping[tuple[str, int], Place] = field(default_factory=dict)  # by task id and map index
    groups: Mapping[str, float] = field(default_factory=dict)  # those that are tried again, with when they go on
    halt: str = ""
    missing: str = ""
    is_engine_up: bool = True


def holds(graph: Graph, instances: Iterable[InstanceView], around: Surroundings) -> list[Hold]:
    """One for every task instance that is not finished, in declaration order."""
    return [hold(graph, one, around) for one in instances if one.state not in FINISHED]


def hold(graph: Graph, one: InstanceView, around: Surroundings) -> Hold:
    """Of one of them."""
    place = around.places.get((one.task_id, one.map_index), NOWHERE)
    return Hold(
        task_id=one.task_id, map_index=one.map_index, state=one.state, reason=reason_of(graph, one, around),
        place=place.number or None, expected_at=place.expected_at,
    )  # fmt: skip


def reason_of(graph: Graph, instance: InstanceView, around: Surroundings) -> str:
    """The sentence for one of them."""
    if instance.wish:
        return f"a person asked to {instance.wish} it; it ends as soon as what runs is gone"
    match State(instance.state):
        case State.PENDING:
            return _pending(graph, instance, around)
        case State.QUEUED:
            return around.halt or _queued(graph, instance, around)
        case State.RETRYING:
            return f"attempt {instance.attempt} failed; the next one starts {_due(instance.resume_at, around.now)}"
        case State.WAITING:
            return _waiting(graph, instance, around)
        case State.RUNNING:
            lasts = span_text(around.now - instance.since)
            return around.missing or f"attempt {instance.attempt} has been running for {lasts}"
        case _:
            return instance.state


def _pending(graph: Graph, instance: InstanceView, around: Surroundings) -> str:
    number = graph.number[instance.task_id]
    for group in graph.chains[number]:
        if group in around.groups:
            return f"group {group!r} failed and is tried again as a whole {_due(around.groups[group], around.now)}"
    left = [
        f"{id_} ({_states_left(around.counts.get(id_, {}))})"
        for id_ in (graph.tasks[up].id for up in (*graph.shared[number], *graph.pairs[number]))
        if _is_open(around.counts.get(id_, {}))
    ]
    shared = [up for up in graph.shared[number] if _is_open(around.counts.get(graph.tasks[up].id, {}))]
    if instance.map_index >= 0 and left and not shared:  # element by element: it is its own one that is not there yet
        left = [f"{graph.tasks[up].id}[{instance.map_index}]" for up in graph.pairs[number]]
    if not left:
        return "it can go on at the engine's next turn"
    rule = graph.tasks[number].rule
    return f"waits for {_some(left)}; its trigger rule is {rule}"


def _queued(graph: Graph, instance: InstanceView, around: Surroundings) -> str:
    task = graph.tasks[graph.number[instance.task_id]]
    pool, place = around.pools[task.pool], around.places.get((instance.task_id, instance.map_index), NOWHERE)
    if not pool.size:
        return f"pool {task.pool!r} has no slots; give it some: `flowlite pools set {task.pool} 4`"
    wants = min(task.slots, pool.size)
    if pool.size - pool.used < wants:
        over = ", more than it has" if pool.used > pool.size else ""
        held = f"held by {_some(pool.holders)}" if pool.holders else f"{pool.used} of which are in use"
        return f"waits for {wants} of {pool.size} slots of pool {task.pool!r}, {held}{over}{_place(place, around.now)}"
    if place.number > 1:
        behind = f"it waits behind {pool.head}, which needs more of them{_place(place, around.now)}"
        return f"pool {task.pool!r} has room ({pool.used} of {pool.size} slots in use); {behind}"
    turn = "at the engine's next turn" if around.is_engine_up else "when an engine works on this state"
    return f"pool {task.pool!r} has room ({pool.used} of {pool.size} slots in use); it starts {turn}"


def _place(place: Place, now: float) -> str:
    """`; 4th in line, starts in about 2 min 5 s`."""
    if not place.number:
        return ""
    said = f"; {ordinal(place.number)} in line"
    return said if place.expected_at is None else f"{said}, starts {about(place.expected_at, now)}"


def _waiting(graph: Graph, instance: InstanceView, around: Surroundings) -> str:
    until = f"; gives up {_due(instance.wait_until, around.now)}" if instance.wait_until is not None else ""
    if graph.tasks[graph.number[instance.task_id]].is_approval:
        return f"waits for a person to answer{until}"
    if instance.resume_at is None:
        return f"waits for something outside{until}"
    return f"looked {instance.pokes} times, looks again {_due(instance.resume_at, around.now)}{until}"


def _is_open(counts: Mapping[str, int]) -> bool:
    return not counts or any(state not in FINISHED for state in counts)


def _states_left(counts: Mapping[str, int]) -> str:
    left = [f"{count} {state}" if count > 1 else state for state, count in counts.items() if state not in FINISHED]
    return ", ".join(left) or "not expanded"


def _some(names: Sequence[str]) -> str:
    if len(names) <= NAMED:
        return ", ".join(names)
    return f"{', '.join(names[:NAMED])} and {len(names) - NAMED} more"


def _due(at: float | None, now: float) -> str:
    if at is None:
        return "at a time that is not known"
    return f"in {span_text(at - now)}" if at > now else "now"


def about(at: float, now: float) -> str:
    """`in about 2 min 5 s`, `any moment`."""
    return f"in about {span_text(at - now)}" if at - now >= 1 else "any moment"


def ordinal(number: int) -> str:
    """`1st`, `2nd`, `13th`, `21st`."""
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}{ENDINGS.get(number % 10, 'th')}"
