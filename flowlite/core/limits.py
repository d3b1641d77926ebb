"""Limits: pools, lanes, priorities and the drain, changed while everything runs; and what others have decided, for the
books."""

from __future__ import annotations

from flowlite.core.instances import Run
from flowlite.core.lanes import backfill_lane
from flowlite.core.memory import Memory
from flowlite.core.messages import (
    DagPriorityChanged,
    DrainAsked,
    IntentDropped,
    LaneResized,
    PoolResized,
    PriorityChanged,
    Tick,
)
from flowlite.core.planned import AssetRow, AssetUpdated, BackfillDecided, IntervalsDecided
from flowlite.core.pools import Pool
from flowlite.core.states import State


def pool_resized(memory: Memory, asked: PoolResized) -> None:
    """A smaller pool lets what runs run on, and starts nothing until there is room."""
    if asked.name in memory.pools:
        memory.pools[asked.name].size = asked.size
    else:
        memory.pools[asked.name] = Pool(asked.name, asked.size)
    memory.changes.pools.append((asked.name, asked.size, asked.is_by_hand))
    memory.audit(asked.by, "resize" if asked.is_by_hand else "reset", f"pool {asked.name} to {asked.size}")


def lane_resized(memory: Memory, asked: LaneResized) -> None:
    """A smaller lane lets what is active end."""
    memory.resize_lane(asked.lane, asked.limit)


def backfill_decided(memory: Memory, decided: BackfillDecided) -> None:
    """Its row and its days are written, and its lane is as wide as the row says: closed while it is paused."""
    row = decided.row
    memory.changes.backfills.append(row)
    memory.changes.backfill_days += decided.days
    memory.resize_lane(backfill_lane(row.id), row.limit)
    memory.audit(decided.by, decided.verb, f"backfill {row.id}", decided.why)


def intervals_decided(memory: Memory, decided: IntervalsDecided) -> None:
    """Written with the runs that follow from them."""
    memory.changes.intervals += decided.intervals
    memory.changes.schedules += decided.schedules
    memory.changes.asset_uses += decided.uses


def asset_updated(memory: Memory, updated: AssetUpdated) -> None:
    """By a person; counts like the success of a task that makes it."""
    memory.changes.assets.append(AssetRow(updated.asset, memory.now, None, None, None))
    memory.audit(updated.by, "update", f"asset {updated.asset}", updated.why)


def priority_changed(memory: Memory, asked: PriorityChanged) -> None:
    """Whoever of the run is in line gets a new place."""
    run = memory.runs.get(asked.run)
    if run is None:
        return
    run.priority = asked.priority
    memory.dirty_runs[run] = None
    memory.audit(asked.by, "priority", f"run {run.id} to {asked.priority}")
    line_up_again(memory, run)


def dag_priority_changed(memory: Memory, asked: DagPriorityChanged) -> None:
    """The same for every run of the DAG, and for those to come."""
    memory.prioritize(asked.dag_id, asked.priority)
    for run in memory.runs.values():
        if run.dag_id == asked.dag_id:
            run.dag_priority = asked.priority
            line_up_again(memory, run)


def line_up_again(memory: Memory, run: Run) -> None:
    """Newer entries in the lines of the pools make the older ones worthless."""
    for instance in run.instances():
        if instance.state is State.QUEUED:
            pool = memory.pool_of(instance.node)
            pool.push(instance)
            pool.forget()


def intent_dropped(memory: Memory, dropped: IntentDropped) -> None:
    """The intent is answered: no run."""
    memory.changes.intents_done.append(dropped.intent)


def drain_asked(memory: Memory, asked: DrainAsked) -> None:
    """Start nothing more, or go on."""
    memory.is_draining = asked.is_on


def tick(memory: Memory, _: Tick) -> None:
    """Nothing of its own: every batch looks at the alarms."""
