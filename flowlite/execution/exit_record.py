"""What an exit file means: from a supervisor's record to an Ended."""

from __future__ import annotations

import json
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flowlite.core.rows import Evidence
from flowlite.core.states import Outcome
from flowlite.execution import results
from flowlite.execution.attempt_folder import RESULT
from flowlite.execution.failure import NOWHERE, plain_error
from flowlite.execution.site import Site
from flowlite.execution.work import Ended, Order, ShellWork

Record = dict[str, Any]


def ended_of(record: Record, order: Order, control: Path, site: Site) -> Ended:
    """How the attempt ended. A verdict of the supervisor comes before any exit code: the code is its consequence."""
    evidence = Evidence(
        exit_code=record.get("exit_code"), peak_rss_bytes=record.get("peak_rss_bytes"), log=site.log_path(order)
    )
    if record.get("problem"):
        return failed(order, evidence, record["problem"], site)
    if record.get("verdict"):
        return by_verdict(record["verdict"], order, evidence, place_in(record))
    if isinstance(order.work, ShellWork):
        return of_command(record, order, order.work, evidence, site)
    return of_function(record, order, control, evidence, site)


def place_in(record: Record) -> dict[str, Any]:
    """Where a Python process was when it was told to end, if it has said so itself."""
    error = json.loads((record.get("produced") or {}).get("error") or "{}")
    return {name: error[name] for name in NOWHERE if name in error}


def by_verdict(verdict: str, order: Order, evidence: Evidence, place: Mapping[str, Any] = NOWHERE) -> Ended:
    """The supervisor, or the kernel, has ended it; `place`: where it was then."""
    outcome = Outcome(verdict)
    if outcome is Outcome.TIMED_OUT:
        kind, message = "timeout", f"it took longer than its timeout of {order.timeout_s or 0:g} s"
    elif outcome is Outcome.OUT_OF_MEMORY:
        kind, message = "out_of_memory", memory_message(order.memory_bytes, evidence.peak_rss_bytes or 0)
    elif outcome is Outcome.CANCELLED:
        kind, message = "cancelled", "it was cancelled"
    else:
        kind, message = "lost", "it was interrupted by an orderly stop"
    return Ended(order.key, outcome, evidence._replace(error=plain_error(kind, message, **place)))


def memory_message(limit_bytes: int | None, peak_bytes: int) -> str:
    """With both figures, for the one question that follows: how much does it need?"""
    peak = f"its peak was {mebibytes(peak_bytes)}"
    if limit_bytes is None:
        return f"killed by the kernel: the machine had no memory left; {peak}"
    return f"killed for memory: the limit is {mebibytes(limit_bytes)}, {peak}"


def mebibytes(count: int) -> str:
    """For people."""
    return f"{count / (1 << 20):,.0f} MiB"


def of_command(record: Record, order: Order, work: ShellWork, evidence: Evidence, site: Site) -> Ended:
    """A shell command: its exit code decides, its last line is the result."""
    code = record["exit_code"]
    if code != 0:
        is_final = work.is_final_exit is not None and work.is_final_exit(code)
        return failed(order, evidence, exit_message(code), site, is_final=is_final)
    last = record.get("last_line")
    result = None if last is None else json.dumps(last)
    facts = None if work.facts_of is None else work.facts_of(result)
    return Ended(order.key, Outcome.SUCCESS, evidence._replace(result=result), facts)


def of_function(record: Record, order: Order, control: Path, evidence: Evidence, site: Site) -> Ended:
    """A Python process: it has said itself how it ended, and its exit code must agree."""
    made, code = record.get("produced"), record["exit_code"]
    if made is None or code != (1 if "error" in made else 0):
        message = exit_message(code)
        if code == 0:
            message = "its process ended without handing back a result; something in it called os._exit()"
        return failed(order, evidence, message, site)
    outcome = Outcome(made["outcome"])
    if "error" in made:
        evidence = evidence._replace(error=made["error"])
        return Ended(order.key, outcome, evidence, resume_at=made["resume_at"], is_final=made["is_final"])
    error = plain_error("skipped", site.masker.text(made["note"]), type_name="Skip") if made["note"] else None
    result = made["result"]
    if made.get("has_result_file"):
        result = results.moved(control / RESULT, site.state_dir, order.key)
    return Ended(order.key, outcome, evidence._replace(error=error, result=result), made["facts"], made["resume_at"])


def failed(order: Order, evidence: Evidence, message: str, site: Site, *, is_final: bool = False) -> Ended:
    """A failure that no exception stands behind."""
    error = plain_error("error", site.masker.text(message), type_name="ExitCode")
    return Ended(order.key, Outcome.FAILED, evidence._replace(error=error), is_final=is_final)


def exit_message(code: int) -> str:
    """An exit by a signal is named; 128 + n is how a shell passes one on."""
    if code < 0:
        return f"it was killed by {signal_name(-code)}"
    if code > 128 and (name := signal_name(code - 128)):
        return f"it exited with code {code} (a part of it was probably killed by {name})"
    return f"it exited with code {code}"


def signal_name(number: int) -> str:
    """SIGKILL for 9; "" if there is no such signal."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return ""
