"""How runs and tasks went before: how long they usually take, whether that changes, whether one is slow right now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

FEW = 5  # runs below which nothing is said about what is usual
WORTH_TELLING = 0.05  # of a change
SLOW_FACTOR, SLOW_S = 1.5, 5.0  # at least so many times, and so many seconds more than usual


class Ran(NamedTuple):
    """A run that is over."""

    run: int
    started_at: float
    took_s: float
    is_success: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Of lengths in seconds: how many there are, and the smallest that so many percent of them do not exceed."""

    n: int
    least: float
    p25: float
    p50: float
    p75: float
    p95: float
    most: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskPast:
    """A task in the last runs. `recent`: how long it took in some of them, the newest last."""

    id: str
    spread: Spread | None  # None: it never succeeded
    recent: Sequence[float] = ()
    share: float = 0.0  # of the time that all tasks together took
    retries: int = 0
    failed: int = 0
    queued_p95_s: float | None = None
    pool: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A DAG in its last runs, oldest first. `tasks_from`: how many of the runs the figures of tasks are from."""

    dag_id: str
    runs: Sequence[Ran] = ()
    tasks: Sequence[TaskPast] = ()
    sla_s: float | None = None
    tasks_from: int = 0

    @property
    def lengths(self) -> list[float]:
        """Of the runs that went well, oldest first."""
        return [run.took_s for run in self.runs if run.is_success]

    @property
    def success_rate(self) -> float | None:
        """The part of the runs that went well."""
        return sum(run.is_success for run in self.runs) / len(self.runs) if self.runs else None


def quantile(ranked: Sequence[float], part: float) -> float:
    """The smallest value that is not less than this part of all: always one that was really seen."""
    return ranked[max(0, -int(-part * len(ranked) // 1) - 1)]


def spread(lengths: Sequence[float]) -> Spread | None:
    """None of nothing."""
    if not lengths:
        return None
    ranked = sorted(lengths)
    p25, p50, p75, p95 = (quantile(ranked, part) for part in (0.25, 0.5, 0.75, 0.95))
    return Spread(n=len(ranked), least=ranked[0], p25=p25, p50=p50, p75=p75, p95=p95, most=ranked[-1])


class Change(NamedTuple):
    """The median of the newest against that of those before: `part` is 0.18 for 18 % more."""

    part: float
    newest: int
    before: int


def change(lengths: Sequence[float], newest: int = 30) -> Change | None:
    """Of lengths, the newest last; None where there are too few to tell."""
    newest = min(newest, len(lengths) // 2)
    if newest < FEW:
        return None
    now, before = lengths[-newest:], lengths[-2 * newest : -newest]
    old = median(before)
    return Change(median(now) / old - 1.0, newest, len(before)) if old > 0 else None


def change_said(found: Change | None) -> str:
    """`▲ +18 %`, `▼ -7 %`, `=` for about the same, nothing where nobody can tell."""
    if found is None:
        return ""
    if abs(found.part) < WORTH_TELLING:
        return "="
    return f"{'▲' if found.part > 0 else '▼'} {found.part:+.0%}".replace("%", " %")


def slowness(elapsed_s: float, usual: Spread | None) -> float | None:
    """How many times its usual time something has been at work, if that is not usual any more; None if it is.

    What is usual: no more than 19 of 20 took, and not much more than half of them.
    """
    if usual is None or usual.n < FEW:
        return None
    is_slow = elapsed_s > usual.p95 and elapsed_s > SLOW_FACTOR * usual.p50 and elapsed_s - usual.p50 > SLOW_S
    return elapsed_s / max(usual.p50, 1e-3) if is_slow else None


def slowness_said(times: float | None) -> str:
    """`3.4x its usual time`."""
    if times is None:
        return ""
    return f"{times:.1f}x its usual time" if times < 9.95 else f"{times:,.0f}x its usual time"
