"""What a task may raise to say how it ends: skipped, failed for good, or not before some time."""

from __future__ import annotations

from flowlite.core.errors import FlowliteError


class Skip(FlowliteError):
    """The task ends as skipped; the text says why."""


class Fail(FlowliteError):
    """The task fails without any further retry; the text says why."""


class RetryAfter(FlowliteError):
    """The attempt fails, and the next one, if the retry policy has one left, starts no sooner than in `seconds`."""

    def __init__(self, seconds: float, why: str = "") -> None:
        super().__init__(why or f"asked to wait {seconds:g} s")
        self.seconds = seconds
