"""What execution is asked to carry out, and what it answers. It knows nothing of DAGs, retries or SQL."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from flowlite.core.rows import Evidence, Facts
from flowlite.core.states import Outcome


class AttemptKey(NamedTuple):
    """Which attempt; the first five fields of AttemptEnded in their order."""

    run: int
    task: int
    index: int  # type: ignore[assignment]  # shadows tuple.index, which nobody calls here
    attempt: int
    poke: int


@dataclass(frozen=True, slots=True)
class Produced:
    """What a body hands back: how it ended, its result as JSON text, and the facts that the machine wants of it.

    A body returns SUCCESS, SKIPPED (with `note` as the reason) or WAITING (with `resume_at`); it raises for a failure.
    """

    outcome: Outcome = Outcome.SUCCESS
    result: str | None = None
    facts: Facts | None = None
    resume_at: float | None = None
    note: str = ""


class Io(Protocol):
    """What a running body may do with the world of its attempt. Thread-safe."""

    @property
    def folder(self) -> Path:
        """The attempt's own folder; made when first asked for."""
        ...

    def log(self, level: str, text: str) -> None:
        """Append to the attempt's log (opened at the first line), time-stamped and masked."""
        ...

    def printed(self, stream: str, text: str) -> None:
        """Append what the body printed, whole lines and parts of them."""
        ...

    def report(self, report: Mapping[str, Any]) -> None:
        """Tell the engine something while the attempt goes on: progress or a node row. JSON, at most 64 KiB."""
        ...


class AttemptFailed(Exception):
    """Raised by a body in place of the author's exception, to say more about it than an exception can.

    `__cause__` is the author's exception, if there is one. `is_final`: no further retry. `retry_at`: not before then.
    `error_class` is what the evidence calls it: error, timeout, data_quality ...
    """

    def __init__(
        self, message: str, *, is_final: bool = False, retry_at: float | None = None, error_class: str = "error"
    ) -> None:
        super().__init__(message)
        self.is_final = is_final
        self.retry_at = retry_at
        self.error_class = error_class


@dataclass(frozen=True, slots=True)
class CoroutineWork:
    """Runs on the task loop, a loop in a thread of its own."""

    body: Callable[[Io], Awaitable[Produced]]


@dataclass(frozen=True, slots=True)
class ThreadWork:
    """Runs in a thread. It can't be stopped: at its timeout it is given up and keeps its slot until it returns."""

    body: Callable[[Io], Produced]


@dataclass(frozen=True, slots=True)
class ProcessWork:
    """`target` ("package.module:function") is called in a forked process as target(io, payload) -> Produced.

    `preload` names modules that the fork server imports once, and `warm_up` ("module:function", argument) something
    that it runs once before it forks; each distinct pair has a fork server of its own, started when first needed.
    """

    target: str
    payload: Mapping[str, Any]
    preload: tuple[str, ...] = ()
    warm_up: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class ShellWork:
    """A string runs under /bin/sh -c, a sequence without a shell. The last line on stdout is the result (<= 64 KiB)."""

    command: str | Sequence[str]
    cwd: str | None = None
    facts_of: Callable[[str | None], Facts | None] | None = None  # result as JSON text -> facts
    is_final_exit: Callable[[int], bool] | None = None  # exit code -> True: no further retry


@dataclass(frozen=True, slots=True)
class DaskWork:
    """`target` is called as for ProcessWork, in a process of its own on a worker of the cluster at `address`."""

    target: str
    payload: Mapping[str, Any]
    address: str


Work = CoroutineWork | ThreadWork | ProcessWork | ShellWork | DaskWork


# Not frozen: one is made for each attempt, and freezing triples what that costs. Nobody changes it.
@dataclass(slots=True, kw_only=True)
class Order:
    """One attempt to carry out. `name` is shown to people: dag/run/task[index] #attempt."""

    key: AttemptKey
    name: str
    work: Work
    folder_at: str  # of this attempt; executors make it when they need it
    log_at: str
    env: Mapping[str, str] = field(default_factory=dict)  # beside the daemon's own; FLOWLITE_* are added here
    timeout_s: float | None = None
    grace_s: float = 10.0
    memory_bytes: int | None = None
    log_cap_bytes: int = 64 << 20

    # As text until somebody needs them: ten thousand tasks that log nothing would make seventy thousand Paths.
    @property
    def folder(self) -> Path:
        """The attempt's own folder."""
        return Path(self.folder_at)

    @property
    def log(self) -> Path:
        """Its log file."""
        return Path(self.log_at)


@dataclass(frozen=True, slots=True)
class Ended:
    """How an attempt ended; the engine turns it into an AttemptEnded."""

    key: AttemptKey
    outcome: Outcome
    evidence: Evidence
    facts: Facts | None = None
    resume_at: float | None = None
    is_final: bool = False
    holds_slot: bool = False


class Listener(Protocol):
    """Who is told. Every method may be called from any thread and must not block."""

    def ended(self, ended: Sequence[Ended]) -> None:
        """Attempts are over; several at once where they came at once."""
        ...

    def slot_returned(self, key: AttemptKey) -> None:
        """The thread of an attempt that ended with `holds_slot` has returned."""
        ...

    def reported(self, key: AttemptKey, report: Mapping[str, Any]) -> None:
        """What a running attempt told about itself."""
        ...
