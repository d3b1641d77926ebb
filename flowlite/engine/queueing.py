"""The line in front of a pool, told for people: who comes when. Pure; the order is that of core.pools.

Expected starts are reckoned from the lengths that such work has taken: what runs now ends when half of its kind would
have, and each slot that comes free goes to the head of the line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import heapify, heappop, heappush
from statistics import median
from typing import NamedTuple

from flowlite.core.graph import Graph
from flowlite.core.lanes import is_backfill_lane
from flowlite.store.shown_queue import Busy, Length, Waiting

Lengths = Mapping[tuple[str, str], Length]


class Standing(NamedTuple):
    """Task instances of one task in a run that stand behind one another; `before` are in line ahead of them."""

    waiting: Waiting
    is_backfill: bool
    priority: int
    before: int


def line_of(waiting: Iterable[Waiting], graphs: Mapping[int, Graph]) -> list[Standing]:
    """In the order in which they start. `graphs` by version."""
    found = []
    for one in waiting:
        graph = graphs[one.version]
        is_backfill = one.kind == "backfill" or is_backfill_lane(one.lane)
        priority = priority_of(one, graph)
        key = (is_backfill, -priority, one.logical_date, one.run_id, graph.rank[one.task_no])
        found.append((key, one, is_backfill, priority))
    line, before = [], 0
    for _, one, is_backfill, priority in sorted(found, key=lambda entry: entry[0]):
        line.append(Standing(one, is_backfill, priority, before))
        before += one.number
    return line


def priority_of(one: Waiting, graph: Graph) -> int:
    """Given for the run, else by the task, else by a person to the DAG, else by its file."""
    for given in (one.run_priority, graph.tasks[one.task_no].priority, one.dag_priority):
        if given is not None:
            return given
    return graph.priority


def expected(
    now: float, size: int, holding: Iterable[tuple[int, float | None]], line: Iterable[tuple[int, int, float | None]]
) -> Iterator[float | None]:
    """When each of those in line is likely to start. `holding`: slots, and when they are likely to come free; `line`:
    how many in a row, the slots of each, and how long each takes. None: nobody can say, nor for those behind it."""
    holding = list(holding)
    free = size - sum(slots for slots, _ in holding)
    ends = [(end, slots) for slots, end in holding if end is not None]
    heapify(ends)
    at = now
    for number, slots, takes_s in line:
        wants = min(slots, size)
        for _ in range(number):
            while free < max(wants, 1) and ends:
                end, released = heappop(ends)
                at, free = max(at, end), free + released
            if free < max(wants, 1):
                return
            yield at
            free -= wants
            if takes_s is not None:
                heappush(ends, (at + takes_s, wants))


def starts(
    now: float, size: int, holding: Sequence[Busy], line: Sequence[Standing], lengths: Lengths, most: int
) -> list[float | None]:
    """When the first `most` of the line are likely to start. What was never measured is taken to last as long as half
    of what was."""
    known = [length.p50_s for length in lengths.values()]
    otherwise = median(known) if known else None

    def takes(dag_id: str, name: str) -> float | None:
        found = lengths.get((dag_id, name))
        return otherwise if found is None else found.p50_s

    held = [(one.slots, ends_at(one, takes(one.dag_id, one.name), now)) for one in holding]
    ahead = (
        (one.waiting.number, one.waiting.slots, takes(one.waiting.dag_id, one.waiting.name))
        for one in line
        if one.before < most
    )
    found: list[float | None] = [at for at, _ in zip(expected(now, size, held, ahead), range(most), strict=False)]
    return found + [None] * (most - len(found))


def ends_at(one: Busy, takes_s: float | None, now: float) -> float | None:
    """What has run for longer than half of its kind may end at any moment."""
    return None if takes_s is None else max(now, one.started_at + takes_s)
