"""Gathers from the store what engine/holds.py needs to say why something is not running yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import NamedTuple

from flowlite.core.graph import Graph
from flowlite.core.lanes import backfill_of, is_backfill_lane
from flowlite.engine.holds import Hold, Place, PoolNow, Surroundings, about, holds, ordinal
from flowlite.engine.queueing import expected, starts
from flowlite.engine.why import span_text
from flowlite.service.lines import Lines
from flowlite.store.shown import Views
from flowlite.store.shown_queue import RunInLane
from flowlite.store.views import InstanceView, RunDetail, RunView

OPEN = ["pending", "queued", "running", "retrying", "waiting"]
MOST_HOLDS = 200
LAST_RUNS = 20  # for how long a run takes


class Present(NamedTuple):
    """Who works on the state. `halt`: why nothing is started; `missing`: why the code of the DAG is not there."""

    is_engine_up: bool
    halt: str = ""
    missing: str = ""


async def what_holds(
    views: Views, lines: Lines, graph: Graph, detail: RunDetail, task_id: str | None, present: Present, now: float
) -> tuple[Hold, ...]:
    """For each task instance that has not ended, why."""
    found = await views.instances_of(detail.run.id, task_id, states=OPEN, limit=MOST_HOLDS)
    instances = expanded(found, detail)
    return tuple(holds(graph, instances, await surroundings(views, lines, graph, detail, instances, present, now)))


def expanded(instances: Sequence[InstanceView], detail: RunDetail) -> list[InstanceView]:
    """Without the rows that only stand for the elements of a map."""
    maps = {task.id for task in detail.tasks if task.width is not None}
    return [one for one in instances if one.map_index >= 0 or one.task_id not in maps]


async def surroundings(
    views: Views, lines: Lines, graph: Graph, detail: RunDetail, instances: Sequence[InstanceView], present: Present,
    now: float,
) -> Surroundings:  # fmt: skip
    """What may keep these task instances from running."""
    queued = [one for one in instances if one.state == "queued"]
    pools, places = {}, {}
    sizes = {pool.name: pool for pool in await lines.pools()} if queued else {}
    for name in dict.fromkeys(graph.tasks[one.task_no].pool for one in queued):
        inside = [one for one in queued if graph.tasks[one.task_no].pool == name]
        pools[name], found = await in_pool(lines, name, sizes[name].size, detail.run.id, inside, now)
        places.update(found)
    return Surroundings(
        now=now, counts={task.id: task.counts for task in detail.tasks}, pools=pools, places=places,
        groups=await views.groups_waiting(detail.run.id), halt=present.halt, missing=present.missing,
        is_engine_up=present.is_engine_up,
    )  # fmt: skip


async def in_pool(
    lines: Lines, name: str, size: int, run: int, queued: Iterable[InstanceView], now: float
) -> tuple[PoolNow, dict[tuple[str, int], Place]]:
    """A pool, and where these stand in the line in front of it. They come in the order of tasks and map indices."""
    holding, line, lengths = await lines.standing(name)
    before = {one.waiting.task_no: one.before for one in line if one.waiting.run_id == run}
    seen = Counter[int]()
    numbers = {}
    for one in queued:
        if one.task_no in before:  # it has not begun since the line was read
            numbers[one.task_id, one.map_index] = before[one.task_no] + seen[one.task_no]
            seen[one.task_no] += 1
    likely = starts(now, size, holding, line, lengths, max(numbers.values(), default=-1) + 1)
    holders = [f"run {one.run_id} {one.name}" for one in holding]
    head = f"run {line[0].waiting.run_id} {line[0].waiting.name}" if line else ""
    pool = PoolNow(size, sum(one.slots for one in holding), list(dict.fromkeys(holders)), head)
    return pool, {key: Place(number + 1, likely[number]) for key, number in numbers.items()}


# --- the run as a whole -----------------------------------------------------------------------------------------------
async def open_headline(views: Views, graph: Graph, detail: RunDetail, present: Present, now: float) -> str:
    """One sentence on a run that has not ended."""
    run = detail.run
    counts = ", ".join(f"{number} {state}" for state, number in detail.counts.items())
    name = f"run {run.id} of {run.dag_id} is {run.state}"
    if run.state == "queued" and is_backfill_lane(run.lane):
        return await in_backfill(views, run, name, present, now)
    if not present.is_engine_up:
        return f"{name}, and nobody works on this state: `flowlite runs resume` goes on where it stopped ({counts})"
    if run.wish:
        return f"{name}; a person asked to {run.wish} it ({counts})"
    if present.halt or present.missing:
        return f"{name}; {present.halt or present.missing}"
    if run.state == "queued":
        return f"{name}: {await in_dag_lane(views, graph, run, now)}"
    return f"{name} ({counts})"


async def in_dag_lane(views: Views, graph: Graph, run: RunView, now: float) -> str:
    """What its DAG allows, who is active, and where it stands."""
    limit = graph.max_active_runs
    lane = await views.in_lane(run.lane)
    active = [one for one in lane if one.state == "running"]
    who = "run" if len(active) == 1 else "runs"
    named = ", ".join(f"{one.run_id} ({span_text(now - (one.started_at or now))} so far)" for one in active[:3])
    more = f" and {len(active) - 3} more" if len(active) > 3 else ""
    said = f"max_active_runs={limit} of its DAG is used up by {who} {named}{more}" if active else "its turn comes next"
    return said + await place_in_lane(views, run, lane, limit, now)


async def in_backfill(views: Views, run: RunView, name: str, present: Present, now: float) -> str:
    """The window of its backfill, and where it stands."""
    found = await views.backfill(backfill_of(run.lane))
    if found is None:
        return name
    one = found.backfill
    line = f"{name}, one of {one.counts.get('queued', 0)} in line of backfill {one.id}"
    if one.is_paused or not present.is_engine_up:
        because = "which is paused" if one.is_paused else "and nobody works on this state"
        return f"{line}, {because}; go on with `flowlite backfills resume {one.id}`"
    if present.halt or present.missing:
        return f"{line}; {present.halt or present.missing}"
    place = await place_in_lane(views, run, await views.in_lane(run.lane), one.concurrency, now)
    return f"{line}: {one.counts.get('running', 0)} of it are active, {one.concurrency} at most{place}"


async def place_in_lane(views: Views, run: RunView, lane: Sequence[RunInLane], limit: int, now: float) -> str:
    """`; 3rd in line, begins in about 4 min 10 s`."""
    line = [one.run_id for one in lane if one.state == "queued"]
    if run.id not in line:
        return ""
    place = line.index(run.id)
    takes_s = (await views.dag_history(run.dag_id, last=LAST_RUNS)).p50_s
    active = [one.started_at or now for one in lane if one.state == "running"]
    held = [(1, None if takes_s is None else max(now, at + takes_s)) for at in active]
    begins_at = next(islice(expected(now, limit, held, [(place + 1, 1, takes_s)]), place, None), None)
    begins = "" if begins_at is None else f", begins {about(begins_at, now)}"
    return f"; {ordinal(place + 1)} in line{begins}"
