"""The machine: events in, rows and commands out. No input, no output, no clock, no luck.

A batch of events is applied as one: first everything is settled, then slots are granted, so that the order of events
within a batch cannot give a slot to the wrong task. Rows come out once an instance, in the state at the end of the
batch. After a commit that failed, the caller tries the same commit again or stops: memory is then ahead of the disk,
and the only way back is a fresh machine from the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from flowlite.core import recovery
from flowlite.core.asks import clear_asked, mark_asked, run_loaded
from flowlite.core.attempts import grant_slots
from flowlite.core.cancelling import cancel_asked
from flowlite.core.graph import Graph
from flowlite.core.limits import (
    asset_updated,
    backfill_decided,
    dag_priority_changed,
    drain_asked,
    intent_dropped,
    intervals_decided,
    lane_resized,
    pool_resized,
    priority_changed,
    tick,
)
from flowlite.core.memory import Memory
from flowlite.core.messages import (
    Answered,
    AttemptEnded,
    CancelAsked,
    ClearAsked,
    Command,
    DagPriorityChanged,
    DrainAsked,
    Event,
    IntentDropped,
    LaneResized,
    MarkAsked,
    PoolResized,
    PriorityChanged,
    RunLoaded,
    RunRequested,
    SlotReturned,
    Tick,
    Woken,
)
from flowlite.core.outcomes import answered, attempt_ended, slot_returned, woken
from flowlite.core.planned import AssetUpdated, BackfillDecided, IntervalsDecided
from flowlite.core.ringing import next_wake, ring
from flowlite.core.rows import Changes, DeadlineRow, GroupRow, InstanceRow, IntentRow, RunRow
from flowlite.core.runs import finish_runs, promote, run_requested
from flowlite.core.settling import settle

ACTIONS: Mapping[type, Callable[[Memory, Any], None]] = {
    RunRequested: run_requested,
    RunLoaded: run_loaded,
    AttemptEnded: attempt_ended,
    SlotReturned: slot_returned,
    Woken: woken,
    Answered: answered,
    Tick: tick,
    CancelAsked: cancel_asked,
    ClearAsked: clear_asked,
    MarkAsked: mark_asked,
    IntentDropped: intent_dropped,
    PoolResized: pool_resized,
    LaneResized: lane_resized,
    BackfillDecided: backfill_decided,
    IntervalsDecided: intervals_decided,
    AssetUpdated: asset_updated,
    PriorityChanged: priority_changed,
    DagPriorityChanged: dag_priority_changed,
    DrainAsked: drain_asked,
}


class Machine(Memory):
    """What it knows (`runs`, `pools`, `lanes`, `failing`, `is_draining`) is open to be looked at; events change it."""

    def add_graph(self, version: int, graph: Graph, *, is_current: bool = True) -> None:
        """Make a version of a DAG known; the current one gives its lane the limit and says which DAGs follow."""
        self.keep_graph(version, graph, is_current=is_current)

    def apply(self, events: Iterable[Event], now: float) -> tuple[Changes, list[Command]]:
        """Settle the events, then let everything follow from them, then grant slots.

        Alarms ring before the events, so that an end after a deadline does not meet it, and after them, because an
        event may set one that is due at once.
        """
        self.now = now
        self.open_books()
        ring(self)
        for event in events:
            ACTIONS[type(event)](self, event)
        ring(self)
        promote(self)
        while self.agenda or self.ended or self.moved_lanes:
            settle(self)
            finish_runs(self)
            promote(self)
        grant_slots(self)
        return self.close_books()

    @property
    def next_wake(self) -> float | None:
        """When to send a Tick. One alarm for the whole machine."""
        return next_wake(self)

    def load(
        self,
        runs: Iterable[RunRow],
        instances: Mapping[int, Sequence[InstanceRow]],
        groups: Iterable[GroupRow] = (),
        intents: Iterable[IntentRow] = (),
        deadlines: Iterable[DeadlineRow] = (),
        *,
        now: float,
    ) -> list[Command]:
        """Take up the unfinished runs from their rows; graphs and lanes are known already. Answers with the commands
        that may not have been carried out; apply() then does what has become due."""
        return recovery.load(self, runs, instances, groups, intents, deadlines, now)
