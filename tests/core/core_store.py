"""A pretend store: keeps rows, and says no to everything that the real one would refuse."""

from __future__ import annotations

import json

from flowlite.core.rows import Changes, DeadlineRow, GroupRow, InstanceRow, IntentRow, RunRow

FINISHED_RUN = {"success", "failed", "cancelled"}


class Store:
    """All rows ever committed."""

    def __init__(self) -> None:
        self.runs: dict[int, RunRow] = {}
        self.instances: dict[int, dict[tuple[int, int], InstanceRow]] = {}
        self.before: dict[tuple[int, int, int], InstanceRow | None] = {}  # rows as they were before the last commit
        self.attempts: dict[tuple[int, int, int, int], str] = {}
        self.groups: dict[int, dict[str, GroupRow]] = {}
        self.intents: dict[int, IntentRow] = {}
        self.deadlines: dict[tuple[int, int], DeadlineRow] = {}
        self.failing: dict[str, int] = {}
        self.pools: dict[str, int] = {}
        self.last_intent = 0

    def commit(self, changes: Changes) -> None:
        """All of it, or an AssertionError."""
        self.before = {}
        for row in changes.instances:
            self.keep_instance(row)
        for attempt in changes.attempts:
            key = attempt[:4]
            assert key not in self.attempts, ("attempt ended twice", attempt)
            assert attempt.started_at <= attempt.ended_at
            self.attempts[key] = attempt.outcome
        for run in changes.runs:
            self.keep_run(run, changes)
        for group in changes.groups:
            self.groups.setdefault(group.run, {})[group.group] = group
        self.intents.update({row.id: row for row in changes.intents})
        self.last_intent = max([self.last_intent, *(row.id for row in changes.intents)])
        for id_ in changes.intents_done:
            assert self.intents.pop(id_, None), "a run was made twice for one intent"
        for deadline in changes.deadlines:
            assert deadline[:2] not in self.deadlines, "one deadline, judged twice"
            self.deadlines[deadline[:2]] = deadline
        self.pools.update((name, size) for name, size, _ in changes.pools)
        self.keep_health(changes)

    def keep_instance(self, row: InstanceRow) -> None:
        """Compare and set."""
        rows = self.instances.setdefault(row.run, {})
        old = rows.get(row[1:3])
        assert (old.state if old else None) == row.was, ("compare-and-set", old, row)
        assert not old or row.attempt >= old.attempt, "attempt numbers go back"
        assert type(row.state) is str
        facts = json.loads(json.dumps(row.facts))
        self.before[row[:3]] = old
        rows[row[1:3]] = row._replace(was=None, facts=facts)

    def keep_run(self, row: RunRow, changes: Changes) -> None:
        """A run that ends is told about: once, and as what it ended as."""
        old = self.runs.get(row.id)
        self.runs[row.id] = row
        told = [alert.kind for alert in changes.alerts if alert.run == row.id and alert.task == -1]
        has_ended = row.state in FINISHED_RUN and (old is None or old.state != row.state)
        assert told.count("failure") == (has_ended and row.state == "failed"), (row, told)
        assert told.count("success") == (has_ended and row.state == "success"), (row, told)

    def keep_health(self, changes: Changes) -> None:
        """Which DAGs failed last, from the alerts in the order in which runs ended."""
        recovered = {alert.run for alert in changes.alerts if alert.kind == "recovered"}
        for alert in changes.alerts:
            if alert.task != -1 or alert.kind not in ("failure", "success"):
                continue
            run = self.runs[alert.run]
            if alert.kind == "failure":
                assert alert.incident == self.failing.setdefault(run.dag_id, run.id)
                continue
            is_late = any(key[0] == run.id and not found.was_met for key, found in self.deadlines.items())
            is_good_news = run.dag_id in self.failing or (is_late and run.base_at is not None)
            assert (run.id in recovered) == is_good_news, run
            self.failing.pop(run.dag_id, None)

    def unfinished(self) -> list[RunRow]:
        """What a restart has to take up."""
        return [row for row in self.runs.values() if row.state not in FINISHED_RUN]

    def rows_of(self, run: int) -> list[InstanceRow]:
        """The instances of a run."""
        return list(self.instances.get(run, {}).values())

    def groups_of(self, run: int) -> tuple[GroupRow, ...]:
        """The groups of a run."""
        return tuple(self.groups.get(run, {}).values())

    def in_state(self, state: str) -> list[InstanceRow]:
        """Rows of unfinished runs in this state."""
        return [row for run in self.unfinished() for row in self.rows_of(run.id) if row.state == state]
