"""What can be seen to be wrong in a state file: `flowlite db check`. Looks only, and repairs nothing."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import NamedTuple

from flowlite.store import verdicts
from flowlite.store.connect import connect_reader
from flowlite.store.errors import FAULTS, StateNewer, translated
from flowlite.store.migrate import newest_schema, schema_of

MOST_OF_ONE_KIND = 20
UNFINISHED = "('pending', 'queued', 'running', 'retrying', 'waiting')"
WHERE_IT_IS = "'run ' || x.run_id || ', task ' || x.task_no || '[' || x.map_index || ']'"


class Rule(NamedTuple):
    """Something that must hold; the query gives one text for each place where it does not."""

    name: str
    query: str


RULES = (
    Rule(
        "a finished run has nothing unfinished",
        f"SELECT {WHERE_IT_IS} || ' is ' || x.state || ', the run is ' || r.state FROM run r "
        f"CROSS JOIN task_instance x ON x.run_id = r.id WHERE r.ended_at IS NOT NULL AND x.state IN {UNFINISHED}",
    ),
    Rule(
        "a run that goes on has something to do",
        "SELECT 'run ' || r.id FROM run r WHERE r.state = 'running' AND r.has_rows AND NOT EXISTS "
        f"(SELECT 1 FROM task_instance x WHERE x.run_id = r.id AND x.state IN {UNFINISHED})",
    ),
    Rule(
        "only a run that is running has task instances at work",
        f"SELECT {WHERE_IT_IS} || ' is ' || x.state || ', the run is ' || r.state FROM run r "
        "CROSS JOIN task_instance x ON x.run_id = r.id WHERE r.state = 'queued' AND x.state = 'running'",
    ),
    Rule(
        "an attempt that is over is not running",
        f"SELECT {WHERE_IT_IS} || ' runs attempt ' || x.attempt || ', which has ended as ' || a.outcome "
        "FROM task_instance x CROSS JOIN attempt a ON a.run_id = x.run_id AND a.task_no = x.task_no "
        "AND a.map_index = x.map_index AND a.number = x.attempt WHERE x.state = 'running'",
    ),
    Rule(
        "attempts follow each other",
        f"SELECT {WHERE_IT_IS} || ': attempt ' || x.number || ' began before attempt ' || a.number || ' had ended' "
        "FROM attempt x CROSS JOIN attempt a ON a.run_id = x.run_id AND a.task_no = x.task_no "
        "AND a.map_index = x.map_index AND a.number = x.number - 1 WHERE x.started_at < a.ended_at",
    ),
    Rule(
        "an attempt ends after its start",
        f"SELECT {WHERE_IT_IS} || ': attempt ' || x.number FROM attempt x WHERE x.ended_at < x.started_at",
    ),
    Rule(
        "an attempt belongs to a task instance that has come as far",
        f"SELECT {WHERE_IT_IS} || ': attempt ' || x.number FROM attempt x LEFT JOIN task_instance i ON "
        "i.run_id = x.run_id AND i.task_no = x.task_no AND i.map_index = x.map_index "
        "WHERE (i.attempt IS NULL OR i.attempt < x.number) AND x.run_id NOT IN (SELECT run_id FROM leaving)",
    ),
    Rule(
        "a task instance belongs to a run and to a task of its version",
        f"SELECT {WHERE_IT_IS} FROM task_instance x LEFT JOIN run r ON r.id = x.run_id "
        "LEFT JOIN task t ON t.version = r.version AND t.number = x.task_no WHERE t.id IS NULL "
        "AND x.run_id NOT IN (SELECT run_id FROM leaving)",
    ),
    Rule(
        "a pool is not over-subscribed",
        # A task wider than its pool takes all of it; and what began before the pool was made smaller may go on.
        "SELECT 'pool ' || p.name || ': ' || sum(max(1, min(t.slots, p.size))) || ' slots in use, it has ' || p.size "
        "FROM run r CROSS JOIN task_instance x ON x.run_id = r.id AND x.state = 'running' "
        "CROSS JOIN task t ON t.version = r.version AND t.number = x.task_no CROSS JOIN pool p ON p.name = t.pool "
        "WHERE r.state = 'running' GROUP BY p.name "
        "HAVING sum(max(1, min(t.slots, p.size))) > p.size AND min(x.started_at) > p.changed_at",
    ),
    Rule(
        "the numbers of events do not overlap",
        "SELECT 'event ' || seq FROM (SELECT seq, size, lag(seq) OVER (ORDER BY seq) AS before FROM event) "
        "WHERE before > seq - size",
    ),
)


def check(path: Path) -> list[str]:
    """One line for each violation; none: all is well. Raises StateNewer, or StateUnreachable if there is no file."""
    try:
        db = connect_reader(path)
    except FAULTS as error:
        raise translated(error, str(path)) from error
    try:
        return violations(db, str(path))
    finally:
        db.close()


def violations(db: sqlite3.Connection, where: str) -> list[str]:
    """The same on an open connection, in one snapshot."""
    try:
        known, found = newest_schema(), schema_of(db)
        if found > known:
            raise StateNewer(where, found, known)
        if found < known:
            return [f"schema {found} is older than {known}; bring it up with `flowlite db migrate`"]
        db.execute("BEGIN")
        try:
            return [*_of_the_file(db), *_of_the_rules(db), *verdicts.violations(db)]
        finally:
            db.execute("COMMIT")
    except FAULTS as error:
        return [str(translated(error, where))]


def _of_the_file(db: sqlite3.Connection) -> list[str]:
    found = [row[0] for row in db.execute(f"PRAGMA integrity_check({MOST_OF_ONE_KIND})") if row[0] != "ok"]
    for table, row, parent, _ in db.execute("PRAGMA foreign_key_check").fetchmany(MOST_OF_ONE_KIND):
        found.append(f"{table} row {row} points to a row of {parent} that is not there")
    return found


def _of_the_rules(db: sqlite3.Connection) -> list[str]:
    return [
        f"{rule.name}: not so for {text}"
        for rule in RULES
        for (text,) in db.execute(rule.query).fetchmany(MOST_OF_ONE_KIND)
    ]
