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
    """The result of a task (a mapped one: the list of its results in map order), or the part of it at `path`."""

    task: str
    path: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True)
class Element:
    """The element of `source` at this instance's map index. Source: a list given at declaration, a result that is a
    list, or (`is_paired`) the result of the same element of another mapped task."""

    source: Const | ResultOf
    is_paired: bool = False


Binding = Const | ResultOf | Element


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSpec:
    """One node of a DAG as declared."""

    task: Task
    kind: str  # "python" | "sensor" | "shell" | "approval" | "trigger"
    function: Callable[..., Any] | None = None
    isolation: str = "thread"  # "loop" | "thread" | "process" | "shell" | "none"
    arguments: Mapping[str, Binding] = field(default_factory=dict)
    timeout_s: float | None = None
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
    notify: Any = None
    warm_up: tuple[str, str] | None = None  # process only: what its fork server runs once
    line: int | None = None  # where it was declared, for errors
    doc: str = ""

    @property
    def id(self) -> str:
        """The full task id."""
        return self.task.id
