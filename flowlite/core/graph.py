"""The shape of a DAG as the machine needs it: who waits for whom, and which facts about a result it must be told."""

from __future__ import annotations

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
    """One task of the graph. Ids in `after`, `over`, `when` are full ids; `group` is the innermost group that retries."""

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
