"""Why a run failed, or why something is not running yet. Pure: handed what the store knows, it says what it means."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flowlite.core.graph import Graph
from flowlite.core.states import Outcome, State
from flowlite.store.views import AttemptView

BY_OUTCOME = {Outcome.TIMED_OUT: "timeout", Outcome.OUT_OF_MEMORY: "out_of_memory", Outcome.LOST: "lost"}
NAMED = 3  # how many of many are named in a sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """How an attempt failed, as far as anybody can tell. `kind` is the class of the error."""

    task_id: str
    map_index: int
    attempt: int
    outcome: str
    kind: str  # error | timeout | out_of_memory | data_quality | lost | upstream | cancelled | expansion
    type: str
    message: str
    file: str | None
    line: int | None
    function: str | None
    traceback: str | None
    exit_code: int | None
    peak_rss_bytes: int | None
    ended_at: float
    log: str | None
    declared_file: str | None = None  # where the task stands in its DAG file
    declared_line: int | None = None
    other_run: int | None = None  # the run of another DAG that it waited for, if that is to blame

    @property
    def said(self) -> str:
        """`KeyError: 'x'`; only the message where the type says no more than the class."""
        message = self.message.strip()
        return message if self.type in (self.kind, self.outcome) else f"{self.type}: {message}"

    @property
    def name(self) -> str:
        """`fetch` or `fetch[3]`."""
        return instance_name(self.task_id, self.map_index)


def instance_name(task_id: str, map_index: int) -> str:
    """How people call a task instance."""
    return task_id if map_index < 0 else f"{task_id}[{map_index}]"


def failure_of(attempt: AttemptView) -> Failure:
    """An ended attempt with its error taken apart."""
    error = _decoded(attempt.error)
    return Failure(
        task_id=attempt.task_id,
        map_index=attempt.map_index,
        attempt=attempt.number,
        outcome=attempt.outcome,
        kind=str(error.get("class") or BY_OUTCOME.get(Outcome(attempt.outcome), "error")),
        type=str(error.get("type") or attempt.outcome),
        message=str(error.get("message") or _plain_reason(attempt)),
        file=error.get("file"),
        line=error.get("line"),
        function=error.get("function"),
        traceback=error.get("traceback"),
        exit_code=attempt.exit_code,
        peak_rss_bytes=attempt.peak_rss_bytes,
        ended_at=attempt.ended_at,
        log=attempt.log,
        declared_file=error.get("declared_file"),
        declared_line=error.get("declared_line"),
        other_run=error.get("run"),
    )


def timed_out_with_run(attempt: AttemptView, timeout_s: float | None) -> Failure:
    """An attempt that was under way when the timeout of its run was over."""
    after = "" if timeout_s is None else f" of {timeout_s:g} s"
    message = f"the run took longer than its timeout{after}, and this was still under way"
    return replace(failure_of(attempt), kind="timeout", type="RunTimeout", message=message)


def _decoded(error: str | None) -> dict[str, Any]:
    found = json.loads(error) if error else {}
    return found if isinstance(found, dict) else {}


def _plain_reason(attempt: AttemptView) -> str:
    if attempt.exit_code is not None:
        return f"the command ended with exit code {attempt.exit_code}"
    return f"the attempt ended as {attempt.outcome}"


def first_cause(graph: Graph, failures: Sequence[Failure]) -> Failure | None:
    """The failure that started it: none of its upstream failed, and of those the first in time."""
    failed = {failure.task_id for failure in failures}
    behind = {id_ for id_ in failed for other in failed - {id_} if graph.number.get(id_) in graph.reach([other])}
    starts = [failure for failure in failures if failure.task_id not in behind] or list(failures)
    return min(starts, key=lambda failure: (failure.ended_at, failure.map_index), default=None)


def blocked_by(graph: Graph, task_id: str, states: Mapping[str, str]) -> tuple[str, ...]:
    """The tasks downstream that did not run because of it, in declaration order."""
    reached = sorted(graph.reach([task_id]) - {graph.number[task_id]}) if task_id in graph.number else []
    ids = [graph.tasks[number].id for number in reached]
    return tuple(id_ for id_ in ids if states.get(id_) in (State.UPSTREAM_FAILED, State.PENDING, State.CANCELLED))


def advice(failure: Failure, run_id: int) -> str:
    """What to do about it, in one sentence."""
    again = f"`flowlite runs retry {run_id}`"
    logs = f"`flowlite logs {run_id} {failure.task_id}`"
    if failure.other_run is not None:
        return f"see `flowlite why {failure.other_run}`; once that run has succeeded, {again}"
    if failure.type == "RunTimeout":
        return f"find out what took so long ({logs}), or raise timeout= of the DAG; then {again}"
    if failure.type == "WaitTimeout":
        return f"see why what it waits for did not come, or raise timeout= of {failure.task_id!r}; then {again}"
    if failure.kind == "timeout":
        return f"find out what it waited for ({logs}), or raise timeout= of {failure.task_id!r}; then {again}"
    if failure.kind == "out_of_memory":
        return f"raise memory= of {failure.task_id!r}, or let retries=Retry(..., memory_factor=2) do it; then {again}"
    if failure.kind == "data_quality":
        return f"put the data right (or the test, if the data is), then {again}"
    if failure.kind == "lost":
        return f"its process vanished (killed, or the machine went down); {again}"
    if failure.kind == "expansion":
        return f"make what {failure.task_id!r} is mapped over a list of the right length, then {again}"
    if failure.file:
        return f"correct {failure.file}:{failure.line}, then {again}"
    return f"read {logs}, put it right, then {again}"


def span_text(seconds: float) -> str:
    """`2 h 5 min`, `1 min 30 s`, `12 s`."""
    whole = max(0, round(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
