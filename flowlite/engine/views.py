"""What a script sees of a run: states, attempts and results, read once when the run has ended."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from flowlite.core.states import Outcome, RunState, State
from flowlite.engine.announce import moment
from flowlite.engine.place import Place
from flowlite.engine.requests import NoSuchRun
from flowlite.engine.results import read_result
from flowlite.store.store import Store
from flowlite.store.views import AttemptView, InstanceView, WholeRun

ENDED_BETWEEN_POKES = (Outcome.TIMED_OUT, Outcome.CANCELLED)


class AttemptError(str):
    """How an attempt failed: the text `Type: message`, with what else is known as attributes.

    `error_class`: error, timeout, out_of_memory, data_quality, lost, cancelled, expansion or skipped. `file`, `line`
    and `function` are the author's own.
    """

    type: str
    message: str
    file: str | None
    line: int | None
    function: str | None
    traceback: str | None
    error_class: str

    @classmethod
    def read(cls, text: str | None) -> AttemptError | None:
        """From the evidence of an attempt."""
        if text is None:
            return None
        found = json.loads(text)
        error = cls(f"{found['type']}: {found['message']}" if found.get("type") else found["message"])
        error.error_class = found.get("class", "error")
        for name in ("type", "message", "file", "line", "function", "traceback"):
            setattr(error, name, found.get(name))
        return error


class Log:
    """The log of an attempt: a path for `open` and `Path`, and a text for `in`. Without a line there is no file."""

    def __init__(self, path: Path | None) -> None:
        self.path = path

    def read_text(self) -> str:
        """All of it; bytes that are no text stay readable."""
        if self.path is None or not self.path.exists():
            return ""
        return self.path.read_text(errors="backslashreplace")

    def __contains__(self, text: str) -> bool:
        return text in self.read_text()

    def __bool__(self) -> bool:
        return self.path is not None

    def __fspath__(self) -> str:
        if self.path is None:
            raise FileNotFoundError("this attempt wrote no line, so it has no log file")
        return str(self.path)

    def __str__(self) -> str:
        return str(self.path or "")

    def __repr__(self) -> str:
        return f"<log {self.path or 'without a line'}>"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt that is over."""

    number: int
    outcome: Outcome
    started_at: datetime
    ended_at: datetime
    exit_code: int | None
    error: AttemptError | None
    peak_rss_bytes: int | None
    log: Log


class TaskInstance:
    """One task instance of a finished run."""

    def __init__(self, row: InstanceView, kind: str, attempts: Sequence[AttemptView], place: Place) -> None:
        self._row, self._kind, self._attempts, self._place = row, kind, attempts, place

    @property
    def task_id(self) -> str:
        """The full id of the task."""
        return self._row.task_id

    @property
    def state(self) -> State:
        """Compares equal to its name."""
        return State(self._row.state)

    @property
    def map_index(self) -> int | None:
        """The place in the map; None for a plain task."""
        return self._row.map_index if self._row.map_index >= 0 else None

    @property
    def pokes(self) -> int:
        """How often a sensor has looked, over all its attempts and the one under way; 0 for other tasks."""
        if self._kind != "sensor":
            return 0
        return self._row.pokes + sum(row.pokes + (row.outcome not in ENDED_BETWEEN_POKES) for row in self._attempts)

    @cached_property
    def attempts(self) -> list[Attempt]:
        """Oldest first; kept over retries and clears."""
        return [attempt_of(row, self._place.folder) for row in self._attempts]

    @cached_property
    def result(self) -> Any:
        """The decoded JSON of the last success; None without one."""
        if self.state is not State.SUCCESS or not self._attempts or self._attempts[-1].result is None:
            return None
        return json.loads(read_result(self._place.folder, self._attempts[-1].result))

    def __repr__(self) -> str:
        index = "" if self.map_index is None else f"[{self.map_index}]"
        return f"<{self.task_id}{index} {self.state}>"


def attempt_of(row: AttemptView, state_dir: Path) -> Attempt:
    """An attempt as a script sees it."""
    return Attempt(
        number=row.number,
        outcome=Outcome(row.outcome),
        started_at=moment(row.started_at),
        ended_at=moment(row.ended_at),
        exit_code=row.exit_code,
        error=AttemptError.read(row.error),
        peak_rss_bytes=row.peak_rss_bytes,
        log=Log(state_dir / row.log if row.log else None),
    )


class RunResult:
    """A finished run. `result["task"]` is the decoded result of a task, of a mapped one the list of them."""

    def __init__(self, found: WholeRun, place: Place) -> None:
        self._run, self._kinds, self._instances, self._place = found.run, found.kinds, found.instances, place
        self._attempts: dict[tuple[str, int], list[AttemptView]] = {}
        for row in found.attempts:
            self._attempts.setdefault((row.task_id, row.map_index), []).append(row)

    @property
    def id(self) -> str:
        """The number of the run, as the command line takes it."""
        return str(self._run.id)

    @property
    def dag_id(self) -> str:
        """Which DAG ran."""
        return self._run.dag_id

    @property
    def state(self) -> RunState:
        """Compares equal to its name."""
        return RunState(self._run.state)

    @property
    def had_failures(self) -> bool:
        """A task failed, also where the run went well in the end."""
        return self._run.had_failures

    @property
    def logical_date(self) -> datetime:
        """The time that the run is about, UTC."""
        return moment(self._run.logical_date)

    @property
    def duration_s(self) -> float | None:
        """Seconds from its start to its end."""
        return self._run.duration_s

    @cached_property
    def tasks(self) -> Mapping[str, list[TaskInstance]]:
        """Task instances by task id, in map order; a plain task has one."""
        found: dict[str, list[TaskInstance]] = {}
        maps = {row.task_id: row.width for row in self._instances if row.map_index < 0 and row.width is not None}
        for row in sorted(self._instances, key=lambda row: (row.task_no, row.map_index)):
            width = maps.get(row.task_id)
            here = found.setdefault(row.task_id, [])
            if width is None or 0 <= row.map_index < width:
                attempts = self._attempts.get((row.task_id, row.map_index), [])
                here.append(TaskInstance(row, self._kinds[row.task_id], attempts, self._place))
        return found

    def __getitem__(self, task_id: str) -> Any:
        instances = self.tasks[task_id]
        is_map = any(row.task_id == task_id and row.map_index < 0 and row.width is not None for row in self._instances)
        return [instance.result for instance in instances] if is_map else instances[0].result

    def __iter__(self) -> Iterator[str]:
        return iter(self.tasks)

    @cached_property
    def root_cause(self) -> RootCause | None:
        """The first task instance that failed for good, and why; None if none did."""
        failed = [one for many in self.tasks.values() for one in many if one.state is State.FAILED and one.attempts]
        if not failed:
            return None
        first = min(failed, key=lambda one: one.attempts[-1].ended_at)
        return RootCause.of(first)

    def __repr__(self) -> str:
        return f"<run {self.id} of {self.dag_id}: {self.state}>"


class RootCause(str):
    """Where a run went wrong first: the text `task: error`, with what is known as attributes."""

    task_id: str
    map_index: int | None
    attempt: Attempt

    @classmethod
    def of(cls, failed: TaskInstance) -> RootCause:
        """From the task instance that failed first."""
        last = failed.attempts[-1]
        index = "" if failed.map_index is None else f"[{failed.map_index}]"
        cause = cls(f"{failed.task_id}{index}: {last.error or last.outcome}")
        cause.task_id, cause.map_index, cause.attempt = failed.task_id, failed.map_index, last
        return cause

    @property
    def error(self) -> AttemptError | None:
        """The error of its last attempt."""
        return self.attempt.error


@dataclass(frozen=True, slots=True)
class BackfillResult:
    """What a backfill did. `runs` in date order, `skipped` the dates that were left alone and why."""

    runs: list[RunResult]
    skipped: list[tuple[datetime, str]]
    number: int | None = None  # of the backfill; None: no date had anything to do

    @property
    def state(self) -> RunState:
        """success if every run was."""
        return RunState.SUCCESS if all(run.state is RunState.SUCCESS for run in self.runs) else RunState.FAILED


async def read_run(store: Store, run: int, place: Place) -> RunResult:
    """A run with all of its task instances and attempts, as it is now. Raises NoSuchRun."""
    found = await store.views.whole_runs([run])
    if not found:
        raise NoSuchRun(run)
    return RunResult(found[0], place)


async def read_runs(store: Store, runs: Sequence[int], place: Place) -> list[RunResult]:
    """The same for several at once."""
    return [RunResult(found, place) for found in await store.views.whole_runs(runs)]
