"""How a run went, task instance by task instance: when each waited for a slot, ran, failed and was tried again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

FAILURES = ("failed", "timed_out", "out_of_memory", "lost", "cancelled", "interrupted")
NEVER_RAN = ("upstream_failed", "skipped", "cancelled")


class Attempt(NamedTuple):
    """One try. While it lives it has no end and no outcome; `queued_at`: since when it wanted its slot, if known."""

    number: int
    started_at: float
    ended_at: float | None = None
    outcome: str | None = None
    queued_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """Of a task instance. `since`: of its last move; `resume_at`: when the next attempt is due, while it waits."""

    task: int
    index: int = -1
    state: str
    since: float
    attempts: tuple[Attempt, ...] = ()
    resume_at: float | None = None

    @property
    def started_at(self) -> float | None:
        """Of its first attempt."""
        return self.attempts[0].started_at if self.attempts else None

    def ended_at(self, now: float) -> float | None:
        """Of its last attempt; now while that lives, None if it never ran."""
        if not self.attempts:
            return None
        last = self.attempts[-1].ended_at
        return now if last is None else last

    def ran_s(self, now: float) -> float:
        """All attempts together."""
        return sum((now if one.ended_at is None else one.ended_at) - one.started_at for one in self.attempts)

    def queued_s(self, now: float) -> float:
        """How long it wanted a slot, as far as that is known."""
        waited = sum(one.started_at - one.queued_at for one in self.attempts if one.queued_at is not None)
        return waited + (now - self.since if self.state == "queued" else 0.0)


class Phase(NamedTuple):
    """A stretch of time: `queued`, `running`, `success`, `failed` (a try that failed), `between` (two tries), `waiting`
    (for something outside)."""

    start: float
    end: float
    what: str


def phases(course: Course, now: float) -> list[Phase]:
    """In order, without overlaps; what takes no time is left out."""
    found: list[Phase] = []
    last: float | None = None
    for attempt in course.attempts:
        queued_at = attempt.started_at if attempt.queued_at is None else min(attempt.queued_at, attempt.started_at)
        if last is not None:
            queued_at = max(queued_at, last)
            found.append(Phase(last, queued_at, "between"))
        found.append(Phase(queued_at, attempt.started_at, "queued"))
        last = now if attempt.ended_at is None else attempt.ended_at
        found.append(Phase(attempt.started_at, last, _what(course, attempt)))
    if course.state == "queued":
        found.append(Phase(max(course.since, last or 0.0), now, "queued"))
    elif course.state == "waiting" and not (course.attempts and course.attempts[-1].ended_at is None):
        found.append(Phase(max(course.since, last or 0.0), now, "waiting"))
    elif course.state == "retrying" and last is not None:
        found.append(Phase(last, now, "between"))
    return [phase for phase in found if phase.end > phase.start]


def _what(course: Course, attempt: Attempt) -> str:
    if attempt.ended_at is None:
        return "waiting" if course.state == "waiting" else "running"
    return "failed" if attempt.outcome in FAILURES else "success"


def critical_path(upstream: Sequence[Sequence[int]], ended: Mapping[int, float]) -> list[int]:
    """The tasks that a run could not have been faster without: from the one that ended last back over the upstream
    task that each had to wait for longest. `ended`: by task, of those that have run."""
    path: list[int] = []
    task = max(ended, key=lambda one: (ended[one], -one), default=None)
    while task is not None:
        path.append(task)
        ups = [up for up in upstream[task] if up in ended]
        task = max(ups, key=lambda one: (ended[one], -one), default=None)
    return path[::-1]
