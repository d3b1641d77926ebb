"""Trigger rules: may a task start after these upstream states?

A rule sees five counts: upstream instances that are left (unfinished, or a map not yet expanded), ok, bad (failed or
cancelled), blocked (upstream_failed), skipped. No total is needed, so a map that has not been expanded is just one more
that is left. Every rule is order-free and a verdict is never taken back: a restart, which may replay outcomes in
another order, ends in the same states. That is why all_success waits with a skip until no failure can overrule it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum


class Verdict(Enum):
    """What follows for a pending task instance; the value is the state it ends in, if it ends."""

    WAIT = "wait"
    RUN = "run"
    SKIP = "skipped"
    BLOCK = "upstream_failed"


V = Verdict
Rule = Callable[[int, int, int, int, int], Verdict]


def all_success(left: int, ok: int, bad: int, blocked: int, skipped: int) -> Verdict:
    """The default: everything upstream succeeded."""
    if bad or blocked:
        return V.BLOCK
    if left:
        return V.WAIT
    return V.SKIP if skipped else V.RUN


def all_failed(left: int, ok: int, bad: int, blocked: int, skipped: int) -> Verdict:
    """Nothing upstream succeeded or was skipped."""
    if ok or skipped:
        return V.SKIP
    return V.WAIT if left else V.RUN


def all_done(left: int, ok: int, bad: int, blocked: int, skipped: int) -> Verdict:
    """Everything upstream is finished, however."""
    return V.WAIT if left else V.RUN


def all_skipped(left: int, ok: int, bad: int, blocked: int, skipped: int) -> Verdict:
    """Everything upstream was skipped."""
    if ok or bad or blocked:
        return V.SKIP
    return V.WAIT if left else V.RUN


def one_success(left: int, ok: int, bad: int, blocked: int, skipped: int) -> Verdict:
    """One success is enough, and need not wait for the others."""
    if ok:
        return V.RUN
    if left:
        return V.WAIT
    return V.BLOCK if bad or blocked else V.SKIP


def one_failed(left: int, ok: int, bad: int, blocked: int, skipped: int) -> Verdict:
    """One failure is enough, and need not wait for the others."""
    if bad or blocked:
        return V.RUN
    return V.WAIT if left else V.SKIP


def one_done(left: int, ok: int, bad: int, blocked: int, skipped: int) -> Verdict:
    """One that has run is enough: skipped and upstream_failed do not count."""
    if ok or bad:
        return V.RUN
    return V.WAIT if left else V.SKIP


def none_failed(left: int, ok: int, bad: int, blocked: int, skipped: int) -> Verdict:
    """Everything upstream succeeded or was skipped."""
    if bad or blocked:
        return V.BLOCK
    return V.WAIT if left else V.RUN


def none_failed_min_one_success(left: int, ok: int, bad: int, blocked: int, skipped: int) -> Verdict:
    """The rule of a join after a branch: no failure, and not only skips."""
    if bad or blocked:
        return V.BLOCK
    if left:
        return V.WAIT
    return V.RUN if ok else V.SKIP


def none_skipped(left: int, ok: int, bad: int, blocked: int, skipped: int) -> Verdict:
    """Everything upstream is finished and nothing was skipped."""
    if skipped:
        return V.SKIP
    return V.WAIT if left else V.RUN


def all_done_min_one_success(left: int, ok: int, bad: int, blocked: int, skipped: int) -> Verdict:
    """Everything upstream is finished, nothing was skipped, and something succeeded."""
    if skipped:
        return V.SKIP
    if left:
        return V.WAIT
    return V.RUN if ok else V.BLOCK


def always(left: int, ok: int, bad: int, blocked: int, skipped: int) -> Verdict:
    """At once, whatever is upstream."""
    return V.RUN


RULES: dict[str, Rule] = {
    rule.__name__: rule
    for rule in (
        all_success, all_failed, all_done, all_skipped, one_success, one_failed, one_done, none_failed,
        none_failed_min_one_success, none_skipped, all_done_min_one_success, always,
    )
}  # fmt: skip


def judge(rule: str, tally: Sequence[int]) -> Verdict:
    """Judge by five counts. A task without upstream runs, whatever its rule says of nothing."""
    return RULES[rule](*tally) if any(tally) else V.RUN
