"""A declared task as the engine reads it: the core task, plus where its code and its arguments come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flowlite.core.graph import Task


@dataclass(frozen=True, slots=True)
class Const:
    """A value given at declaration."""

    value: Any


@dataclass(frozen=True, slots=True)
class ResultOf:
    """The result of a task, or the part of it at `path`; of a mapped task the list of them, in map order."""

    task: str
    path: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True)
class Compound:
    """A list or dict given at declaration that holds results somewhere inside. Its leaves are bindings or values."""

    value: list[Any] | dict[str, Any]


@dataclass(frozen=True, slots=True)
class Element:
    """The element of `source` at this instance's map index. Source: a list given at declaration, a result that is a
    list, or (`is_paired`) the result of the same element of another mapped task."""

    source: Const | ResultOf | Compound
    is_paired: bool = False


Binding = Const | ResultOf | Compound | Element


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSpec:
    """One node of a DAG as declared."""

    task: Task
    kind: str  # "python" | "sensor" | "shell" | "approval" | "trigger"
    function: Callable[..., Any] | None = None
    isolation: str = "thread"  # "loop" | "thread" | "process" | "dask" | "shell" | "none"
    arguments: Mapping[str, Binding] = field(default_factory=dict)  # by parameter; shell: by task id; trigger: params
    timeout_s: float | None = None  # of one attempt; of a sensor's one poke
    memory_bytes: int | None = None
    memory_factor: float = 1.0
    retry_on: tuple[type[BaseException], ...] | None = None
    never_on: tuple[type[BaseException], ...] = ()
    retry_exit_codes: frozenset[int] | None = None
    poke_every_s: float | None = None
    command: str | tuple[str, ...] | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: str | None = None
    question: str | None = None
    approvers: tuple[str, ...] = ()
    trigger_dag_id: str | None = None
    trigger_waits: bool = False
    notify: Mapping[str, tuple[str, ...]] | None = None  # kind of alert -> channels; None: what the DAG says
    warm_up: tuple[str, str] | None = None  # process only: what its fork server runs once
    choices: tuple[str, ...] = ()  # branch only: the full ids of its direct downstream tasks
    context_names: tuple[str, ...] = ()  # parameters that take the Context
    file: str | None = None  # where it was declared, for errors
    line: int | None = None
    doc: str = ""

    @property
    def id(self) -> str:
        """The full task id."""
        return self.task.id
