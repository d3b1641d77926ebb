"""What a running task may ask of its attempt: the dates it is about, its parameters, its log, its folders."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from flowlite.core.errors import FlowliteError


class Io(Protocol):
    """How an attempt reaches the world outside it."""

    @property
    def folder(self) -> Path:
        """The attempt's own folder; made when first asked for."""
        ...

    def log(self, level: str, text: str) -> None:
        """Append a line to the attempt's log."""
        ...

    def printed(self, stream: str, text: str) -> None:
        """Append what the body printed, whole lines and parts of them."""
        ...

    def report(self, report: Mapping[str, Any]) -> None:
        """Tell the engine something while the attempt goes on."""
        ...


@dataclass(kw_only=True)
class RunFacts:
    """What all attempts of a run share. Times are seconds since the epoch; `params`: the model instance or the dict."""

    dag_id: str
    run_id: str
    logical_at: float
    interval_start_at: float
    interval_end_at: float
    timezone: str = "UTC"
    params: Any = None

    @cached_property
    def logical_date(self) -> datetime:
        return datetime.fromtimestamp(self.logical_at, UTC)

    @cached_property
    def data_interval_start(self) -> datetime:
        return datetime.fromtimestamp(self.interval_start_at, UTC)

    @cached_property
    def data_interval_end(self) -> datetime:
        return datetime.fromtimestamp(self.interval_end_at, UTC)

    @cached_property
    def ds(self) -> str:
        return self.logical_date.astimezone(ZoneInfo(self.timezone)).date().isoformat()


class Context:
    """Given to every parameter annotated with it, and by `flowlite.current()`."""

    __slots__ = ("_io", "_previous", "_run", "attempt", "map_index", "task_id")

    def __init__(
        self,
        run: RunFacts,
        task_id: str,
        attempt: int,
        io: Io,
        map_index: int | None = None,
        previous_attempt_dir: Path | None = None,
    ) -> None:
        self._run, self._io, self._previous = run, io, previous_attempt_dir
        self.task_id = task_id
        self.attempt = attempt
        self.map_index = map_index

    @property
    def params(self) -> Any:
        """The run's parameters: the model instance, or a dict if the DAG has no model."""
        return self._run.params

    @property
    def ds(self) -> str:
        """The date of the logical date in the DAG's time zone, like 2024-01-31."""
        return self._run.ds

    @property
    def logical_date(self) -> datetime:
        """The start of the data interval, aware, in UTC."""
        return self._run.logical_date

    @property
    def data_interval_start(self) -> datetime:
        """Where the data of this run begins (inclusive)."""
        return self._run.data_interval_start

    @property
    def data_interval_end(self) -> datetime:
        """Where the data of this run ends (exclusive)."""
        return self._run.data_interval_end

    @property
    def run_id(self) -> str:
        """The number of the run, as text."""
        return self._run.run_id

    @property
    def dag_id(self) -> str:
        """The DAG that this run is of."""
        return self._run.dag_id

    @property
    def log(self) -> TaskLog:
        """Writes to the attempt's log, called like the standard library's loggers."""
        return TaskLog(self._io)

    def printed(self, stream: str, text: str) -> None:
        """What the task has printed to stdout ("out") or stderr ("err"), where it has none of its own."""
        self._io.printed(stream, text)

    @property
    def idempotency_key(self) -> str:
        """The same for all attempts of this task instance, another for any other: give it to services that know such
        keys, and a second attempt does nothing twice."""
        index = "" if self.map_index is None else f"[{self.map_index}]"
        return f"{self.dag_id}/{self.run_id}/{self.logical_date:%Y-%m-%dT%H:%M:%SZ}/{self.task_id}{index}"

    @property
    def attempt_dir(self) -> Path:
        """A folder of this attempt's own."""
        return self._io.folder

    @property
    def previous_attempt_dir(self) -> Path | None:
        """The folder of the attempt before this one, if there was one and it made one."""
        before = self._previous
        return before if before is not None and before.is_dir() else None

    def progress(self, done: float, total: float | None = None, note: str = "") -> None:
        """Say how far this attempt is."""
        self._io.report({"kind": "progress", "done": done, "total": total, "note": note})

    def node(self, id: str, state: str, **more: Any) -> None:  # noqa: A002 - the word of the contract
        """Say what became of a part of this task: a dbt model, a Spark stage. It gets a row below the task."""
        self._io.report({**more, "kind": "node", "id": id, "state": state})

    def __repr__(self) -> str:
        index = "" if self.map_index is None else f"[{self.map_index}]"
        return f"<Context {self.dag_id}/{self.run_id}/{self.task_id}{index} attempt {self.attempt}>"


class TaskLog:
    """The part of a standard logger that tasks use."""

    __slots__ = ("_io",)

    def __init__(self, io: Io) -> None:
        self._io = io

    def debug(self, text: object, *values: Any) -> None:
        """For whoever looks for a fault."""
        self._io.log("debug", formatted(text, values))

    def info(self, text: object, *values: Any) -> None:
        """What is worth knowing."""
        self._io.log("info", formatted(text, values))

    def warning(self, text: object, *values: Any) -> None:
        """Something is odd, the work goes on."""
        self._io.log("warn", formatted(text, values))

    def error(self, text: object, *values: Any) -> None:
        """Something went wrong."""
        self._io.log("error", formatted(text, values))

    def exception(self, text: object, *values: Any) -> None:
        """Something went wrong; the traceback of the exception being handled is added."""
        trace = traceback.format_exc() if sys.exc_info()[0] else ""
        self._io.log("error", f"{formatted(text, values)}\n{trace}".rstrip())


def formatted(text: object, values: tuple[Any, ...]) -> str:
    """`%`-formatting as in logging; a format that does not fit its values never stops a task."""
    if not values:
        return str(text)
    try:
        # logging takes one dict as named values
        return str(text) % (values[0] if len(values) == 1 and isinstance(values[0], Mapping) else values)
    except (TypeError, ValueError, KeyError):
        return f"{text} {values!r}"


RUNNING: ContextVar[Context | None] = ContextVar("flowlite_running", default=None)


def current() -> Context:
    """The Context of the task that is running here."""
    context = RUNNING.get()
    if context is None:
        raise FlowliteError("no task is running here; flowlite.current() works in a task's own code")
    return context
