"""The retry policy as an author writes it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, get_args

from flowlite.authoring.problems import DeclarationError, nearest
from flowlite.authoring.signals import Fail, RetryAfter
from flowlite.authoring.spec import TaskSpec
from flowlite.core.retry import Backoff

Growth = Literal["fixed", "linear", "exponential", "fibonacci"]
Errors = tuple[type[BaseException], ...]


@dataclass(frozen=True, slots=True)
class Retry:
    """How often, after how long, and after which errors a failed task is tried again. Times are seconds or timedelta.

    `on`: only these errors are tried again; `never_on`: these are not. `on_exit_codes`: the same for shell commands.
    `memory_factor` multiplies the memory limit after each attempt that was killed for memory.
    """

    max_retries: int
    delay: float | timedelta = 10
    backoff: Growth = "fixed"
    factor: float = 2
    max_delay: float | timedelta = 3600
    jitter: float = 0.0
    on: type[BaseException] | Errors = ()
    never_on: type[BaseException] | Errors = ()
    on_exit_codes: int | tuple[int, ...] | None = None
    memory_factor: float = 1.0

    def __post_init__(self) -> None:
        check_counts(self)
        for name in ("on", "never_on"):
            object.__setattr__(self, name, as_errors(name, getattr(self, name)))

    def delay_before(self, retry: int) -> float:
        """Seconds before the n-th retry, counted from 1, without jitter."""
        return self.policy.delay_before(retry)

    @property
    def policy(self) -> Backoff:
        """What the machine needs of it."""
        return Backoff(
            max_retries=self.max_retries,
            delay_s=in_seconds(self.delay),
            backoff=self.backoff,
            factor=float(self.factor),
            max_delay_s=in_seconds(self.max_delay),
            jitter=float(self.jitter),
        )

    @property
    def exit_codes(self) -> frozenset[int] | None:
        """The exit codes that are tried again; None: all."""
        codes = self.on_exit_codes
        return None if codes is None else frozenset([codes] if isinstance(codes, int) else codes)


def as_retry(value: int | Retry | None) -> Retry | None:
    """`retries=3` is short for `Retry(3)`."""
    return Retry(value) if isinstance(value, int) else checked(value)


def checked(value: Retry | None) -> Retry | None:
    """Refuse what is neither a number nor a policy."""
    if value is not None and not isinstance(value, Retry):
        raise DeclarationError(f"retries={value!r} is no retry policy", "give a number or Retry(...)")
    return value


def check_counts(retry: Retry) -> None:
    """Every number must be one that the backoff can work with."""
    if isinstance(retry.max_retries, bool) or not isinstance(retry.max_retries, int) or retry.max_retries < 0:
        raise DeclarationError(f"max_retries={retry.max_retries!r} is no count", "give 0 or more")
    if retry.backoff not in get_args(Growth):
        raise DeclarationError(
            f"backoff={retry.backoff!r} is not known", f"use {nearest(str(retry.backoff), get_args(Growth))}"
        )
    for name, least in (("delay", 0), ("max_delay", 0), ("factor", 0), ("jitter", 0), ("memory_factor", 1)):
        value = in_seconds(getattr(retry, name))
        if not (isinstance(value, int | float) and math.isfinite(value) and value >= least):
            raise DeclarationError(f"{name}={value!r} is out of range", f"give a number of at least {least}")
    if retry.jitter > 1:
        raise DeclarationError(f"jitter={retry.jitter!r} is out of range", "it is a share of the delay, from 0 to 1")


def in_seconds(value: float | timedelta) -> float:
    """A delay in seconds; zero is allowed here."""
    return value.total_seconds() if isinstance(value, timedelta) else value


def as_errors(name: str, value: object) -> Errors:
    """One exception type or several."""
    kinds = tuple(value) if isinstance(value, tuple | list | set | frozenset) else (value,)
    for kind in kinds:
        if not (isinstance(kind, type) and issubclass(kind, BaseException)):
            raise DeclarationError(f"{name}={kind!r} is no exception type", f"write {name}=(ConnectionError, ...)")
    return kinds


def is_final(spec: TaskSpec, error: BaseException) -> bool:
    """Whether this error ends a task for good, whatever retries are left."""
    if isinstance(error, Fail):
        return True
    if isinstance(error, spec.never_on):
        return True
    # Asking for a later attempt is asking for one.
    return spec.retry_on is not None and not isinstance(error, (*spec.retry_on, RetryAfter))


def is_final_exit(spec: TaskSpec, code: int) -> bool:
    """The same for a command: only the exit codes that are named are tried again."""
    return spec.retry_exit_codes is not None and code not in spec.retry_exit_codes
