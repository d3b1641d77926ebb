"""Questions of people about what was told: events, audit, deadlines, assets, approvals."""

from __future__ import annotations

import json
from itertools import islice

from flowlite.store.ask import Question, only, packed
from flowlite.store.events import records, runs_in, tasks_in
from flowlite.store.shown_runs import made
from flowlite.store.views import ApprovalView, AssetView, AuditView, DeadlineView, EventView


def last_event() -> Question[int]:
    """The number of the newest event; 0: there is none."""
    rows = yield "SELECT coalesce(max(seq), 0) FROM event", ()
    return int(rows[0][0])


def events_after(seq: int, limit: int) -> Question[list[EventView]]:
    """The next events in order, at most `limit`. Those of runs that were pruned since are left out."""
    sizes = yield from packed("seq, size", "FROM event WHERE seq > ? ORDER BY seq LIMIT ?", (seq, limit))
    last, total = seq, 0
    for row_seq, size in sizes:
        if total >= limit:
            break
        last, total = row_seq, total + size
    rows = yield "SELECT seq, at, body FROM event WHERE seq > ? AND seq <= ? ORDER BY seq", (seq, last)
    bodies = [body for _, _, body in rows]
    dags, versions = yield from _runs(sorted(set().union(*map(runs_in, bodies))))
    tasks = yield from _tasks(
        {(versions[run], task) for body in bodies for run, task in tasks_in(body) if run in versions}
    )  # fmt: skip

    def task_id_of(run: int, task: int) -> str | None:
        return tasks.get((versions[run], task))

    found = (
        event
        for last_seq, at, body in rows
        for event in records(last_seq, at, body, dags.get, task_id_of)
        if event.seq > seq
    )
    return list(islice(found, limit))


def _runs(runs: list[int]) -> Question[tuple[dict[int, str], dict[int, int]]]:
    rows = yield from packed(
        "id, dag_id, version", "FROM run WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(runs),)
    )  # fmt: skip
    return {run: dag_id for run, dag_id, _ in rows}, {run: version for run, _, version in rows}


def _tasks(wanted: set[tuple[int, int]]) -> Question[dict[tuple[int, int], str]]:
    rows = yield from packed(
        "t.version, t.number, t.id",
        "FROM json_each(?) w CROSS JOIN task t ON t.version = json_extract(w.value, '$[0]') "
        "AND t.number = json_extract(w.value, '$[1]')",
        (json.dumps(sorted(wanted)),),
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
    where, values = only(
        ("r.dag_id = ?", dag_id), ("d.due_at >= ?", since), ("d.run_id = ?", run),
        ("d.was_met = ?", 0 if only_missed else None),
    )  # fmt: skip
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
