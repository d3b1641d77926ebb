"""Questions of people about deadlines: how often they were kept, and of which runs some are to come."""

from __future__ import annotations

from flowlite.store.ask import Question, packed
from flowlite.store.shown_runs import made
from flowlite.store.views import OpenRunView, SlaView

# A task's own end is that of the last of its attempts; the run's own deadline looks at the run's end.
ENDED = """CASE WHEN d.task_no < 0 THEN r.ended_at ELSE
  (SELECT max(a.ended_at) FROM attempt a WHERE a.run_id = d.run_id AND a.task_no = d.task_no) END"""
LATE = f"max(0.0, coalesce({ENDED}, ?1) - d.due_at)"


def sla_rows(since: float, until: float, now: float) -> Question[list[SlaView]]:
    """For each DAG, and each task of it with a deadline of its own: how many were due between the two instants."""
    rows = yield (
        "SELECT r.dag_id, t.id, count(*), sum(d.was_met), "
        f"max(CASE WHEN d.was_met THEN NULL ELSE {LATE} END), avg(CASE WHEN d.was_met THEN NULL ELSE {LATE} END) "
        "FROM deadline d JOIN run r ON r.id = d.run_id "
        "LEFT JOIN task t ON t.version = r.version AND t.number = d.task_no "
        "WHERE d.due_at >= ?2 AND d.due_at < ?3 GROUP BY 1, 2 ORDER BY 1, t.id IS NOT NULL, 2",
        (now, since, until),
    )
    return made(SlaView, rows)


def open_runs() -> Question[list[OpenRunView]]:
    """Runs that have not ended and have deadlines."""
    rows = yield from packed(
        "r.id, r.dag_id, r.version, r.logical_date, r.base_at, r.started_at, "
        "(SELECT group_concat(task_no) FROM deadline d WHERE d.run_id = r.id) AS over",
        "FROM run r WHERE r.state IN ('queued', 'running') AND r.base_at IS NOT NULL",
    )
    return made(OpenRunView, [(*row[:6], frozenset(numbers(row[6]))) for row in rows])


def numbers(text: str | None) -> list[int]:
    """From `1,2,3`."""
    return [int(part) for part in text.split(",")] if text else []
