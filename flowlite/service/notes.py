"""What the daemon says about what happens, one line for each event worth a person's look: runs that end, attempts that
fail, deadlines that are missed. The rest is in the state, for whoever asks."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from flowlite.core.graph import Graph
from flowlite.core.rows import AttemptRow, Changes, RunRow
from flowlite.core.states import FINISHED_RUN
from flowlite.engine.loop import Commit

MOST_OF_A_TASK = 3  # so many failed elements of one map are told of at a time
QUIET = ("success", "skipped", "waiting", "interrupted")
MESSAGE_CHARS = 200


class Note(NamedTuple):
    """One line. `state` is the state or outcome that it is about, "" for news of the daemon itself."""

    at: float
    state: str
    text: str


Tell = Callable[[Note], None]


class Notes:
    """Listens to commits; knows the runs that it has heard of."""

    def __init__(self, tell: Tell, graphs: Mapping[int, Graph]) -> None:
        self._tell, self._graphs = tell, graphs
        self._runs: dict[int, RunRow] = {}

    def know(self, runs: Iterator[RunRow]) -> None:
        """Runs from before this start."""
        self._runs.update((row.id, row) for row in runs)

    def committed(self, commit: Commit) -> None:
        """For the engine's listeners."""
        changes = commit.changes
        for row in changes.runs:
            self._runs[row.id] = row
        for note in (*self._attempts(changes), *self._deadlines(changes, commit.at), *ended(changes)):
            self._tell(note)
        for row in changes.runs:
            if row.state in FINISHED_RUN:
                self._runs.pop(row.id, None)

    def _attempts(self, changes: Changes) -> Iterator[Note]:
        told: Counter[tuple[int, int]] = Counter()
        for row in changes.attempts:
            if row.outcome in QUIET or row.run not in self._runs:
                continue
            told[row.run, row.task] += 1
            if told[row.run, row.task] <= MOST_OF_A_TASK:
                yield Note(row.ended_at, row.outcome, f"{self._name(row)} {failed(row)}")
        for (run, task), count in told.items():
            if count > MOST_OF_A_TASK:
                name = f"run {run} {self._task_id(run, task)}"
                at = changes.attempts[-1].ended_at
                yield Note(at, "failed", f"{name}: {count - MOST_OF_A_TASK} more of its elements failed")

    def _deadlines(self, changes: Changes, at: float) -> Iterator[Note]:
        for row in changes.deadlines:
            if not row.was_met:
                name = "" if row.task < 0 else f" {self._task_id(row.run, row.task)}"
                yield Note(at, "failed", f"{self._run(row.run)}{name} missed its deadline")

    def _run(self, run: int) -> str:
        row = self._runs.get(run)
        return f"run {run}" if row is None else f"run {run} of {row.dag_id}"

    def _name(self, row: AttemptRow) -> str:
        element = f"[{row.index}]" if row.index >= 0 else ""
        return f"{self._run(row.run)} {self._task_id(row.run, row.task)}{element}"

    def _task_id(self, run: int, task: int) -> str:
        graph = self._graphs.get(self._runs[run].version) if run in self._runs else None
        return graph.tasks[task].id if graph is not None else f"task {task}"


def failed(row: AttemptRow) -> str:
    """`attempt 2 failed: ValueError: no rows`."""
    message = ""
    if row.evidence is not None and row.evidence.error:
        error = json.loads(row.evidence.error)
        first = str(error["message"] or "").strip().partition("\n")[0][:MESSAGE_CHARS]
        kind = "" if error["type"] in (row.outcome, "error") else f": {error['type']}"
        message = f"{kind}: {first}" if first else kind
    return f"attempt {row.number} {row.outcome.replace('_', ' ')}{message}"


def ended(changes: Changes) -> Iterator[Note]:
    """The runs that are over."""
    for row in changes.runs:
        if row.state in FINISHED_RUN and row.ended_at is not None:
            took = row.ended_at - (row.started_at or row.ended_at)
            note = ", with failures on the way" if row.state == "success" and row.had_failures else ""
            text = f"run {row.id} of {row.dag_id} for {date_of(row.logical_date)}: {row.state}{note}, {took:.1f} s"
            yield Note(row.ended_at, row.state, text)


def date_of(at: float) -> str:
    """A logical date in UTC, as short as it can be."""
    when = datetime.fromtimestamp(at, UTC)
    is_midnight = not (when.hour or when.minute or when.second)
    return when.strftime("%Y-%m-%d" if is_midnight else "%Y-%m-%d %H:%M:%S" if when.second else "%Y-%m-%d %H:%M")
