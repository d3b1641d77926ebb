"""Announcements: who hears of a commit, and who waits for the end of a run. Only after it is on disk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from flowlite.core.graph import Graph
from flowlite.core.rows import Changes, RunRow
from flowlite.core.states import FINISHED_RUN
from flowlite.store.events import body_of, records
from flowlite.store.rows import ProgressRow, ReportRow
from flowlite.store.views import EventView

# A subscriber that does not read is cut off rather than fed from memory for ever.
LONGEST_BACKLOG = 100_000


@dataclass(frozen=True, slots=True)
class Event:
    """A committed fact. `kind`: run, task, node, progress, deadline, asset, pool or backfill.

    What it is not about is None.
    """

    seq: int
    at: datetime
    kind: str
    dag_id: str
    run_id: str | None
    task_id: str | None
    map_index: int | None
    state: str


class Subscription:
    """One reader's queue of events; closed by leaving the `async for`, by the engine's end, or by a full queue."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._wake = asyncio.Event()
        self.is_closed = False

    def put(self, events: list[Event]) -> None:
        """For the announcer."""
        self._events += events
        self.is_closed = self.is_closed or len(self._events) > LONGEST_BACKLOG
        self._wake.set()

    def close(self) -> None:
        """No more events; what is queued is still read."""
        self.is_closed = True
        self._wake.set()

    async def __aiter__(self) -> AsyncIterator[Event]:
        while True:
            events, self._events = self._events, []
            for event in events:
                yield event
            if self._events:
                continue
            if self.is_closed:
                return
            self._wake.clear()
            await self._wake.wait()


class Announcer:
    """Hands committed changes on. Events are made only if somebody listens."""

    def __init__(self, graphs: Mapping[int, Graph]) -> None:
        self._graphs = graphs
        self._runs: dict[int, tuple[str, int]] = {}
        self._subscriptions: list[Subscription] = []
        self._waiting: dict[tuple[int, bool], list[asyncio.Future[RunRow]]] = {}

    def know(self, run: int, dag_id: str, version: int) -> None:
        """A run that events may be about from now on."""
        self._runs[run] = (dag_id, version)

    def subscribe(self) -> Subscription:
        """From the next commit on."""
        subscription = Subscription()
        self._subscriptions.append(subscription)
        return subscription

    def creation_of(self, run: int) -> asyncio.Future[RunRow]:
        """Resolves when the run is on disk."""
        return self._wait_for(run, is_end=False)

    def end_of(self, run: int) -> asyncio.Future[RunRow]:
        """Resolves with the run's row when it finishes the next time."""
        return self._wait_for(run, is_end=True)

    def _wait_for(self, run: int, *, is_end: bool) -> asyncio.Future[RunRow]:
        future: asyncio.Future[RunRow] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault((run, is_end), []).append(future)
        return future

    def tell(self, changes: Changes, reports: Sequence[ReportRow | ProgressRow], last_event: int, at: float) -> None:
        """A commit has returned."""
        for row in changes.runs:
            self.know(row.id, row.dag_id, row.version)
        if self._subscriptions:
            self._publish(self._events(changes, reports, last_event, at))
        for row in changes.runs:
            self._resolve(row, is_end=False)
            if row.state in FINISHED_RUN:
                self._resolve(row, is_end=True)
                del self._runs[row.id]

    def fail(self, error: BaseException) -> None:
        """The engine has stopped: whoever waits learns why, and every subscription ends."""
        waiting, self._waiting = self._waiting, {}
        for future in (future for futures in waiting.values() for future in futures):
            if not future.done():
                future.set_exception(error)
                future.exception()  # whoever no longer waits for it must not be warned at exit
        for subscription in self._subscriptions:
            subscription.close()

    def _resolve(self, row: RunRow, *, is_end: bool) -> None:
        for future in self._waiting.pop((row.id, is_end), ()):
            if not future.done():
                future.set_result(row)

    def _publish(self, events: list[Event]) -> None:
        for subscription in self._subscriptions:
            subscription.put(events)
        self._subscriptions = [one for one in self._subscriptions if not one.is_closed]

    def _events(
        self, changes: Changes, reports: Sequence[ReportRow | ProgressRow], last_event: int, at: float
    ) -> list[Event]:
        body, _ = body_of(changes, reports)
        return [public(event) for event in records(last_event, at, body, self._dag_of, self._task_id_of)]

    def _dag_of(self, run: int) -> str | None:
        known = self._runs.get(run)
        return known[0] if known else None

    def _task_id_of(self, run: int, task: int) -> str | None:
        known = self._runs.get(run)
        return self._graphs[known[1]].tasks[task].id if known else None


def public(event: EventView) -> Event:
    """As scripts see it."""
    is_element = event.map_index is not None and event.map_index >= 0
    return Event(
        seq=event.seq,
        at=moment(event.at),
        kind=event.kind,
        dag_id=event.dag_id,
        run_id=None if event.run_id is None else str(event.run_id),
        task_id=event.task_id,
        map_index=event.map_index if is_element else None,
        state=event.state,
    )


def moment(at: float) -> datetime:
    """Seconds since the epoch as an aware UTC datetime."""
    return datetime.fromtimestamp(at, UTC)
