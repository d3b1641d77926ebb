"""Retry and backoff: is an ended attempt tried again, and after how long? Pure; the spread comes from a hash."""

from dataclasses import dataclass
from zlib import crc32

LOST_BUDGET = 3  # so often may it be lost: the third time it may well be what kills the machine
LOST_DELAY_S = 1.0
BACKOFFS = ("fixed", "linear", "exponential", "fibonacci")


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Budget and delay. Which errors may be tried again is decided where the exception lives."""

    max_retries: int = 0
    delay_s: float = 10.0
    backoff: str = "fixed"
    factor: float = 2.0
    max_delay_s: float = 3600.0
    jitter: float = 0.0

    def delay_before(self, retry: int) -> float:
        """Seconds before the n-th retry, counted from 1, without jitter."""
        return min(self.delay_s * growth(self.backoff, retry, self.factor), self.max_delay_s)

    def delay_after(self, failures: int, *, run: int, task_id: str, index: int, attempt: int) -> float:
        """Seconds from the end of an attempt to the next; `failures`: how many there were with this one."""
        return self.spread(self.delay_before(failures), f"{run}.{task_id}.{index}.{attempt}")

    def spread(self, delay_s: float, seed: str) -> float:
        """Move the delay by up to +-jitter. The same attempt always gets the same luck, so a replay agrees."""
        luck = crc32(seed.encode()) / 0xFFFFFFFF
        return delay_s * (1 + self.jitter * (2 * luck - 1))


def growth(backoff: str, retry: int, factor: float) -> float:
    """How many times the first delay the n-th one is."""
    if backoff == "linear":
        return retry
    if backoff == "exponential":
        # An exponent without a bound raises OverflowError on the 1,025th retry of a patient task.
        return float(factor ** min(retry - 1, 64))
    if backoff == "fibonacci":
        return fibonacci(min(retry, 90))
    return 1.0


def fibonacci(n: int) -> int:
    """1, 1, 2, 3, 5, 8 ... from n = 1."""
    before, here = 0, 1
    for _ in range(n - 1):
        before, here = here, before + here
    return here


def lost_delay(losses: int) -> float:
    """A task that takes the machine down with it comes back later each time."""
    return LOST_DELAY_S * float(2 ** (losses - 1))
