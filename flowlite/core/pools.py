"""Pools: who gets a free slot. A pool has lines of its own, so that a full one costs the others nothing."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from flowlite.core.instances import Instance
from flowlite.core.states import State

DEFAULT_SLOTS = 32
PATIENCE_S = 60.0  # how long a backfill may be passed over before it gets one slot


class Entry(NamedTuple):
    """A place in line: compared field by field, and never as far as the instance."""

    priority: int  # negated: higher first
    logical_date: float
    run: int
    rank: int
    index: int  # type: ignore[assignment]  # hides tuple.index
    ticket: int
    instance: Instance


class Held(NamedTuple):
    """The slots of an attempt that is over but whose thread has not returned."""

    attempt: int
    slots: int
    since: float


class Pool:
    """Slots in use are the sum over the running attempts, taken anew each time: there is no counter to leak.

    Two lines: live work (scheduled, manual, asset and follow-up runs) goes before backfills.
    """

    __slots__ = (
        "backfills", "held", "live", "looked_at", "name", "passed_since", "running", "size", "stale", "tickets",
    )  # fmt: skip

    def __init__(self, name: str, size: int) -> None:
        self.name = name
        self.size = size
        self.running: dict[Instance, int] = {}
        self.held: dict[tuple[int, int, int], Held] = {}
        self.live: list[Entry] = []
        self.backfills: list[Entry] = []
        self.stale = 0
        self.tickets = 0  # of the pool, not of the instance: a run that is loaded again has new instances, old entries
        self.passed_since: float | None = None  # since when live work was started past a backfill, none of which runs
        self.looked_at = 0.0

    @property
    def used(self) -> int:
        """Slots that are taken."""
        return sum(self.running.values()) + sum(held.slots for held in self.held.values())

    def wants(self, instance: Instance) -> int:
        """Never more than the whole pool: a pool made smaller than its widest task must not stand still for ever."""
        return min(instance.node.task.slots, self.size)

    def push(self, instance: Instance) -> None:
        """Put it in line. A newer ticket makes an older entry worthless: that is how priorities change in O(log n)."""
        self.tickets += 1
        instance.ticket = self.tickets
        if self.held and instance.key in self.held:
            return  # its old thread is still there: it gets into line when that has returned
        node, run = instance.node, instance.node.run
        line = self.backfills if run.is_backfill else self.live
        heappush(
            line,
            Entry(-node.priority, run.logical_date, run.id, node.rank, instance.index, self.tickets, instance),
        )

    def forget(self) -> None:
        """Somebody left the line out of turn. Once most entries are stale, sweep them out."""
        self.stale += 1
        if self.stale > 64 and self.stale * 2 > len(self.live) + len(self.backfills):
            for line in (self.live, self.backfills):
                line[:] = [entry for entry in line if is_valid(entry)]
                heapify(line)
            self.stale = 0

    def admit(self, now: float) -> list[Instance]:
        """Take from the head while it fits. What does not fit waits at the head and nothing overtakes it."""
        admitted: list[Instance] = []
        self.looked_at = now
        if not self.live and not self.backfills:
            self.passed_since = None
            return admitted
        free = self.size - self.used
        is_left_out = self._is_backfill_left_out()
        if not is_left_out:
            self.passed_since = None
        while free > 0 and (line := self._line(now)):
            instance = line[0].instance
            wants = self.wants(instance)
            if wants > free:
                break
            heappop(line)
            free -= wants
            self.running[instance] = wants
            admitted.append(instance)
            if line is self.backfills:
                self.passed_since, is_left_out = None, False
            elif is_left_out and self.passed_since is None:
                self.passed_since = now
        return admitted

    def _line(self, now: float) -> list[Entry]:
        """The line whose head is next: live work, unless a backfill has been passed over for long enough."""
        live, backfills = trimmed(self.live), trimmed(self.backfills)
        is_owed = self.passed_since is not None and now - self.passed_since >= PATIENCE_S
        return backfills if not live or (backfills and is_owed) else live

    def _is_backfill_left_out(self) -> bool:
        """Backfill work is in line and none of it has a slot."""
        return bool(trimmed(self.backfills)) and not any(one.node.run.is_backfill for one in self.running)

    @property
    def due_at(self) -> float | None:
        """When a backfill that is passed over comes first; None once that has been looked at."""
        if self.passed_since is None or self.passed_since + PATIENCE_S <= self.looked_at:
            return None
        return self.passed_since + PATIENCE_S

    def in_line(self) -> Iterator[Instance]:
        """Who waits for a slot, first come first: for people, not for decisions."""
        for line in (self.live, self.backfills):
            yield from (entry.instance for entry in sorted(line) if is_valid(entry))


def trimmed(line: list[Entry]) -> list[Entry]:
    """The line without worthless entries at its head."""
    while line and not is_valid(line[0]):
        heappop(line)
    return line


def is_valid(entry: Entry) -> bool:
    """An entry counts while its instance is queued and has not got a newer one."""
    return entry.instance.state is State.QUEUED and entry.ticket == entry.instance.ticket
