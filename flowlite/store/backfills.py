"""Backfills as they stand: rows for an engine that goes on with them, and views in which their state follows from their
runs. They are written by commits (commit.py)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from flowlite.core.planned import BackfillRow
from flowlite.core.rows import RunRow
from flowlite.store.ask import Question, only, packed
from flowlite.store.recovery import RUN, run_row
from flowlite.store.shown_dags import dag_history
from flowlite.store.views import BackfillDayView, BackfillDetail, BackfillView

BACKFILL = ", ".join(BackfillRow._fields)
OF_LANE = "r.lane = 'backfill:' || d.backfill_id"  # a later backfill may have taken a run over
LAST_RUNS = 100  # of the DAG, for how long one takes
ALIVE = "('queued', 'running')"


def next_number() -> Question[int]:
    """Numbers are never given twice, also after pruning: logs of audits and lanes name them."""
    rows = yield "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'backfill'), 0) + 1", ()
    return int(rows[0][0])


def one(backfill: int) -> Question[BackfillRow | None]:
    """The row, exact in every digit."""
    rows = yield f"SELECT {BACKFILL} FROM backfill WHERE id = ?", (backfill,)
    return backfill_row(rows[0]) if rows else None


def rows() -> Question[list[BackfillRow]]:
    """All of them: a run of an old one may be cleared and gets into its lane again."""
    found = yield f"SELECT {BACKFILL} FROM backfill ORDER BY id", ()
    return [backfill_row(row) for row in found]


def runs_of(backfill: int, states: Sequence[str]) -> Question[list[tuple[str, RunRow]]]:
    """Decision and run of its days whose run is in one of these states, in date order; those that are unfinished only
    as long as they are still its own."""
    columns = ", ".join(f"r.{name.strip()}" for name in RUN.split(","))
    found = yield (
        f"SELECT d.decision, {columns} FROM backfill_day d JOIN run r ON r.id = d.run_id WHERE d.backfill_id = ? "
        f"AND r.state IN (SELECT value FROM json_each(?)) AND (r.state NOT IN {ALIVE} OR {OF_LANE}) "
        "ORDER BY d.logical_date",
        (backfill, json.dumps(list(states))),
    )
    return [(row[0], run_row(row[1:])) for row in found]


# --- for people -------------------------------------------------------------------------------------------------------
def shown(dag_id: str | None, limit: int, before: int | None) -> Question[list[BackfillView]]:
    """Newest first; `before` is the number of the last one seen."""
    where, values = only(("dag_id = ?", dag_id), ("id < ?", before))
    found = yield f"SELECT {BACKFILL} FROM backfill WHERE {where} ORDER BY id DESC LIMIT ?", (*values, limit)
    views = []
    for row in found:
        known = backfill_row(row)
        views.append(view_of(known, (yield from _tally(known.id))))
    return views


def detail(backfill: int) -> Question[BackfillDetail | None]:
    """One with its days in date order, or None."""
    known = yield from one(backfill)
    if known is None:
        return None
    view = view_of(known, (yield from _tally(backfill)))
    typical_s = view.p50_s
    if typical_s is None:
        typical_s = (yield from dag_history(known.dag_id, LAST_RUNS)).p50_s
    return BackfillDetail(backfill=view, days=(yield from _days(backfill)), typical_s=typical_s)


def _days(backfill: int) -> Question[list[BackfillDayView]]:
    found = yield from packed(
        "d.logical_date, d.data_interval_end, d.decision, d.reason, d.run_id, r.state, r.started_at, r.ended_at",
        "FROM backfill_day d LEFT JOIN run r ON r.id = d.run_id WHERE d.backfill_id = ? ORDER BY d.logical_date",
        (backfill,),
    )
    fields = tuple(BackfillDayView.__dataclass_fields__)
    return [BackfillDayView(**dict(zip(fields, row, strict=True))) for row in found]


OF_DAYS = "FROM backfill_day d LEFT JOIN run r ON r.id = d.run_id WHERE d.backfill_id = ?"
# The one or two in the middle; SQLite has no median. CROSS: from the days to their runs, not from all that ended well.
MEDIAN = (
    "SELECT avg(took) FROM (SELECT took, row_number() OVER (ORDER BY took) AS place, count(*) OVER () AS n FROM "
    "(SELECT r.ended_at - r.started_at AS took FROM backfill_day d CROSS JOIN run r ON r.id = d.run_id "
    "WHERE d.backfill_id = ? AND r.state = 'success')) WHERE place IN ((n + 1) / 2, (n + 2) / 2)"
)


class Tally(NamedTuple):
    """What the runs of a backfill say of it."""

    counts: dict[str, int]
    skipped: int
    last_end: float | None
    p50_s: float | None


def _tally(backfill: int) -> Question[Tally]:
    """Added up where the rows lie: a list of backfills has tens of thousands of days."""
    found = yield (
        f"SELECT r.state, count(*), sum(d.decision = 'skip'), max(r.ended_at) {OF_DAYS} GROUP BY r.state",
        (backfill,),
    )
    middle = yield MEDIAN, (backfill,)
    return Tally(
        counts={state: number for state, number, _, _ in found if state is not None},
        skipped=sum(skipped for _, _, skipped, _ in found),
        last_end=max((end for *_, end in found if end is not None), default=None),
        p50_s=middle[0][0],
    )


def view_of(row: BackfillRow, tally: Tally) -> BackfillView:
    """The row with everything that follows from the runs of its days."""
    counts = tally.counts
    is_over = not (counts.get("queued") or counts.get("running"))
    values: dict[str, Any] = row._asdict()
    return BackfillView(
        **values, state=state_of(row, counts), ended_at=tally.last_end if is_over else None, counts=counts,
        skipped=tally.skipped, p50_s=tally.p50_s,
    )  # fmt: skip


def state_of(row: BackfillRow, counts: Mapping[str, int]) -> str:
    """What a person asked for, as long as something is left to do; then how its runs ended."""
    if counts.get("queued") or counts.get("running"):
        return "paused" if row.is_paused else "running"
    if row.is_cancelled or (counts.get("cancelled") and not counts.get("failed")):
        return "cancelled"
    return "failed" if counts.get("failed") else "success"


def backfill_row(row: Sequence[Any]) -> BackfillRow:
    """As the machine made it."""
    found = BackfillRow(*row)
    return found._replace(
        is_newest_first=bool(found.is_newest_first), is_paused=bool(found.is_paused),
        is_cancelled=bool(found.is_cancelled),
    )  # fmt: skip
