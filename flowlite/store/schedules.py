"""What the scheduler asks: how far each schedule is decided, which dates have a run, which assets were updated."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import chain
from typing import NamedTuple

from flowlite.core.planned import IntervalRow
from flowlite.store.ask import Question, packed


class KnownSchedule(NamedTuple):
    """What is known of a DAG's schedule. `is_paused` and `unpaused_at`: by hand; None: nobody did."""

    is_paused: bool | None
    unpaused_at: float | None
    decided_until: float | None
    rule: str | None  # None: the scheduler has never seen this DAG
    was_paused: bool
    seen_update: int

    @property
    def is_by_hand(self) -> bool:
        """A person has paused or unpaused it; the DAG file no longer decides."""
        return self.is_paused is not None


class UpdateRow(NamedTuple):
    """One update of an asset."""

    seq: int
    asset: str


DATES_AT_A_TIME = 500
NOTHING_KNOWN = KnownSchedule(None, None, None, None, was_paused=False, seen_update=0)


def known() -> Question[dict[str, KnownSchedule]]:
    """By DAG."""
    rows = yield (
        "SELECT d.dag_id, d.is_paused, d.unpaused_at, s.decided_until, s.rule, s.was_paused, s.seen_update "
        "FROM dag d LEFT JOIN schedule s ON s.dag_id = d.dag_id",
        (),
    )
    return {
        dag_id: KnownSchedule(
            None if paused is None else bool(paused), unpaused_at, until, rule, bool(was_paused), seen or 0
        )
        for dag_id, paused, unpaused_at, until, rule, was_paused, seen in rows
    }


def runs_on(dates: Iterable[tuple[str, float]]) -> Question[dict[tuple[str, float], int]]:
    """The runs that have one of these logical dates, by DAG and date. Bound, not as JSON: a date is exact."""
    left, found = list(dates), {}
    while left:
        some, left = left[:DATES_AT_A_TIME], left[DATES_AT_A_TIME:]
        rows = yield (
            f"SELECT run.dag_id, run.logical_date, run.id FROM (VALUES {','.join(['(?,?)'] * len(some))}) w "
            "CROSS JOIN run ON run.dag_id = column1 AND run.logical_date = column2",
            tuple(chain.from_iterable(some)),
        )
        found.update({(dag_id, logical_date): run for dag_id, logical_date, run in rows})
    return found


def intervals(dag_id: str, limit: int) -> Question[list[IntervalRow]]:
    """The intervals that were due, with their decisions, newest first."""
    rows = yield from packed(
        "dag_id, starts_at, ends_at, decision, run_id, reason, at",
        "FROM due_interval WHERE dag_id = ? ORDER BY starts_at DESC LIMIT ?",
        (dag_id, limit),
    )
    return [IntervalRow(*row) for row in rows]


def updates_after(seq: int, names: Iterable[str]) -> Question[list[UpdateRow]]:
    """The updates of these assets since then, oldest first."""
    rows = yield (
        "SELECT u.seq, u.asset FROM json_each(?) w CROSS JOIN asset_update u ON u.asset = w.value AND u.seq > ? "
        "ORDER BY u.seq",
        (json.dumps(sorted(names)), seq),
    )
    return [UpdateRow(*row) for row in rows]


def last_update() -> Question[int]:
    """The number of the newest update of any asset."""
    rows = yield "SELECT coalesce(max(seq), 0) FROM asset_update", ()
    return int(rows[0][0])
