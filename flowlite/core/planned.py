"""What is planned beyond a single run, as rows, and the events that carry such rows into a transaction. The machine
keeps none of it: it only has them written together with what follows from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class BackfillRow(NamedTuple):
    """A past range on request. Whether it is running, done or failed follows from its runs and is not written."""

    id: int
    dag_id: str
    starts_at: float  # the first logical date
    ends_at: float  # the end of the last data interval
    concurrency: int
    reprocess: str  # "none" | "failed" | "all"
    is_newest_first: bool
    params: str  # JSON
    asked_by: str
    created_at: float
    is_paused: bool = False
    is_cancelled: bool = False

    @property
    def limit(self) -> int:
        """How many of its runs may be active now."""
        return 0 if self.is_paused else self.concurrency


class BackfillDayRow(NamedTuple):
    """One interval of a backfill with its decision: it runs as `run_id`, anew or again, or is skipped because."""

    backfill_id: int
    logical_date: float
    data_interval_end: float
    decision: str  # "run" | "again" | "skip"
    reason: str
    run_id: int | None


@dataclass(frozen=True, slots=True)
class BackfillDecided:
    """A backfill was asked for (then with its days), paused, resumed, cancelled or retried: its row as it is now.

    Its runs come as RunRequested and ClearAsked, with its lane, in the same batch: one transaction takes all of it.
    """

    row: BackfillRow
    days: tuple[BackfillDayRow, ...] = ()
    verb: str = ""
    by: str = ""
    why: str = ""


class IntervalRow(NamedTuple):
    """A due interval with its decision; one that ran names its run, one that was skipped the reason."""

    dag_id: str
    starts_at: float
    ends_at: float
    decision: str  # "ran" | "skipped"
    run_id: int | None
    reason: str
    at: float


class ScheduleRow(NamedTuple):
    """How far the schedule of a DAG is decided, by which rule, and whether it was paused then."""

    dag_id: str
    decided_until: float | None  # None: it has no fire times
    rule: str  # the fire times as text, to see that they were changed
    was_paused: bool
    seen_update: int  # updates of assets up to this number have led to a run, or came before the DAG
    next_due_at: float | None


class AssetRow(NamedTuple):
    """An asset was updated by a task instance that succeeded; by a person if it names none."""

    asset: str
    at: float
    run: int | None
    task: int | None
    index: int | None  # type: ignore[assignment]  # hides tuple.index, which nobody calls on a row


class AssetUseRow(NamedTuple):
    """A run answers this update of an asset."""

    run_id: int
    update_seq: int


@dataclass(frozen=True, slots=True)
class IntervalsDecided:
    """What the scheduler decided. The runs come as RunRequested in the same batch: one transaction takes all of it."""

    intervals: tuple[IntervalRow, ...] = ()
    schedules: tuple[ScheduleRow, ...] = ()
    uses: tuple[AssetUseRow, ...] = ()


@dataclass(frozen=True, slots=True)
class AssetUpdated:
    """A person says that an asset has new data."""

    asset: str
    by: str
    why: str = ""
