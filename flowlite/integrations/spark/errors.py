"""What can go wrong with Spark. `is_final`: another try would end the same way."""

from __future__ import annotations

from flowlite import FlowliteError


class SparkFailed(FlowliteError):
    """The application failed, or could not be submitted."""

    error_class = "error"

    def __init__(self, message: str, *, is_final: bool = False) -> None:
        super().__init__(message)
        self.is_final = is_final


class SparkOutOfMemory(SparkFailed, MemoryError):
    """Driver or executors ran out of memory: the attempt ends as out_of_memory."""


class ExecutorLost(SparkFailed):
    """Executors went away under it (a node that was taken back, say): another try has every chance."""

    error_class = "executor_lost"


class WrongSubmission(SparkFailed):
    """It is asked for in a way that can't work."""

    def __init__(self, message: str) -> None:
        super().__init__(message, is_final=True)


class SparkNotHere(SparkFailed):
    """Java or Spark is missing on this machine."""

    def __init__(self, message: str) -> None:
        super().__init__(message, is_final=True)


class MayStillRun(SparkFailed):
    """What an earlier attempt has started may run on, and can't be killed from here: a second one would work beside it.
    A person has to look."""

    def __init__(self, what: str, why: str, command: str) -> None:
        super().__init__(
            f"{what} of an earlier attempt may still run, and can't be killed from here ({why}); make sure that it is "
            f"gone ({command}), then `flowlite runs retry`",
            is_final=True,
        )
