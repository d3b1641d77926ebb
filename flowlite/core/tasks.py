"""One task as the machine needs it: whom it waits for, and which facts of a result it must be told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from flowlite.core.errors import FlowliteError
from flowlite.core.retry import Backoff


class BadGraph(FlowliteError):
    """The DAG can't be built; the message names the task and the way out. `task_id` tells the loader where to point."""

    def __init__(self, message: str, task_id: str | None = None) -> None:
        super().__init__(message)
        self.task_id = task_id


@dataclass(frozen=True, slots=True)
class Fact:
    """Something small that the machine must know of a result it never sees: `length`, `truth` or `chosen`, of all of it
    or of the part at `path` (a JSON list of keys and positions as text, "" for the whole)."""

    kind: str
    task: str
    path: str = ""

    @property
    def key(self) -> str:
        """The name under which an attempt reports it."""
        return f"{self.kind}:{self.path}"


@dataclass(frozen=True, slots=True)
class Each:
    """Element by element over another mapped task."""

    task: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One task of the graph. Ids in `after`, `over`, `when` are full ids; `group`: the innermost that retries."""

    id: str
    after: tuple[str, ...] = ()
    over: tuple[int | Fact | Each, ...] | None = None  # what it is mapped over; None: a plain task
    when: tuple[Fact, ...] = ()
    is_branch: bool = False
    is_approval: bool = False  # waits for a person; never takes a slot
    rule: str = "all_success"
    retry: Backoff = field(default_factory=Backoff)
    pool: str = "default"
    slots: int = 1
    priority: int | None = None
    wait_timeout_s: float | None = None  # sensors and approvals: the whole wait
    is_soft: bool = False  # a wait that is over is skipped, not failed
    sla_s: float | None = None
    group: str | None = None
    outlets: tuple[str, ...] = ()  # names of assets updated by a success


CHOSEN = "chosen:"
"""The fact that a branch reports: the ids of the tasks directly downstream to follow."""


def facts_asked(task: Task) -> Iterator[Fact]:
    """What this task must know of results upstream."""
    yield from task.when
    yield from (source for source in task.over or () if isinstance(source, Fact))


def shared_upstream(task: Task) -> list[str]:
    """Whom every instance of the task waits for."""
    return [*task.after, *(fact.task for fact in facts_asked(task))]


def pair_upstream(task: Task) -> list[str]:
    """Whose element i is waited for by element i only."""
    return [source.task for source in task.over or () if isinstance(source, Each)]
