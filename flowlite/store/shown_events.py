"""Questions of people about what was told: events, audit, deadlines, assets, approvals."""

from __future__ import annotations

import json
from itertools import islice

from flowlite.store.ask import Question, only, packed
from flowlite.store.events import named, numbered
from flowlite.store.shown_runs import made
from flowlite.store.views import ApprovalView, AssetView, AuditView, DeadlineView, EventView


def last_event() -> Question[int]:
    """The number of the newest event; 0: there is none."""
    rows = yield "SELECT coalesce(max(seq), 0) FROM event", ()
    return int(rows[0][0])


def events_after(seq: int, limit: int) -> Question[list[EventView]]:
    """The next events in order, at most `limit`. Those of runs that were pruned since are left out."""
    _, found = yield from event_page(seq, limit)
    return found


def first_event() -> Question[int]:
    """The number of the oldest event that is kept; 0: there is none."""
    rows = yield "SELECT seq - size + 1 FROM event ORDER BY seq LIMIT 1", ()
    return int(rows[0][0]) if rows else 0


def event_page(seq: int, limit: int) -> Question[tuple[int, list[EventView]]]:
    """The same, with the number up to which nothing else is to come: the last ones may be of runs that are gone."""
    sizes = yield from packed("seq, size", "FROM event WHERE seq > ? ORDER BY seq LIMIT ?", (seq, limit))
    last, total = seq, 0
    for row_seq, size in sizes:
        if total >= limit:
            break
        last, total = row_seq, total + size
    rows = yield "SELECT seq, at, body FROM event WHERE seq > ? AND seq <= ? ORDER BY seq", (seq, last)
    told = list(islice((fact for row in rows for fact in numbered(*row, after=seq)), limit))
    dags, versions = yield from _runs({fact.run for fact in told if fact.run is not None})
    tasks = yield from _tasks({(versions[fact.run], fact.task) for fact in told if fact.run in versions})

    def task_id_of(run: int, task: int) -> str | None:
        return tasks.get((versions[run], task))

    found = [event for fact in told if (event := named(fact, dags.get, task_id_of)) is not None]
    return (told[-1].seq if told else last), found


def _runs(runs: set[int]) -> Question[tuple[dict[int, str], dict[int, int]]]:
    rows = yield from packed(
        "id, dag_id, version", "FROM run WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(sorted(runs)),)
    )  # fmt: skip
    return {run: dag_id for run, dag_id, _ in rows}, {run: version for run, _, version in rows}


def _tasks(wanted: set[tuple[int, int | None]]) -> Question[dict[tuple[int, int], str]]:
    rows = yield from packed(
        "t.version, t.number, t.id",
        "FROM json_each(?) w CROSS JOIN task t ON t.version = json_extract(w.value, '$[0]') "
        "AND t.number = json_extract(w.value, '$[1]')",
        (json.dumps([pair for pair in wanted if pair[1] is not None]),),
    )
    return {(version, number): id_ for version, number, id_ in rows}


def audit_rows(target: str | None, limit: int, before: int | None) -> Question[list[AuditView]]:
    """Newest first."""
    where, values = only(("target = ?", target), ("id < ?", before))
    rows = yield (
        f"SELECT id, at, by, verb, target, why FROM audit WHERE {where} ORDER BY id DESC LIMIT ?",
        (*values, limit),
    )
    return made(AuditView, rows)


def deadline_rows(
    dag_id: str | None, since: float | None, only_missed: bool, limit: int, run: int | None
) -> Question[list[DeadlineView]]:
    """Deadlines that are over, met or missed; the latest due first."""
    where, values = only(("r.dag_id = ?", dag_id), ("d.due_at >= ?", since), ("d.run_id = ?", run))
    if only_missed:
        where += " AND d.was_met = 0"  # written out: the planner then sees that the index of missed ones will do
    rows = yield from packed(
        "d.run_id, r.dag_id, t.id, r.logical_date, d.due_at, d.was_met",
        "FROM deadline d CROSS JOIN run r ON r.id = d.run_id "
        "LEFT JOIN task t ON t.version = r.version AND t.number = d.task_no "
        f"WHERE {where} ORDER BY d.due_at DESC LIMIT ?",
        (*values, limit),
    )
    return made(DeadlineView, [(*row[:5], bool(row[5])) for row in rows])


ASSET = "a.seq, a.asset, a.at, a.run_id, r.dag_id, t.id, a.map_index"
OF_ASSET = (
    "FROM asset_update a LEFT JOIN run r ON r.id = a.run_id "
    "LEFT JOIN task t ON t.version = r.version AND t.number = a.task_no"
)


def asset_rows() -> Question[list[AssetView]]:
    """The latest update of each asset, by name."""
    rows = yield from packed(
        ASSET, f"{OF_ASSET} WHERE a.seq IN (SELECT max(seq) FROM asset_update GROUP BY asset) ORDER BY a.asset"
    )  # fmt: skip
    return made(AssetView, rows)


def asset_updates(asset: str, limit: int) -> Question[list[AssetView]]:
    """Newest first."""
    rows = yield from packed(ASSET, f"{OF_ASSET} WHERE a.asset = ? ORDER BY a.seq DESC LIMIT ?", (asset, limit))
    return made(AssetView, rows)


def approvals_waiting() -> Question[list[ApprovalView]]:
    """Task instances that wait for a person, the longest wait first."""
    rows = yield from packed(
        "x.run_id, r.dag_id, t.id, x.map_index, x.since, x.wait_until, r.version",
        "FROM run r CROSS JOIN task t ON t.version = r.version AND t.kind = 'approval' "
        "CROSS JOIN task_instance x ON x.run_id = r.id AND x.task_no = t.number "
        "WHERE r.state = 'running' AND x.state = 'waiting' ORDER BY x.since",
    )
    return made(ApprovalView, rows)
