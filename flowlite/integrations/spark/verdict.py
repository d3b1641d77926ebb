"""Judges an application by its exit code and by what was heard: nothing if it is well, else the error that says why."""

from __future__ import annotations

from flowlite.integrations.spark.errors import ExecutorLost, SparkFailed, SparkOutOfMemory
from flowlite.integrations.spark.lines import Heard

OUT_OF_MEMORY = {52, 137, -9}  # 52: Spark's own; 137 and -9: somebody killed the JVM, with no other word for it
CLASS_NOT_FOUND = 101


def judge(code: int, heard: Heard, what: str) -> None:
    """Raise unless it succeeded."""
    if code == 0 and not heard.is_bad_end:
        return
    said = f": {heard.problem}" if heard.problem else "; its log tells why"
    if heard.has_no_memory or code in OUT_OF_MEMORY or heard.driver_exit in OUT_OF_MEMORY:
        advice = "give it more by driver_memory or executor_memory, or memory_factor=2 with retries"
        raise SparkOutOfMemory(f"{what} ran out of memory{said if heard.problem else ''}; {advice}")
    if heard.is_mistake or code == CLASS_NOT_FOUND:
        raise SparkFailed(f"{what} can't be run{said}", is_final=True)
    if heard.has_lost_executors:
        raise ExecutorLost(f"{what} lost executors{said}")
    raise SparkFailed(f"{what} failed ({ending(code, heard)}){said}")


def ending(code: int, heard: Heard) -> str:
    """How it ended, in figures."""
    if code == 0:
        return f"exit code {heard.driver_exit}" if heard.driver_exit else f"its cluster says {heard.ended_as}"
    return f"killed by signal {-code}" if code < 0 else f"exit code {code}"
