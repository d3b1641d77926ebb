"""Lanes: how many runs may be active at once. One for each DAG, and one of its own for each backfill."""

from __future__ import annotations

from collections.abc import Mapping
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from flowlite.core.states import RunState

if TYPE_CHECKING:
    from flowlite.core.instances import Run

BACKFILL = "backfill:"


class Lane:
    """A limit, the runs inside it, and the line in front of it: lowest order first, then the older run."""

    __slots__ = ("active", "limit", "queued")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.active: set[int] = set()
        self.queued: list[tuple[float, int]] = []

    def push(self, run: Run) -> None:
        """Put a run in line."""
        heappush(self.queued, (run.order, run.id))

    def admit(self, runs: Mapping[int, Run]) -> list[Run]:
        """The next runs for which there is room; one that was cancelled in line is passed over."""
        admitted = []
        while self.queued and len(self.active) < self.limit:
            _, id_ = heappop(self.queued)
            run = runs.get(id_)
            if run is None or run.state is not RunState.QUEUED or id_ in self.active:
                continue
            self.active.add(id_)
            admitted.append(run)
        return admitted


def backfill_lane(backfill: int) -> str:
    """The lane of a backfill's runs: its concurrency takes the place of max_active_runs."""
    return f"{BACKFILL}{backfill}"


def backfill_of(lane: str) -> int:
    """The number of the backfill whose lane this is."""
    return int(lane.removeprefix(BACKFILL))


def is_backfill_lane(lane: str) -> bool:
    """Whether the runs in it give way to everything else."""
    return lane.startswith(BACKFILL)


def lane_of(dag_id: str) -> str:
    """The lane of a DAG's own runs: its max_active_runs."""
    return f"dag:{dag_id}"
